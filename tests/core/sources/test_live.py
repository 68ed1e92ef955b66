# SPDX-License-Identifier: Apache-2.0
"""Values of live processes: from the record, or from the process table. Unknown values are absent."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import HEADER, PARENT, PARENT_START, PID, START, event, read

from tiercel._core.state.process_table import ProcessTable

SECOND = 1_000_000_000


def table(**changes: Any) -> ProcessTable:
    found = ProcessTable()
    found.seed(tgid=PARENT, start_ns=PARENT_START, comm="bash", exe="bash", exepath="/bin/bash", sid=PARENT)
    found.seed(tgid=PID, start_ns=START, ptgid=PARENT, pstart_ns=PARENT_START, comm="cat", **changes)
    return found


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("proc.pid", PID),
        ("proc.name", "noted"),
        ("proc.ppid", 77),
        ("proc.exe", None),
        ("proc.sid", None),
        ("proc.cwd", None),
        ("proc.env", None),
        ("proc.nthreads", None),
        ("proc.fdopencount", None),
        ("proc.stdin.name", None),
        ("thread.vmsize", None),
        ("user.uid", 33),
    ],
)
def test_an_unknown_process_has_what_the_record_has(field: str, expected: object) -> None:
    record = event("fchmod", {"fd": 3}, header={"comm": "noted", "ptgid": 77, "uid": 33})
    assert read(record, field) == expected


def test_ids_come_from_the_record() -> None:
    header = {"tid": PID + 1, "vtid": 8, "vpid": 7}
    found = read(event("kill", header=header), "thread.vtid", "proc.vpid", "thread.ismain", table=table())
    assert found == (8, 7, 0)


def test_the_parent_is_the_tables() -> None:
    found = read(event("kill", header={"ptgid": 77}), "proc.ppid", "proc.pname", table=table())
    assert found == (PARENT, "bash")


@pytest.mark.parametrize(("late", "expected"), [(3 * SECOND, 3 * SECOND), (-1, None)])
def test_a_duration_never_wraps(late: int, expected: int | None) -> None:
    assert read(event("kill", header={"time_ns": START + late}), "proc.duration", table=table()) == expected


def test_a_leader_is_of_the_same_pid_namespace() -> None:
    known = table(sid=PARENT)
    assert read(event("kill"), "proc.sname", table=known) == "bash"
    assert read(event("kill", header={"vtid": HEADER["vtid"] + 1}), "proc.sname", table=table(sid=1)) == ""


def test_a_pid_in_a_param_is_found_in_the_table() -> None:
    assert read(event("kill", {"pid": PARENT}), "evt.arg.pid", table=table()) == "bash"
    assert read(event("kill", {"pid": 999}), "evt.arg.pid", table=table()) == "999"
