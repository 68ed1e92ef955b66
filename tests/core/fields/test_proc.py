# SPDX-License-Identifier: Apache-2.0
"""``proc.*``, ``thread.*``, ``user.*`` and ``group.*`` of one event; lineage is with the table."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import HEADER, PARENT, PARENT_START, PID, START, event, read

from tiercel._core.state.process_table import ProcessTable

UNKNOWN = (
    "proc.exe",
    "proc.exepath",
    "proc.cmdline",
    "proc.args",
    "proc.args[0]",
    "proc.pgid",
    "proc.vpgid",
    "proc.sid",
    "proc.tty",
    "proc.cwd",
    "proc.env",
    "proc.env[HOME]",
    "proc.exeline",
    "proc.cmdnargs",
    "proc.cmdlenargs",
    "proc.is_sid_leader",
    "proc.is_vpgid_leader",
    "proc.is_pgid_leader",
    "proc.exe_ino",
    "proc.is_exe_writable",
    "proc.is_exe_upper_layer",
    "proc.is_exe_from_memfd",
    "proc.pname",
    "proc.pexepath",
    "proc.pcmdline",
    "proc.aname",
    "proc.aname[1]",
    "proc.apid[1]",
    "proc.aexepath[1]",
    "proc.acmdline[1]",
    "container.id",
    "container.name",
)


def table(**changes: Any) -> ProcessTable:
    """A cat with arguments below a shell."""
    found = ProcessTable()
    found.seed(tgid=PARENT, start_ns=PARENT_START, comm="bash", exe="-bash", exepath="/bin/bash", args=["-l"])
    known: dict[str, Any] = {
        "comm": "cat",
        "exe": "cat",
        "exepath": "/usr/bin/cat",
        "args": ["-A", "", "f g"],
        "env": ["HOME=/root", "E=", "HOME=/x", "P= v "],
        "cwd": "/root",
        "tty": 34816,
        "sid": 11,
        "pgid": 12,
        "vpgid": 13,
        "exe_ino": 99,
        "exe_flags": 1 | 4,
        "cgroups": ["cpu=/"],
    }
    found.seed(tgid=PID, start_ns=START, ptgid=PARENT, pstart_ns=PARENT_START, **{**known, **changes})
    return found


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("proc.name", "cat"),
        ("proc.exe", "cat"),
        ("proc.exepath", "/usr/bin/cat"),
        ("proc.cmdline", "cat -A  f g"),
        ("proc.args", "-A  f g"),
        ("proc.args[0]", "-A"),
        ("proc.args[1]", ""),
        ("proc.args[2]", "f g"),
        ("proc.args[3]", ""),
        ("proc.args[2147483646]", ""),
        ("proc.pid", PID),
        ("proc.vpid", 7),
        ("proc.ppid", PARENT),
        ("proc.pgid", 12),
        ("proc.vpgid", 13),
        ("proc.sid", 11),
        ("proc.tty", 34816),
        ("proc.cwd", "/root/"),
        ("proc.env", "HOME=/root E= HOME=/x P= v "),
        ("proc.env[HOME]", "/root"),
        ("proc.env[1]", "HOME=/root E= HOME=/x P= v "),
        ("proc.env[HOM]", ""),
        ("proc.env[E]", ""),
        ("proc.env[P]", "v"),
        ("proc.env[NOSUCH]", ""),
        ("proc.duration", HEADER["time_ns"] - START),
        ("proc.exeline", "cat -A  f g"),
        ("proc.cmdnargs", 3),
        ("proc.cmdlenargs", 5),
        ("proc.is_sid_leader", False),
        ("proc.is_vpgid_leader", False),
        ("proc.is_pgid_leader", False),
        ("proc.pid.ts", START),
        ("proc.exe_ino", 99),
        ("proc.is_exe_writable", True),
        ("proc.is_exe_upper_layer", False),
        ("proc.is_exe_lower_layer", False),
        ("proc.is_exe_from_memfd", True),
        ("proc.pname", "bash"),
        ("proc.pexepath", "/bin/bash"),
        ("proc.pcmdline", "bash -l"),
        ("proc.aname", "bash"),
        ("proc.aname[0]", "cat"),
        ("proc.aname[1]", "bash"),
        ("proc.aname[2]", None),
        ("proc.apid", PID),
        ("proc.apid[0]", PID),
        ("proc.apid[1]", PARENT),
        ("proc.aexepath", "/bin/bash"),
        ("proc.aexepath[0]", "/usr/bin/cat"),
        ("proc.acmdline", "bash -l"),
        ("proc.acmdline[1]", "bash -l"),
        ("thread.tid", PID),
        ("thread.vtid", 7),
        ("thread.ismain", True),
        ("thread.nametid", f"cat{PID}"),
        ("thread.exectime", 0),
        ("thread.totexectime", 0),
        ("user.uid", 1000),
        ("user.name", "<NA>"),
        ("user.loginuid", -1),
        ("user.loginname", "<NA>"),
        ("group.gid", 100),
        ("group.name", "<NA>"),
        ("container.id", "host"),
    ],
)
def test_a_known_process(field: str, expected: Any) -> None:
    assert read(event("kill"), field, table=table()) == expected


def test_an_unknown_process_has_what_the_header_tells() -> None:
    fields = (
        "proc.name",
        "proc.pid",
        "proc.ppid",
        "proc.duration",
        "thread.tid",
        "user.uid",
        "user.loginuid",
        "proc.apid",
    )
    record = event("kill", header={"loginuid": 1000})
    assert read(record, *fields) == ("cat", PID, PARENT, HEADER["time_ns"] - START, PID, 1000, 1000, PID)
    assert read(record, *UNKNOWN) == (None,) * len(UNKNOWN)


def test_no_arguments_and_no_environment() -> None:
    empty = table(args=[], env=[], cwd="/")
    assert read(
        event("kill"), "proc.args", "proc.args[0]", "proc.cmdline", "proc.env", "proc.env[X]", "proc.cwd", table=empty
    ) == (
        "",
        "",
        "cat",
        "",
        "",
        "/",
    )
    assert read(event("kill"), "proc.exeline", "proc.cmdnargs", "proc.cmdlenargs", table=empty) == ("cat ", 0, 0)


def test_who_leads() -> None:
    fields = ("proc.is_sid_leader", "proc.is_vpgid_leader", "proc.is_pgid_leader")
    record = event("kill", header={"vpid": 11, "vtid": 11})
    assert read(record, *fields, table=table()) == (True, False, False)
    assert read(record, *fields, table=table(sid=1, vpgid=11, pgid=PID)) == (False, True, True)


def test_the_executable_of_a_lower_layer() -> None:
    record = event("kill")
    assert read(record, "proc.is_exe_lower_layer", table=table(exe_flags=8)) is True


def test_a_thread_that_is_not_the_first() -> None:
    record = event("kill", header={"tid": PID + 1})
    assert read(record, "thread.ismain", "thread.nametid", table=table()) == (False, f"cat{PID + 1}")


def test_ids_of_the_event_not_of_the_table() -> None:
    record = event("setuid", {"res": 0, "uid": 0}, header={"uid": 0, "gid": 5, "tid": PID + 1, "loginuid": 0})
    fields = ("user.uid", "user.name", "group.gid", "thread.tid", "user.loginuid", "user.loginname")
    assert read(record, *fields, table=table(uid=1)) == (0, "root", 5, PID + 1, 0, "root")


def test_the_directory_is_that_of_the_event() -> None:
    assert read(event("kill", header={"cwd": "/srv/data"}), "proc.cwd", table=table()) == "/srv/data/"
    assert read(event("kill", header={"cwd": "/"}), "proc.cwd") == "/"


def test_a_start_after_the_event_is_no_duration() -> None:
    assert read(event("kill", header={"start_ns": 0}), "proc.duration") is None
    assert read(event("kill", header={"start_ns": HEADER["time_ns"] + 1}), "proc.duration") is None


def test_times_of_the_executable() -> None:
    fields = tuple(
        f"proc.exe_ino.{name}" for name in ("ctime", "mtime", "ctime_duration_proc_start", "ctime_duration_pidns_start")
    )
    known = table(exe_times=(START - 50, START - 60), pidns_start_ns=START - 80)
    assert read(event("kill"), *fields, table=known) == (START - 50, START - 60, 50, 30)
    assert read(event("kill"), "proc.pidns_init_start_ts", table=known) == START - 80
    newer = table(exe_times=(START + 50, START), pidns_start_ns=START + 60)
    assert read(event("kill"), *fields, table=newer) == (START + 50, START, None, None)
    assert read(event("kill"), *fields, "proc.pidns_init_start_ts", table=table()) == (None,) * 5


def test_the_first_process_has_no_parent() -> None:
    assert read(event("kill", header={"ptgid": 0}), "proc.ppid", "proc.pname") == (None, None)
