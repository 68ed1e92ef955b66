# SPDX-License-Identifier: Apache-2.0
"""Users and groups of containers: never the host's, and looked up when a program starts in one."""

from __future__ import annotations

import itertools

from support.core import PID, START, event, read
from support.host import MS, Host

from tiercel._core.state.process_table import ProcessTable

ID, OTHER = "3f" * 32, "4e" * 32
FIELDS = ("user.name", "user.homedir", "user.shell", "user.loginname", "group.name")


def table(container: str = ID) -> ProcessTable:
    found = ProcessTable()
    found.configure_metadata(("names",), 0)
    found.set_users({1000: "host", 0: "toor"}, {1000: "/home/host"}, {1000: "/bin/host"})
    found.set_groups({100: "hosts"})
    found.seed(tgid=PID, start_ns=START, comm="cat", cgroups=[f"cpu=/docker/{container}"] if container else ["cpu=/"])
    return found


def test_the_hosts_names_are_not_those_of_a_container() -> None:
    record = event("kill", header={"loginuid": 1000})
    assert read(record, *FIELDS, table=table("")) == ("host", "/home/host", "/bin/host", "host", "hosts")
    assert read(record, *FIELDS, table=table()) == ("<NA>",) * 5
    root = event("kill", header={"uid": 0, "gid": 0, "loginuid": 0})
    assert read(root, *FIELDS, table=table()) == ("root", "/root", "<NA>", "root", "root")


def test_names_of_a_container() -> None:
    record = event("kill", header={"loginuid": 1000})
    here = table()
    here.set_names(ID[:12], {1000: "app"}, {1000: "/app"}, {1000: "/bin/ash"}, {100: "apps"})
    assert read(record, *FIELDS, table=here) == ("app", "/app", "/bin/ash", "app", "apps")
    here.set_names(ID[:12], {1000: "new"}, {}, {}, {})
    assert read(record, *FIELDS, table=here) == ("new", "<NA>", "<NA>", "new", "<NA>")
    assert not here.set_names(OTHER[:12], {1000: "other"}, {}, {}, {})
    assert read(record, "user.name", table=here) == "new"


def name_requests(table: ProcessTable) -> list[tuple[str, int, int]]:
    return [(request[0], request[3], request[4]) for request in table.take_lookup_requests() if request[5] == "names"]


def test_a_container_is_asked_about_until_it_is_known() -> None:
    host = Host()
    host.table.configure_metadata(("names",), 0)
    host.exec(20, "/bin/sh", cgroups=["cpu=/"])
    assert name_requests(host.table) == []
    host.exec(21, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert name_requests(host.table) == [(ID[:12], 21, host.start(21))]
    assert name_requests(host.table) == []
    host.exec(22, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert name_requests(host.table) == []  # too soon after the first
    assert host.table.names_missing(ID[:12])
    assert name_requests(host.table) == [(ID[:12], 22, host.start(22))]  # but the first did not lead to them
    assert host.table.names_missing(ID[:12])
    assert name_requests(host.table) == []
    for _ in range(100):
        host.touch(22)
    host.exec(22, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert name_requests(host.table) == [(ID[:12], 22, host.start(22))]
    host.table.set_names(ID[:12], {}, {}, {}, {})
    for _ in range(100):
        host.touch(22)
    host.exec(22, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert name_requests(host.table) == []
    host.exec(23, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    host.clock = itertools.count(62_000_000 * MS, MS)
    host.exec(24, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert name_requests(host.table) == [(ID[:12], 24, host.start(24))]  # what is old is renewed


def test_nobody_is_asked_where_nobody_answers() -> None:
    host = Host()
    host.exec(20, "/bin/sh", cgroups=[f"cpu=/docker/{ID}"])
    assert host.table.take_lookup_requests() == []
