# SPDX-License-Identifier: Apache-2.0
"""Containers of the process table: identification, metadata requests, responses, removal."""

from __future__ import annotations

import importlib.util
import os
import select
import subprocess
import sys
from typing import Any

import pytest
from support import live
from support.host import MS, Host

from tiercel._core.state.process_table import ProcessTable

EVF_STATE_ONLY = 0x10
ID, OTHER = "3f" * 32, "4e" * 32
INFO, NAMES, POD, DETAILS = "info", "names", "pod", "details"


def group(container: str) -> list[str]:
    return [f"cpu=/docker/{container}", f"memory=/docker/{container}"]


def readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


@pytest.fixture
def host() -> Host:
    host = Host()
    host.table.configure_metadata((INFO, NAMES), 500 * MS)
    return host


def test_a_new_container_is_asked_about(host: Host) -> None:
    fd = host.table.lookup_requests_fd()
    assert host.table.lookup_requests_fd() == fd
    assert not os.get_inheritable(fd)
    host.exec(20, "/bin/sh", cgroups=["cpu=/"])
    assert not readable(fd)
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert readable(fd)
    known = (ID[:12], "docker", f"/docker/{ID}", 21, host.start(21))
    assert host.table.take_lookup_requests() == [(*known, INFO), (*known, NAMES)]
    assert not readable(fd)
    host.exec(22, "/bin/sh", cgroups=group(ID))
    assert host.table.take_lookup_requests() == []
    assert host.table.containers() == [ID[:12]]


def test_who_is_asked_for_the_one_tells_the_details(host: Host) -> None:
    host.table.configure_metadata((INFO, DETAILS), 500 * MS)
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert [request[-1] for request in host.table.take_lookup_requests()] == [INFO]
    host.table.announce_container(ID[:12], {"name": "web"})
    host.table.container_missing(ID[:12])
    for parts in ((), (INFO, DETAILS)):
        host.table.configure_metadata(parts, 500 * MS)
    assert [request[-1] for request in host.table.take_lookup_requests()] == [DETAILS]


def test_what_is_announced_are_no_details(host: Host) -> None:
    host.exec(21, "/bin/sh", cgroups=group(ID))
    with pytest.raises(ValueError, match="nothing called 'privileged' is known"):
        host.table.announce_container(ID[:12], {"name": "web", "privileged": True})
    assert host.table.described() == []
    assert host.table.announce_container(ID[:12], {"name": "web"})
    assert host.table.described() == [(ID[:12], {"name": "web"})]
    assert host.table.set_container(ID[:12], {"image": "a", "privileged": True})
    assert host.table.described() == [(ID[:12], {"image": "a", "privileged": True})]
    assert not host.table.announce_container("9" * 12, {"name": "web"})


def test_listeners_hear_of_one_that_was_announced_when_no_more_comes(host: Host) -> None:
    heard: list[tuple[str, Any]] = []
    host.table.on_container(lambda *update: heard.append(update))
    host.exec(21, "/bin/sh", cgroups=group(ID))
    host.table.container_missing(ID[:12])
    host.table.announce_container(ID[:12], {"name": "web"})
    assert heard == []
    host.table.container_missing(ID[:12])
    assert heard == [(ID[:12], {"name": "web"})]


def test_asks_from_before_the_descriptor(host: Host) -> None:
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert readable(host.table.lookup_requests_fd())


def test_a_part_that_is_answered_for_later_is_asked_for_then(host: Host) -> None:
    host.table.configure_metadata((), 0)
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert host.table.take_lookup_requests() == []
    host.table.configure_metadata((INFO, POD), 0)
    assert [request[-1] for request in host.table.take_lookup_requests()] == [INFO, POD]
    host.table.configure_metadata((INFO, POD), 0)
    assert host.table.take_lookup_requests() == []
    with pytest.raises(ValueError, match="nothing called"):
        host.table.configure_metadata(("more",), 0)


def test_answers_are_for_containers_in_the_table(host: Host) -> None:
    host.exec(21, "/bin/sh", cgroups=group(ID))
    for table, there in ((host.table, True), (ProcessTable(), False)):
        assert table.set_container(ID[:12], {"name": "web"}) is there
        assert table.container_missing(ID[:12]) is there
        assert table.set_pod(ID[:12], {}) is there
        assert table.pod_missing(ID[:12]) is there
        assert table.set_names(ID[:12], {}, {}, {}, {}) is there
        assert table.names_missing(ID[:12]) is there


VALUES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"nickname": "x"}, "nothing called"),
    ({"users": {}}, "nothing called"),
    ({"name": 3}, "no text"),
    ({"name": ["x"]}, "no text"),
    ({"privileged": 1}, "true or false"),
    ({"env": "A=1"}, "more than one text"),
    ({"labels": {"a": 1}}, "no text"),
    ({"mounts": [("a", "b")]}, "rows of 5 texts"),
    ({"name": "x" * (1 << 20), "image": "y"}, "more than 1048576 bytes"),
)


@pytest.mark.parametrize(("values", "text"), VALUES, ids=[text for _, text in VALUES])
def test_values_of_another_kind(host: Host, values: dict[str, Any], text: str) -> None:
    host.exec(21, "/bin/sh", cgroups=group(ID))
    with pytest.raises(ValueError, match=text):
        host.table.set_container(ID[:12], values)


def test_containers_come_and_go(host: Host) -> None:
    """The table returns to its previous size after all exits; a container that returns is requested again."""
    for number in range(500):
        pid, container = 100 + number, f"{number:012x}" + "0" * 52
        host.cgroup[pid] = pid
        host.exec(pid, "/bin/sh", cgroups=group(container))
        assert host.table.set_container(container[:12], {"name": f"web {number}", "labels": {"a": "b"}})
        host.exit(pid)
    assert host.table.containers()
    for _ in range(3000):
        host.touch(1)
    assert host.table.containers() == []
    assert host.table.stats()["containers"] == 0
    assert host.table.take_lookup_requests() == []
    host.exec(90, "/bin/sh", cgroups=group(ID))
    assert [request[-1] for request in host.table.take_lookup_requests()] == [INFO, NAMES]
    host.table.clear()
    assert host.table.containers() == []


def test_a_container_with_an_ask_may_go(host: Host) -> None:
    for pid, container in ((21, ID), (22, OTHER), (23, "5d" * 32)):
        host.cgroup[pid] = pid
        host.exec(pid, "/bin/sh", cgroups=group(container))
    host.exit(22)
    for _ in range(3000):
        host.touch(21)
    assert [request[0] for request in host.table.take_lookup_requests() if request[-1] == INFO] == [
        ID[:12],
        ("5d" * 32)[:12],
    ]


def made(host: Host, group: int, path: str, *, key: bool) -> None:
    host.table.apply(host.record("cgroup_new", 1, {"id": group, "is_key": key, "path": path}))


def removed(host: Host, group: int) -> None:
    host.table.apply(host.record("cgroup_gone", 1, {"id": group}))


def test_a_container_is_known_by_its_group_before_its_first_process(host: Host) -> None:
    made(host, 70, "/system.slice/cron.service", key=True)
    assert host.table.containers() == []
    made(host, 71, f"/docker/{ID}", key=True)
    assert host.table.take_lookup_requests() == [(ID[:12], "docker", f"/docker/{ID}", 0, 0, INFO)]
    assert host.table.container_of(71) == ID[:12]
    host.cgroup[21] = 71
    host.touch(21)
    assert host.read(21, "container.id") == ID[:12]
    host.cgroup[22] = 70
    host.touch(22)
    assert host.read(22, "container.id") == "host"
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert [request[3:] for request in host.table.take_lookup_requests()] == [(21, host.start(21), NAMES)]


def test_a_container_stays_as_long_as_its_groups(host: Host) -> None:
    made(host, 71, f"/docker/{ID}", key=False)
    made(host, 72, f"/docker/{ID}/init.scope", key=False)
    assert host.table.container_of(71) is None  # the key represents all cgroups, and this is the id of one
    removed(host, 71)
    removed(host, 71)
    assert host.table.containers() == [ID[:12]]
    made(host, 72, f"/docker/{OTHER}", key=False)  # the id of a removed cgroup
    assert host.table.containers() == [OTHER[:12]]
    removed(host, 72)
    assert host.table.containers() == []


def test_a_process_that_moves_is_in_another_container(host: Host) -> None:
    host.cgroup[21] = 71
    host.exec(21, "/bin/sh", cgroups=group(ID))
    for number, path, expected in ((72, OTHER, OTHER[:12]), (73, "", "host"), (71, ID, ID[:12])):
        host.cgroup[21] = number
        host.table.apply(host.record("cgroup_move", 21, {"cgroups": [f"cpu=/docker/{path}"]}))
        assert host.read(21, "container.id") == expected
        assert host.table.container_of(number) == (expected if path else None)


def test_a_key_is_of_the_container_that_had_it_last(host: Host) -> None:
    for pid, container in ((21, ID), (22, OTHER), (23, ID)):
        host.cgroup[pid] = 70
        host.exec(pid, "/bin/sh", cgroups=group(container))
        assert host.table.container_of(70) == container[:12]
    host.exit(21)
    host.exit(23)
    for _ in range(3000):
        host.touch(1, cgroup_id=1)
    assert host.table.container_of(70) is None
    assert host.table.containers() == [OTHER[:12]]


def test_a_key_goes_with_its_group(host: Host) -> None:
    made(host, 70, "/system.slice/cron.service", key=True)
    made(host, 71, f"/docker/{ID}", key=True)
    host.cgroup[21] = 71
    host.exec(21, "/bin/sh", cgroups=group(ID))
    removed(host, 70)
    removed(host, 71)
    assert host.table.container_of(71) is None
    host.fork(21, 22, cgroup=70)
    assert host.read(22, "container.id") is None  # no response
    assert host.read(21, "container.id") == ID[:12]


def test_everything_in_one_container(host: Host) -> None:
    host.table.set_users({1000: "me"})
    host.exec(20, "/bin/sh", cgroups=["cpu=/"])
    host.exec(21, "/bin/sh", cgroups=group(ID))
    host.table.take_lookup_requests()
    host.table.set_static("task")
    host.fork(20, 22)
    host.exec(23, "/bin/sh", cgroups=group(OTHER))
    made(host, 71, f"/docker/{OTHER}", key=True)
    host.touch(24, cgroup_id=71)
    host.exec(24, "/bin/sh", cgroups=["cpu=/"])
    assert [host.read(pid, "container.id") for pid in (20, 21, 22, 23, 24)] == ["task"] * 5
    assert host.table.containers() == ["task"]
    assert host.table.take_lookup_requests() == [("task", "", "", 0, 0, INFO)]
    host.table.set_container("task", {"name": "app"})
    assert host.read(23, "container.name", "user.name", uid=1000) == ("app", "me")
    host.table.set_static("other")
    assert host.read(21, "container.id") == "other"
    assert host.table.containers() == ["other"]
    for wrong in ("", "x" * 65):
        with pytest.raises(ValueError, match="1 to 64 bytes"):
            host.table.set_static(wrong)


_FAILING_MEMORY = """
import _testcapi
from support.host import Host

host = Host()
host.table.configure_metadata(("info", "names"), 10**9)
for number in range(1000):
    host.exec(21, "/bin/sh", cgroups=["cpu=/docker/" + "3f" * 32])
    host.exec(22, "/bin/sh", cgroups=["cpu=/docker/" + "4e" * 32])
    _testcapi.set_nomemory(number, number + 1)
    try:
        found = host.table.take_lookup_requests()
    except MemoryError:
        found = None
    _testcapi.remove_mem_hooks()
    host.table.clear()  # removes the containers with their requests
    if found:
        break
print(number, len(found))
"""


def test_a_container_may_go_after_an_error_while_its_requests_were_taken() -> None:
    problem = None if importlib.util.find_spec("_testcapi") else "this Python has no module _testcapi"
    live.gate(problem)
    done = subprocess.run(
        (sys.executable, "-c", _FAILING_MEMORY),
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    failures, requests = map(int, done.stdout.split())
    assert failures >= 10
    assert requests == 4


def test_only_containers_of_the_scope_are_asked_about(host: Host) -> None:
    host.table.limit_to_scope()
    for pid, container in ((21, ID), (22, OTHER)):
        host.cgroup[pid] = pid
        host.touch(pid, flags=EVF_STATE_ONLY)
        host.seed(pid, 1, cgroups=group(container), cgroup_id=pid)
    made(host, 71, f"/docker/{'5d' * 32}", key=True)
    host.touch(21, flags=EVF_STATE_ONLY)
    host.table.apply(host.record("cgroup_move", 22, {"cgroups": group(OTHER)}, flags=EVF_STATE_ONLY))
    assert host.table.take_lookup_requests() == []
    host.touch(21)
    assert [(request[0], request[-1]) for request in host.table.take_lookup_requests()] == [
        (ID[:12], INFO),
        (ID[:12], NAMES),
    ]
    host.table.configure_metadata((INFO, NAMES, POD), 0)
    assert [(request[0], request[-1]) for request in host.table.take_lookup_requests()] == [(ID[:12], POD)]
    host.touch(22)
    assert [(request[0], request[-1]) for request in host.table.take_lookup_requests()] == [
        (OTHER[:12], part) for part in (INFO, NAMES, POD)
    ]


def test_groups_whose_end_was_missed_are_forgotten(host: Host) -> None:
    made(host, 71, f"/docker/{ID}", key=False)
    host.exec(21, "/bin/sh", cgroups=group(OTHER))
    made(host, 72, f"/docker/{OTHER}", key=False)
    host.table.end_others({21: host.start(21)}, 0)
    assert host.table.containers() == [OTHER[:12]]


def test_a_full_table_of_groups_starts_anew(host: Host) -> None:
    for number in range(16_385):
        made(host, 100 + number, f"/docker/{number:012x}{0:052x}", key=False)
    assert len(host.table.containers()) == 1
