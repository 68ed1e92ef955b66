# SPDX-License-Identifier: Apache-2.0
"""Containers of the process table: found, asked about, answered for, forgotten."""

from __future__ import annotations

import os
import select
from typing import Any

import pytest
from support.host import MS, Host

from tiercel._core.threads import ProcessTable

ID, OTHER = "3f" * 32, "4e" * 32
INFO, NAMES, POD = "info", "names", "pod"


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
    fd = host.table.asks_fd()
    assert host.table.asks_fd() == fd
    assert not os.get_inheritable(fd)
    host.exec(20, "/bin/sh", cgroups=["cpu=/"])
    assert not readable(fd)
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert readable(fd)
    known = (ID[:12], "docker", f"/docker/{ID}", 21, host.start(21))
    assert host.table.take_asks() == [(*known, INFO), (*known, NAMES)]
    assert not readable(fd)
    host.exec(22, "/bin/sh", cgroups=group(ID))
    assert host.table.take_asks() == []
    assert host.table.containers() == [ID[:12]]


def test_asks_from_before_the_descriptor(host: Host) -> None:
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert readable(host.table.asks_fd())


def test_a_part_that_is_answered_for_later_is_asked_for_then(host: Host) -> None:
    host.table.configure_metadata((), 0)
    host.exec(21, "/bin/sh", cgroups=group(ID))
    assert host.table.take_asks() == []
    host.table.configure_metadata((INFO, POD), 0)
    assert [ask[-1] for ask in host.table.take_asks()] == [INFO, POD]
    host.table.configure_metadata((INFO, POD), 0)
    assert host.table.take_asks() == []
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
    """The table has the size it had before when all have ended; whoever comes back is asked about anew."""
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
    assert host.table.take_asks() == []
    host.exec(90, "/bin/sh", cgroups=group(ID))
    assert [ask[-1] for ask in host.table.take_asks()] == [INFO, NAMES]
    host.table.clear()
    assert host.table.containers() == []


def test_a_container_with_an_ask_may_go(host: Host) -> None:
    for pid, container in ((21, ID), (22, OTHER), (23, "5d" * 32)):
        host.cgroup[pid] = pid
        host.exec(pid, "/bin/sh", cgroups=group(container))
    host.exit(22)
    for _ in range(3000):
        host.touch(21)
    assert [ask[0] for ask in host.table.take_asks() if ask[-1] == INFO] == [ID[:12], ("5d" * 32)[:12]]
