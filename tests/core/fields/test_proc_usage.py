# SPDX-License-Identifier: Apache-2.0
"""Capabilities and resource use of a thread: at the time of the event if the record has them, else the last ones."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import PID, START, event, read

from tiercel._core.state.process_table import ProcessTable

NOW_TASK, NOW_MEMORY, NOW_NFDS, NOW_STDIO = 1, 2, 4, 8

NOW: dict[str, Any] = {
    "has": NOW_TASK | NOW_MEMORY | NOW_NFDS,
    "cap_inheritable": 0,
    "cap_permitted": 1 << 40 | 1 << 5 | 1,
    "cap_effective": 1,
    "fdlimit": 1024,
    "pgft_maj": 2,
    "pgft_min": 300,
    "vm_size": 5000,
    "vm_rss": 700,
    "vm_swap": 10,
    "nthreads": 3,
    "nfds": 256,
}
OF_NOW = {
    "thread.cap_inheritable": "",
    "thread.cap_permitted": "CAP_CHOWN CAP_KILL CAP_CHECKPOINT_RESTORE",
    "thread.cap_effective": "CAP_CHOWN",
    "proc.fdlimit": 1024,
    "proc.fdopencount": 256,
    "proc.fdusage": 25.0,
    "thread.pfmajor": 2,
    "thread.pfminor": 300,
    "proc.vmsize": 5000,
    "proc.vmrss": 700,
    "proc.vmswap": 10,
    "thread.vmsize": 5000,
    "thread.vmrss": 700,
    "thread.vmsize.b": 5000 * 1024,
    "thread.vmrss.b": 700 * 1024,
    "proc.nthreads": 3,
    "proc.nchilds": 2,
}
COUNTED = ("proc.nthreads", "proc.nchilds", "proc.fdopencount", "proc.fdusage")
STREAMS = tuple(f"proc.{name}.{what}" for name in ("stdin", "stdout", "stderr") for what in ("type", "name"))


def table(**known: Any) -> ProcessTable:
    found = ProcessTable()
    found.seed(tgid=PID, start_ns=START, comm="cat", **known)
    return found


MEASURED: dict[str, Any] = {"fdlimit": 64, "faults": (1, 2), "memory": (30, 20, 10), "caps": (1, 2, 4)}


def test_the_record_tells() -> None:
    for known in (table(**MEASURED), table(), None):
        assert dict(zip(OF_NOW, read(event("kill", now=NOW), *OF_NOW, table=known), strict=True)) == OF_NOW


def test_what_was_told_before() -> None:
    expected = {
        "thread.cap_inheritable": "CAP_CHOWN",
        "thread.cap_permitted": "CAP_DAC_OVERRIDE",
        "thread.cap_effective": "CAP_DAC_READ_SEARCH",
        "proc.fdlimit": 64,
        "thread.pfmajor": 1,
        "thread.pfminor": 2,
        "proc.vmsize": 30,
        "proc.vmrss": 20,
        "proc.vmswap": 10,
        "thread.vmsize": 30,
        "thread.vmrss.b": 20 * 1024,
    }
    assert dict(zip(expected, read(event("kill"), *expected, table=table(**MEASURED)), strict=True)) == expected
    assert read(event("kill"), *expected, table=table()) == (None,) * len(expected)
    assert read(event("kill"), *expected) == (None,) * len(expected)
    assert read(event("kill"), *COUNTED, table=table(**MEASURED)) == (None,) * len(COUNTED)


def test_the_first_thread_is_remembered() -> None:
    """A later event without such a part has the numbers of the last one with it."""
    fields = ("thread.cap_effective", "proc.vmsize", "thread.pfminor", "proc.fdlimit")
    known = table(**MEASURED)
    known.apply(event("kill", now=NOW, header={"tid": PID + 1}))
    assert read(event("kill"), *fields, table=known) == ("CAP_DAC_READ_SEARCH", 30, 2, 64)
    known.apply(event("kill", now=NOW))
    assert read(event("kill"), *fields, table=known) == ("CAP_CHOWN", 5000, 300, 1024)


def test_threads_beside_the_first_have_no_memory() -> None:
    fields = ("thread.vmsize", "thread.vmrss", "thread.vmsize.b", "proc.vmsize")
    assert read(event("kill", now=NOW, header={"tid": PID + 1}), *fields) == (0, 0, 0, 5000)


@pytest.mark.parametrize(("limit", "used"), [(100, 100.0), (0, 0.0), (256, 100.0), (1 << 20, 25600 / (1 << 20))])
def test_use_of_descriptors(limit: int, used: float) -> None:
    assert read(event("kill", now={**NOW, "fdlimit": limit}), "proc.fdusage") == used


def test_parts_that_the_record_lacks() -> None:
    ending = event("kill", now={**NOW, "has": NOW_TASK})
    assert read(ending, "proc.fdopencount", "proc.vmsize", "proc.nthreads") == (None, None, 3)
    assert read(ending, "proc.vmsize", table=table(**MEASURED)) == 30
    assert read(event("kill", now={"has": 0}), *OF_NOW) == (None,) * len(OF_NOW)
    assert read(event("kill", now=NOW), *STREAMS) == (None,) * len(STREAMS)


def test_a_part_that_is_cut_off_is_not_read() -> None:
    record = bytearray(event("kill", now={"has": NOW_TASK | NOW_STDIO}))
    assert read(bytes(record), *STREAMS) == (None,) * len(STREAMS)
    del record[-8:]
    record[0:4] = len(record).to_bytes(4, "little")
    assert read(bytes(record), "proc.nthreads") is None


def test_control_groups() -> None:
    fields = ("thread.cgroups", "thread.cgroup.cpuset", "thread.cgroup.blkio", "thread.cgroup.unified")
    groups = ["cpuset=/a", "io=/b=c", "=/d", "odd"]
    text = ("cpuset=/a blkio=/b=c unified=/d", "/a", "/b=c", "/d")
    assert read(event("kill", now={"has": 0, "cgroups": groups}), *fields) == text
    known = table(cgroups=groups, cgroup_id=7)
    assert read(event("kill", header={"cgroup_id": 7}), *fields, table=known) == text
    assert read(event("kill", header={"cgroup_id": 8}), *fields, table=known) == (None,) * 4
    assert read(event("kill"), *fields, table=table(cgroups=[])) == (None,) * 4
    assert read(event("kill", now={"has": 0, "cgroups": groups}), "thread.cgroup.pids", "thread.cgroup.io") == (
        None,
        None,
    )


def test_standard_streams() -> None:
    tcp = {"type": "ipv6", "family": "inet6", "l4proto": "tcp", "role": "client", "sport": 5, "dport": 80}
    stdio = [
        {"type": "file", "path": "/dev/null"},
        {**tcp, "sip": "::ffff:10.0.0.1", "dip": "::ffff:10.0.0.2"},
        {"type": "pipe"},
    ]
    expected = ("file", "/dev/null", "ipv4", "10.0.0.1:5->10.0.0.2:80", "pipe", "")
    assert read(event("kill", now={"has": NOW_STDIO, "stdio": stdio}), *STREAMS) == expected
    closed = event("kill", now={"has": NOW_STDIO, "stdio": [None, stdio[0], None]})
    assert read(closed, *STREAMS) == (None, None, "file", "/dev/null", None, None)
