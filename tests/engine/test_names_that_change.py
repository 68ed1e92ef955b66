# SPDX-License-Identifier: Apache-2.0
"""Names in memory that changes while the call runs: the event has the name that the kernel used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.flip import build_flip

import tiercel

pytestmark = pytest.mark.kernel

RULE = """
- rule: named
  desc: calls that name
  condition: {condition}
  output: "%evt.arg.{param} %evt.is_toctou %evt.toctou_names"
  priority: INFO
"""

# The param with the name that is changed.
CALLS = {
    "unlink": "path",
    "chmod": "filename",
    "rename": "oldpath",
    "link": "oldpath",
    "symlink": "linkpath",
    "mkdir": "path",
}
NAMES = {"v": "victim1", "d": "decoy01"}
COUNT = 400

# A call that is switched out has no proven name, and the memory may be what it was before: see the decision
# 2026-12-02-names-that-change.md.  Without the kernel's copies a fifth of the calls and more have a false name.
MAX_FALSE = COUNT // 100

# Both threads of the program may share a processor with others: then a run may change no name during a call.
MAX_RUNS = 50

# The kernel writes the result over the name that it has read: the memory changes during the call, in every run.
OVERWRITE = """
import ctypes, os, sys
room = ctypes.create_string_buffer(os.fsencode(sys.argv[1]), 4096)
assert ctypes.CDLL(None).fstatat(-100, room, room, 0) == 0
"""


@pytest.fixture(scope="module")
def flip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_flip(tmp_path_factory.mktemp("flip"))


def watch(condition: str, param: str, *command: object) -> tuple[str, list[tiercel.Alert], tiercel.Stats]:
    """Run a command below a sensor; what it printed, the alerts, and the counters."""
    rules = tiercel.Ruleset.loads(RULE.format(condition=condition, param=param))
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        ran = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
        assert sensor.flush(timeout=30)
        alerts = [alert for batch in iter(lambda: sensor.read(max=4096), []) for alert in batch]
        return ran.stdout, [alert for alert in alerts if alert.source == "syscall"], sensor.stats()


def calls_of(alerts: Sequence[tiercel.Alert]) -> list[list[tiercel.Alert]]:
    """The alerts of each call: of one whose name is not certain there are two, with one time."""
    found: dict[int, list[tiercel.Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.time_ns, []).append(alert)
    return list(found.values())


@pytest.mark.parametrize("name", CALLS)
def test_the_name_that_the_kernel_used(flip: Path, tmp_path: Path, name: str) -> None:
    """A name that the kernel did not use is reported only along with the other one, marked, and never as resolved."""
    param = CALLS[name]
    condition = f"proc.name = flip and evt.type = {name} and evt.failed = false"
    for _ in range(MAX_RUNS):
        letters, alerts, stats = watch(condition, param, flip, tmp_path, name, COUNT)
        if stats.incomplete.get("changed"):
            break
    found = calls_of(alerts)
    assert set(letters) <= set("vd")
    assert len(found) == len(letters)
    false = marked = 0
    for letter, records in zip(letters, found, strict=True):
        used = str(tmp_path / NAMES[letter])
        forms = [record.event.header["paths"][param] for record in records]
        false += used not in [os.path.normpath(form["name"]) for form in forms]
        false += any(form["real"] not in (None, used) for form in forms)
        marked += all(record.fields["evt.is_toctou"] for record in records)
        if len(records) > 1:
            assert [form["real"] for form in forms] == [None, None]
            assert all(record.fields["evt.is_toctou"] for record in records)
    print(f"{name}: {len(letters)} calls, {marked} marked, {len(alerts) - len(found)} doubtful, {false} false")
    assert false <= MAX_FALSE
    assert 0 < marked <= stats.incomplete.get("changed", 0)


def test_a_name_that_the_call_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    condition = "evt.type in (newfstatat, stat) and evt.is_toctou = true"
    _, (alert,), stats = watch(condition, "path", sys.executable, "-c", OVERWRITE, path)
    assert alert.event.header["toctou"] is True
    assert alert.fields["evt.arg.path"] == str(path)
    assert alert.event.header["paths"]["path"] == {"name": str(path), "base": None, "real": str(path)}
    (other,) = alert.fields["evt.toctou_names"] or [None]
    assert other != str(path)
    assert stats.incomplete["changed"] == 1


def test_a_name_that_cannot_be_proven(tmp_path: Path) -> None:
    """The link between free objects overwrites such a long one: both names are reported, and a rule sees either."""
    path = tmp_path / "file"
    path.touch()
    long = f"{tmp_path}{'/' * 2200}file"
    condition = "evt.type in (newfstatat, stat) and evt.is_toctou = true"
    _, alerts, stats = watch(condition, "path", sys.executable, "-c", OVERWRITE, long)
    assert len(alerts) == 2
    assert alerts[0].time_ns == alerts[1].time_ns
    names = [alert.event.header["paths"]["path"]["name"] for alert in alerts]
    assert long[:255] in names
    assert names[0] != names[1]
    assert [alert.event.header["paths"]["path"]["real"] for alert in alerts] == [None, None]
    assert stats.incomplete["changed"] == 1


def test_names_that_stay_have_no_mark(tmp_path: Path) -> None:
    script = """
        cd "$1"; mkdir -p a/b; touch a/b/c; ln -s b a/d; ln a/b/c e; mv e f; chmod 600 f; cp -r a g
        stat a/d/c a/none g; rm -r a g f
    """
    names = "mkdir, symlink, link, linkat, rename, renameat2, chmod, fchmodat, newfstatat, unlink, unlinkat, symlinkat"
    condition = f"evt.type in ({names})"
    shell = ("sh", "-c", f"{script} 2>/dev/null || true", "sh", tmp_path)
    _, alerts, stats = watch(condition, "path", *shell)
    assert len(alerts) > 20
    assert {alert.fields["evt.is_toctou"] for alert in alerts} == {False}
    assert {alert.fields["evt.toctou_names"] for alert in alerts} == {None}
    assert "changed" not in stats.incomplete
