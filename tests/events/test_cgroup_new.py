# SPDX-License-Identifier: Apache-2.0
"""cgroup_new. A control group was made, and cgroup_gone, which reports its end."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from support import cgroups, groups


def _about(number: int, watch: groups.Watch) -> list[dict[str, Any]]:
    """The events of one group; the ends of all groups of the machine are reported."""
    return [event for event in watch.events("cgroup_new", "cgroup_gone") if event["params"]["id"] == number]


def test_a_group_is_made_and_removed() -> None:
    with groups.watch() as watch:
        with groups.group() as made:
            number = made.stat().st_ino
        new, gone = _about(number, watch)
    path = "/" + made.name
    assert (new["type"], new["params"]) == ("cgroup_new", {"id": number, "is_key": not groups.HYBRID, "path": path})
    assert (gone["type"], gone["params"]) == ("cgroup_gone", {"id": number})
    assert new["pid"] == gone["pid"] == os.getpid()


def test_a_group_within_another_has_its_whole_path() -> None:
    with groups.watch() as watch, groups.group() as outer:
        inner = outer / "inner"
        inner.mkdir()
        inner.rmdir()
        paths = [event["params"]["path"] for event in watch.events("cgroup_new")]
    assert paths == [f"/{outer.name}", f"/{outer.name}/inner"]


def test_the_path_is_whole_for_a_sensor_in_a_namespace_of_its_own() -> None:
    """A group that is ``/name`` or ``/../name`` in /proc and in the mounts of such a sensor."""
    code = """if True:
        import pathlib, sys
        from support import groups
        own = pathlib.Path(sys.argv[1])
        assert pathlib.Path("/proc/self/cgroup").read_text().splitlines()[-1] == "0::/"
        with groups.watch() as watch:
            (own / "inner").mkdir()
            (own / "inner").rmdir()
            print(watch.events("cgroup_new")[0]["params"]["path"])
    """
    with groups.group() as own:
        join = 'echo $$ >"$0/cgroup.procs"; exec unshare -C "$@"'
        command = ["sh", "-c", join, str(own), sys.executable, "-c", code, str(own)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"/{own.name}/inner\n", "")


@pytest.mark.usefixtures("version_1")
def test_other_hierarchies_are_not_followed_where_there_is_version_2() -> None:
    controller = cgroups.roots("cgroup")[0].name
    with groups.watch() as watch:
        with groups.group("cgroup", controller) as made:
            number = made.stat().st_ino
        assert _about(number, watch) == []


def test_groups_that_others_make_are_out_of_the_scope() -> None:
    """A process can remove a group that another one made, so the end of any group is reported."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other, groups.watch(other.pid) as watch:
        with groups.group() as made:
            number = made.stat().st_ino
        found = _about(number, watch)
    assert [(event["type"], event["params"]) for event in found] == [("cgroup_gone", {"id": number})]


def test_names_of_any_bytes() -> None:
    name = os.fsdecode(b"tiercel-\xff-\xc3\xa9")
    with groups.watch() as watch, groups.group(name=name):
        (new,) = watch.events("cgroup_new")
    assert os.fsencode(new["params"]["path"]) == b"/tiercel-\xff-\xc3\xa9"
