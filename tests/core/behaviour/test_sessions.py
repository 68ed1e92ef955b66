# SPDX-License-Identifier: Apache-2.0
"""Sessions and process groups that change without a new program, and how long threads run."""

from __future__ import annotations

from support.core import PID, START, event, read
from support.host import Host, populated

from tiercel._core.state.process_table import ProcessTable

GROUPS = ("proc.sid", "proc.pgid", "proc.vpgid", "proc.tty", "proc.is_sid_leader")


def child() -> Host:
    """A shell with terminal in session 10, and a child of it."""
    host = populated()
    host.exec(10, "/bin/sh", tty=5, extra={"sid": 10})
    host.fork(10, 30)
    return host


def test_a_fork_shares_session_and_group() -> None:
    assert child().read(30, *GROUPS) == (10, 10, 10, 5, False)


def test_a_session_of_its_own() -> None:
    host = child()
    host.table.apply(host.record("setsid", 30, {"res": -1}))
    assert host.read(30, *GROUPS) == (10, 10, 10, 5, False)
    host.table.apply(host.record("setsid", 30, {"res": 30}))
    assert host.read(30, *GROUPS) == (30, 30, 30, 0, True)
    assert host.read(10, *GROUPS) == (10, 10, 10, 5, True)


def test_groups() -> None:
    host = child()
    host.fork(10, 31)
    host.table.apply(host.record("setpgid", 10, {"res": 0, "pid": 30, "pgid": 30}))
    assert host.read(30, *GROUPS) == (10, 30, 30, 5, False)
    host.table.apply(host.record("setpgid", 31, {"res": 0, "pid": 0, "pgid": 30}))
    assert host.read(31, "proc.pgid", "proc.vpgid") == (30, 30)
    host.table.apply(host.record("setpgid", 31, {"res": 0, "pid": 31, "pgid": 0}))
    assert host.read(31, "proc.pgid", "proc.vpgid") == (31, 31)
    host.table.apply(host.record("setpgid", 31, {"res": -1, "pid": 31, "pgid": 30}))
    assert host.read(31, "proc.pgid", "proc.vpgid") == (31, 31)


def test_a_group_of_another_namespace_may_be_unknown() -> None:
    host = child()
    host.table.apply(host.record("execve", 30, {"res": 0, "comm": "sh"}, {"sid": 1}, vpid=4, vtid=4))
    host.table.apply(host.record("setpgid", 30, {"res": 0, "pid": 0, "pgid": 3}, vpid=4, vtid=4))
    assert host.read(30, "proc.pgid", "proc.vpgid", vpid=4, vtid=4) == (None, 3)


def test_how_long_threads_run() -> None:
    fields = ("thread.exectime", "thread.totexectime")
    found = ProcessTable()
    found.seed(tgid=PID, start_ns=START, comm="cat")

    def switch(time_ns: int, cpu: int = 0, tid: int = PID) -> tuple[int, int]:
        header = {"time_ns": 9_000_000_000 + time_ns, "cpu": cpu, "tid": tid}
        return read(event("switch", header=header), *fields, table=found)

    assert switch(100) == (0, 0)
    assert switch(150) == (50, 50)
    assert switch(400, cpu=1) == (0, 50)
    assert switch(170) == (20, 70)
    assert switch(430, cpu=1, tid=PID + 1) == (30, 30)
    assert read(event("kill"), *fields, table=found) == (0, 70)
