# SPDX-License-Identifier: Apache-2.0
"""``container.*`` and ``k8s.*``: all about the host, and of a container its id alone."""

from __future__ import annotations

from support.core import HEADER, PID, START, event, read

from tiercel._core.threads import ProcessTable
from tiercel.schema.fields import FIELDS

ID = "3f" * 32
HOST = ("container.id", "container.full_id", "container.name", "container.type")
FLAGS = ("container.privileged", "container.host_pid", "container.host_network", "container.host_ipc")
TIMES = ("container.start_ts", "container.duration")
OTHERS = tuple(
    row.name
    for row in FIELDS
    if row.symbol.startswith(("field_container", "field_k8s_"))
    and row.module == "fields_container"
    and row.name not in HOST + FLAGS + TIMES
)


def table(*cgroups: str, pidns_start_ns: int = 0) -> ProcessTable:
    found = ProcessTable()
    found.seed(tgid=PID, start_ns=START, comm="cat", cgroups=list(cgroups), pidns_start_ns=pidns_start_ns)
    return found


def test_the_host() -> None:
    host = table("cpu=/user.slice")
    assert read(event("kill"), *HOST, table=host) == ("host",) * 4
    assert read(event("kill"), *FLAGS, table=host) == (False,) * 4
    assert len(OTHERS) == 14
    assert read(event("kill"), *OTHERS, table=host) == ("",) * 14


def test_a_container() -> None:
    inside = table(f"cpu=/docker/{ID}")
    assert read(event("kill"), *HOST, table=inside) == (ID[:12], None, None, None)
    assert read(event("kill"), *FLAGS, table=inside) == (None,) * 4
    assert read(event("kill"), *OTHERS, table=inside) == (None,) * 14


def test_a_container_starts_with_its_pid_namespace() -> None:
    inside = table(f"cpu=/docker/{ID}", pidns_start_ns=START + 1)
    assert read(event("kill"), *TIMES, table=inside) == (START + 1, HEADER["time_ns"] - START - 1)
    assert read(event("kill"), *TIMES, table=table("cpu=/", pidns_start_ns=1)) == (None, None)
    assert read(event("kill"), *TIMES, table=table(f"cpu=/docker/{ID}")) == (None, None)


def test_descriptors_carry_the_container() -> None:
    record = event("openat", {"fd": 3, "name": "/etc/x", "flags": 1}, file={"type": "file"})
    fields = ("fd.containername", "fd.containerdirectory")
    assert read(record, *fields, table=table("cpu=/")) == (":/etc/x", ":/etc")
    assert read(record, *fields, table=table(f"cpu=/docker/{ID}")) == (f"{ID[:12]}:/etc/x", f"{ID[:12]}:/etc")
    assert read(record, *fields) == (":/etc/x", ":/etc")
    assert read(event("kill"), *fields) == (None, None)


def test_users_of_a_container_are_not_those_of_the_host() -> None:
    for cgroup, expected in (("cpu=/", ("/srv", "/bin/sh")), (f"cpu=/docker/{ID}", ("<NA>", "<NA>"))):
        here = table(cgroup)
        here.set_users({1000: "me"}, {1000: "/srv"}, {1000: "/bin/sh"})
        assert read(event("kill"), "user.homedir", "user.shell", table=here) == expected
