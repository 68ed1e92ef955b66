# SPDX-License-Identifier: Apache-2.0
"""``evt.*`` of reading and writing, what events count for, and what is the same for all of them."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from typing import Any

import pytest
from support.core import PID, VISIBLE, event, read

from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.wire import sockaddr

TOCTOU = 0x80  # EVF_TOCTOU
OTHER_NAMES = 84  # offset of ev_hdr.reserved

SENT: dict[str, Any] = {"res": 5, "fd": 3, "size": 5, "data": b"a\0b\nc"}
TCP = {
    "type": "ipv4",
    "l4proto": "tcp",
    "role": "client",
    "sip": "10.0.0.1",
    "dip": "10.0.0.2",
    "dport": 80,
    "flags": 8,
}
BUFLEN = tuple(f"evt.buflen{name}" for name in ("", ".in", ".out", ".file", ".file.in", ".net", ".net.in", ".net.out"))
ERRORS = tuple(f"evt.count.error{name}" for name in ("", ".file", ".net", ".memory", ".other"))


@pytest.mark.parametrize("name", sorted(set(VISIBLE) - {"syscall"}))
def test_what_holds_for_every_event(name: str) -> None:
    row = EVENT_BY_NAME[name]
    fields = ("evt.source", "evt.is_async", "evt.is_wait", "evt.count", "evt.latency", "evt.latency.human")
    is_async = row.origin == "meta"
    waits = name in {"epoll_wait", "poll", "ppoll", "select", "nanosleep"}
    assert read(event(name), *fields) == ("syscall", is_async, waits, 1, 0, "0ns")
    assert read(event(name), "evt.asynctype") == (name if is_async else None)
    counts = read(event(name), "evt.count.procinfo", "evt.count.threadinfo")
    assert counts == (int(name == "procinfo"), int(name == "procinfo"))
    is_end = row.direction == "<"
    found = read(event(name), "syscall.type", "evt.count.exit", f"evt.type.is.{name}", "evt.type.is.page_fault")
    assert found == (name if is_end else None, 1 if is_end else None, 1, int(name == "page_fault"))
    reads, writes = "reads" in row.flags, "writes" in row.flags
    fields = ("evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.io_dir")
    assert read(event(name), *fields) == (
        reads or writes,
        reads,
        writes,
        "write" if writes else "read" if reads else None,
    )
    assert read(event(name), "evt.info") == read(event(name), "evt.args")


@pytest.mark.parametrize(
    ("texts", "names"), [(b"", None), (b"/a\0", ["/a"]), (b"/a\0/b\0", ["/a", "/b"]), (b"\0/b\0", ["", "/b"])]
)
def test_names_that_changed(texts: bytes, names: list[str] | None) -> None:
    record = bytearray(event("unlink", {"path": "/c"}, header={"flags": TOCTOU}))
    start = len(record)
    record += texts
    struct.pack_into("=I", record, 0, len(record))
    struct.pack_into("=HH", record, OTHER_NAMES, start if texts else 0, len(texts))
    assert read(bytes(record), "evt.is_toctou", "evt.toctou_names") == (True, names)


def test_the_list_of_changed_names_stays_inside_the_record() -> None:
    record = bytearray(event("unlink", {"path": "/c"}, header={"flags": TOCTOU}))
    struct.pack_into("=HH", record, OTHER_NAMES, len(record) - 2, 3)
    assert read(bytes(record), "evt.toctou_names") is None
    assert read(event("unlink", {"path": "/c"}), "evt.is_toctou", "evt.toctou_names") == (False, None)


def test_what_was_sent() -> None:
    record = event("sendto", SENT, file=TCP)
    assert read(record, "evt.buffer", *BUFLEN) == (b"a\0b\nc", 5, None, 5, None, None, 5, None, 5)
    assert read(event("sendto", SENT), "evt.buffer", "evt.buflen") == (b"a\0b\nc", None)
    assert read(event("sendto", {**SENT, "res": -11}, file=TCP), *BUFLEN) == (None,) * 8
    assert read(event("sendto", {**SENT, "data": b""}, file=TCP), "evt.buffer") is None
    assert read(event("kill"), "evt.buffer", *BUFLEN) == (None,) * 9


def test_other_calls_on_files() -> None:
    record = event("dup", {"res": 4, "oldfd": 3}, file={"type": "file", "flags": 8})
    assert read(record, *BUFLEN) == (4, None, None, 4, None, None, None, None)


@pytest.mark.parametrize(
    ("path", "expected"), [("/dev/log", True), ("/run/systemd/journal/dev-log", False), ("/tmp/x", False)]
)
def test_the_system_log(path: str, expected: bool) -> None:
    record = event("sendto", SENT, file={"type": "unix", "flags": 8, "path": path})
    assert read(record, "evt.is_syslog") is expected
    assert read(event("fchmod", {"fd": 3}, file={"type": "file", "flags": 8, "path": path}), "evt.is_syslog") is False


@pytest.mark.parametrize(
    ("name", "params", "file", "expected"),
    [
        ("kill", {"res": -1}, None, (1, None, None, None, 1)),
        ("kill", {"res": 0}, None, (0, None, None, None, 0)),
        ("openat", {"fd": -2}, None, (1, 1, None, None, None)),
        ("openat", {"fd": 3}, {"type": "directory", "flags": 8}, (0, 0, None, None, None)),
        ("fchmod", {"res": -1, "fd": 3}, {"type": "file", "flags": 8}, (1, 1, None, None, None)),
        ("connect", {"res": -111, "fd": 3}, None, (1, None, 1, None, None)),
        ("connect", {"res": -111, "fd": 3}, TCP, (1, None, 1, None, None)),
        ("sendto", {"res": 3, "fd": 3}, {"type": "unix", "flags": 8}, (0, None, 0, None, None)),
        ("dup", {"res": 4}, {"type": "pipe", "flags": 8}, (0, None, None, None, 0)),
        ("procexit", {"status": 0}, None, (None,) * 5),
    ],
)
def test_errors(name: str, params: dict[str, Any], file: dict[str, Any] | None, expected: tuple[Any, ...]) -> None:
    assert read(event(name, params, **({} if file is None else {"file": file})), *ERRORS) == expected


def test_old_kinds_of_events_are_none() -> None:
    assert read(event("kill"), "evt.count.procinfo", "evt.count.threadinfo") == (0, 0)


def test_the_name_of_the_machine() -> None:
    assert read(event("kill"), "evt.hostname") == os.environ.get("FALCO_HOSTNAME", os.uname().nodename)
    script = "from support.core import event, read; print(read(event('kill'), 'evt.hostname'))"
    env = {**os.environ, "FALCO_HOSTNAME": "told", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "told\n"


# --- Files that are created -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fd", "flags", "expected"),
    [
        (3, 2 | 4, False),
        (3, 2 | 4 | 0x4000, True),
        (3, 2 | 0x2000, True),
        (-13, 2 | 0x2000, False),
        (3, 0, False),
    ],
)
def test_an_open_that_creates(fd: int, flags: int, expected: bool) -> None:
    for name in ("open", "openat", "openat2"):
        assert read(event(name, {"fd": fd, "flags": flags}), "evt.is_open_create") is expected
    assert read(event("creat", {"fd": fd}), "evt.is_open_create") is False


# --- Params as they are -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "field", "expected"),
    [
        ("openat", {"flags": 3}, "flags", 3),
        ("openat", {"fd": -13}, "fd", -13),
        ("openat", {"ino": 2**64 - 1}, "ino", 2**64 - 1),
        ("openat", {"name": {"name": "x/../y", "base": "/tmp", "real": "/tmp/y"}}, "name", "x/../y"),
        ("openat", {"name": None}, "name", "<NA>"),
        ("openat", {"name": "(NULL)"}, "name", "<NA>"),
        ("openat", {"flags": None}, "flags", None),
        ("openat", {}, "sig", None),
        ("kill", {"sig": 9, "pid": -PID}, "sig", 9),
        ("kill", {"sig": 9, "pid": -PID}, "pid", -PID),
        ("sendto", SENT, "data", b"a\0b\nc"),
        ("sendto", {**SENT, "data": b""}, "data", None),
        ("symlink", {"target": ""}, "target", ""),
        ("epoll_create", {"size": -22}, "size", -22),
        # Numbers of one name that are printed in two ways: each in its own.
        ("brk", {"res": 0x5017AF4}, "res", "5017AF4"),
        ("access", {"mode": 0x1F}, "mode", "1F"),
        ("seccomp", {"op": 16}, "op", "16"),
        ("brk", {"addr": 8}, "addr", 8),
        # Params of one name and two kinds: each is printed.
        ("bind", {"addr": sockaddr("10.0.0.1", 80)}, "addr", sockaddr("10.0.0.1", 80)),
    ],
)
def test_a_param_itself(name: str, params: dict[str, Any], field: str, expected: Any) -> None:
    assert read(event(name, params), f"evt.rawarg.{field}") == expected


# --- Paths beside a directory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("openat", {"dirfd": -100, "name": {"name": "a/../b", "base": "/tmp"}}, ("/tmp/b", "/tmp/b", "/tmp/b")),
        ("openat", {"dirfd": 5, "name": {"name": "b", "base": "/srv"}}, ("/srv/b", "/srv/b", "/srv/b")),
        ("openat", {"dirfd": 5, "name": {"name": "./b"}}, ("<UNKNOWN>/b",) * 3),
        ("openat", {"dirfd": 5, "name": "//b/"}, ("/b",) * 3),
        ("openat", {"name": "/b"}, (None,) * 3),
        ("unlinkat", {"dirfd": 5, "name": "/b"}, ("/b",) * 3),
        (
            "renameat2",
            {"olddirfd": 5, "oldpath": {"name": "a", "base": "/x"}, "newdirfd": -100, "newpath": "/y"},
            ("/x/a", "/x/a", "/y"),
        ),
        ("linkat", {"olddir": 5, "oldpath": "/o", "newdir": 6, "newpath": "/n"}, ("/o", "/o", "/n")),
        ("symlinkat", {"target": "t", "linkdirfd": 5, "linkpath": "/l"}, ("/l",) * 3),
        ("rename", {"oldpath": "/o", "newpath": "/n"}, (None,) * 3),
        ("open", {"name": "/b"}, (None,) * 3),
    ],
)
def test_absolute_paths(name: str, params: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert read(event(name, params), "evt.abspath", "evt.abspath.src", "evt.abspath.dst") == expected
