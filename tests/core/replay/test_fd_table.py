# SPDX-License-Identifier: Apache-2.0
"""Descriptor tables of captures: updates from each event."""

from __future__ import annotations

import struct

import pytest
from support.tasktable import Table

AT_FDCWD = -100
DIRECTORY, CREATED, CLOEXEC = 0x400, 0x4000, 0x1000
FILE, DIR, PIPE, UNIX, EVENT, SIGNALFD, EPOLL, INOTIFY, TIMERFD = 1, 2, 7, 8, 9, 11, 12, 13, 14
BPF, USERFAULTFD, IO_URING, MEMFD, PIDFD = 17, 18, 19, 20, 21


@pytest.fixture
def table() -> Table:
    table = Table()
    table.open()
    return table


def exec_(table: Table, tid: int = 100) -> None:
    table.call("execve", 0, "prog", b"", tid, tid, 1, tid=tid)


# --- Opening ----------------------------------------------------------------------------------------------------------


def test_open(table: Table) -> None:
    event = table.call("open", 3, "sub/../a//b", 1, 0, 0xFE00, 77)
    assert event["fd_num"] == 3
    assert event["name_changed"]
    entry = table.entry(3)
    assert (entry["name"], entry["name_raw"]) == (b"/home/a/b", b"sub/../a//b")
    assert (entry["type"], entry["dev"], entry["ino"], entry["open_flags"]) == (FILE, 0xFE00, 77, 1)


def test_openat_of_a_directory(table: Table) -> None:
    table.call("openat", 3, AT_FDCWD, "etc", DIRECTORY | 1, 0, 1, 2)
    assert table.entry(3)["type"] == DIR
    table.call("openat", 4, 3, "passwd", 1, 0, 1, 2)
    assert table.entry(4)["name"] == b"/home/etc/passwd"
    table.call("openat2", 5, 3, "../../x", 1, 0, 0, 8, 9)
    assert (table.entry(5)["name"], table.entry(5)["dev"], table.entry(5)["ino"]) == (b"/x", 8, 9)


def test_openat_from_an_unknown_descriptor(table: Table) -> None:
    table.call("openat", 4, 99, "passwd", 1, 0, 1, 2)
    assert table.entry(4)["name"] == b"<UNKNOWN>passwd"
    table.call("openat", 5, 99, "/etc/passwd", 1, 0, 1, 2)
    assert table.entry(5)["name"] == b"/etc/passwd"
    table.call("openat", 6, None, "passwd", 1, 0, 1, 2)
    assert table.entry(6)["name"] == b"passwd"


def test_name_that_could_not_be_read(table: Table) -> None:
    table.call("open", 3, None, 1, 0, 0, 0)
    assert table.entry(3)["name"] == b"/home/<NA>"


def test_failed_open(table: Table) -> None:
    event = table.call("open", -2, "a", 1, 0, 0, 0)
    assert event["fd"] is None
    assert event["fd_num"] == -1


def test_enter_event_wins(table: Table) -> None:
    table.enter("openat", struct.pack("<q", AT_FDCWD), b"/true\0", struct.pack("<I", 3), struct.pack("<I", 0))
    table.call("openat", 3, AT_FDCWD, "/faked", 1 | CREATED, 0, 1, 2)
    entry = table.entry(3)
    assert (entry["name"], entry["open_flags"]) == (b"/true", 3 | CREATED)


def test_enter_event_of_another_call_is_not_trusted(table: Table) -> None:
    table.enter("open", b"/true\0", struct.pack("<I", 3), struct.pack("<I", 0))
    table.call("getuid", 0)
    table.call("open", 3, "/other", 1, 0, 1, 2)
    assert table.entry(3)["name"] == b"/other"


def test_enter_event_without_a_name(table: Table) -> None:
    table.enter("creat", b"", struct.pack("<I", 0))
    table.call("creat", 3, "new", 0o600, 1, 2, 1)
    entry = table.entry(3)
    assert (entry["name"], entry["flags"] & 0x8) == (b"/home/new", 0x8)


def test_open_by_handle_at(table: Table) -> None:
    table.call("open_by_handle_at", 3, 4, 1, "/a/./b", 5, 6)
    entry = table.entry(3)
    assert (entry["name"], entry["dev"], entry["ino"]) == (b"/a/b", 5, 6)


def test_layers(table: Table) -> None:
    table.call("open", 3, "/a", 0x8001, 0, 0, 0)
    table.call("open", 4, "/b", 0x10001, 0, 0, 0)
    assert table.entry(3)["flags"] & 0x18 == 0x8
    assert table.entry(4)["flags"] & 0x18 == 0x10


def test_path_of_more_than_the_limit(table: Table) -> None:
    table.call("open", 3, "/" + 1024 * "a", 1, 0, 0, 0)
    assert table.entry(3)["name"] == b"/DIR_TOO_LONG/FILENAME_TOO_LONG"


# --- Closing ----------------------------------------------------------------------------------------------------------


def test_close_shows_its_descriptor(table: Table) -> None:
    table.call("open", 3, "/a", 1, 0, 0, 0)
    event = table.call("close", 0, 3)
    assert event["fd"]["name"] == b"/a"
    assert not event["name_changed"]
    assert table.fd(100, 3) is not None
    table.call("getuid", 0, tid=1)
    assert table.fd(100, 3) is None


def test_failed_close(table: Table) -> None:
    table.call("open", 3, "/a", 1, 0, 0, 0)
    table.call("close", -5, 3)
    table.call("getuid", 0)
    assert table.fd(100, 3) is not None
    assert table.call("close", -9, 4)["fd"] is None


@pytest.mark.parametrize(("flags", "left"), [(0, [3, 6]), (2, [3, 6]), (4, [3, 4, 5, 6])])
def test_close_range(table: Table, flags: int, left: list[int]) -> None:
    for num in range(3, 7):
        table.call("open", num, "/a", 1, 0, 0, 0)
    table.call("close_range", 0, 4, 5, flags)
    assert [num for num in range(10) if table.fd(100, num)] == left
    if flags == 4:
        exec_(table)
        assert [num for num in range(10) if table.fd(100, num)] == [3, 6]


def test_close_range_to_the_end(table: Table) -> None:
    for num in range(3, 200):
        table.call("open", num, "/a", 1, 0, 0, 0)
    table.call("close_range", 0, 5, 0xFFFFFFFF, 0)
    assert [num for num in range(300) if table.fd(100, num)] == [3, 4]


# --- Copies -----------------------------------------------------------------------------------------------------------


def test_dup(table: Table) -> None:
    table.call("open", 3, "/a", 1 | CLOEXEC, 0, 0, 9)
    event = table.call("dup", 4, 3)
    assert (event["fd_num"], event["fd"]["num"], event["fd"]["name"]) == (4, 4, b"/a")
    assert not event["name_changed"]
    assert table.entry(4)["open_flags"] & CLOEXEC == 0
    table.call("dup2", 0, 3, 0)
    table.call("dup3", 5, 3, 5, CLOEXEC)
    assert (table.entry(0)["ino"], table.entry(5)["open_flags"] & CLOEXEC) == (9, CLOEXEC)
    assert table.task()["flags"] & 0x400000


def test_dup_of_an_unknown_descriptor(table: Table) -> None:
    event = table.call("dup2", 4, 99, 4)
    assert event["fd"] is None
    assert event["fd_num"] == 99
    assert table.fd(100, 4) is None


def test_dup_onto_itself(table: Table) -> None:
    table.call("open", 3, "/a", 1 | CLOEXEC, 0, 0, 9)
    table.call("dup2", 3, 3, 3)
    assert table.entry(3)["name"] == b"/a"


def test_fcntl(table: Table) -> None:
    table.call("open", 3, "/a", 1 | CLOEXEC, 0, 0, 9)
    assert table.call("fcntl", 7, 3, 1, 0)["fd_num"] == 7
    table.call("fcntl", 8, 3, 26, 0)
    assert (table.entry(7)["name"], table.entry(8)["name"]) == (b"/a", b"/a")
    assert (table.entry(7)["open_flags"], table.entry(8)["open_flags"]) == (1, 1 | CLOEXEC)
    table.call("fcntl", 0, 3, 3, 1)
    assert table.entry(3)["open_flags"] & CLOEXEC
    table.call("fcntl", 0, 3, 3, 0)
    assert not table.entry(3)["open_flags"] & CLOEXEC
    assert table.call("fcntl", 7, 3, 4, 0)["fd_num"] == 3


def test_pidfd_getfd(table: Table) -> None:
    table.call("open", 5, "/secret", 1, 0, 0, 9, tid=1)
    event = table.call("pidfd_open", 3, 1, 0)
    assert (event["fd"]["name"], event["fd"]["type"]) == (b"/proc/1", PIDFD)
    event = table.call("pidfd_getfd", 4, 3, 5, 0)
    assert (event["fd"]["name"], event["fd"]["open_flags"] & CLOEXEC) == (b"/secret", CLOEXEC)
    assert table.call("pidfd_getfd", 6, 3, 99, 0)["fd"] is None
    assert table.call("pidfd_getfd", 6, 4, 5, 0)["fd"] is None


def test_processes_have_tables_of_their_own(table: Table) -> None:
    table.call("open", 3, "/a", 1, 0, 0, 9)
    child = ("sh", b"", 100, 100, 1, None, 1024, 0, 0, 0, 0, 0, "sh", b"", 0, 0, 0, 100, 100, 0)
    table.call("clone", 101, *child)
    table.call("open", 3, "/b", 1, 0, 0, 9, tid=101)
    assert (table.entry(3)["name"], table.entry(3, 101)["name"]) == (b"/a", b"/b")
    thread = (*child[:14], 0x2000, 0, 0, 100, 100, 0)
    table.call("clone", 102, *thread)
    table.call("open", 4, "/c", 1, 0, 0, 9, tid=102)
    assert table.entry(4)["name"] == b"/c"


def test_exec_closes(table: Table) -> None:
    table.call("open", 3, "/a", 1, 0, 0, 9)
    table.call("open", 4, "/a", 1 | CLOEXEC, 0, 0, 9)
    table.call("epoll_create1", 5, 1)
    table.call("epoll_create1", 6, 0)
    table.call("memfd_create", 7, "m", 1)
    table.call("memfd_create", 8, "m", 2)
    exec_(table)
    assert [num for num in range(10) if table.fd(100, num)] == [3, 6, 8]


# --- Other kinds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "values", "kind", "flags"),
    [
        ("eventfd", (3, 0, 0), EVENT, 0),
        ("eventfd2", (3, CLOEXEC, 0), EVENT, CLOEXEC),
        ("signalfd", (3, -1, 0, 0), SIGNALFD, 0),
        ("signalfd4", (3, CLOEXEC, -1, 0), SIGNALFD, CLOEXEC),
        ("timerfd_create", (3, 1, 0x40), TIMERFD, 0x40),
        ("inotify_init", (3, 0), INOTIFY, 0),
        ("inotify_init1", (3, 0x40), INOTIFY, 0x40),
        ("epoll_create", (3, 1), EPOLL, 0),
        ("epoll_create1", (3, 1), EPOLL, 1),
        ("io_uring_setup", (3, 8, 8, 16, 0, 0, 0, 0), IO_URING, 0),
        ("userfaultfd", (3, 0x80000), USERFAULTFD, 0),
        ("bpf", (3, 0), BPF, 0),
    ],
)
def test_kinds_without_a_name(table: Table, call: str, values: tuple[int, ...], kind: int, flags: int) -> None:
    event = table.call(call, *values)
    assert (event["fd_num"], event["fd"]["type"], event["fd"]["open_flags"]) == (3, kind, flags)
    assert event["fd"]["name"] == b""
    assert not event["name_changed"]
    failed = table.call(call, -24, *values[1:])
    assert (failed["fd"], failed["fd_num"]) == (None, -1)


def test_memfd_create(table: Table) -> None:
    event = table.call("memfd_create", 3, "scratch", 3)
    assert (event["fd"]["name"], event["fd"]["type"], event["name_changed"]) == (b"scratch", MEMFD, True)


def test_failed_memfd_create_leaves_an_entry(table: Table) -> None:
    event = table.call("memfd_create", -14, "scratch", 3)
    assert (event["fd"]["type"], event["fd"]["name"]) == (-1, b"")
    assert table.fd(100, -14) is not None


@pytest.mark.parametrize("call", ["pipe", "pipe2"])
def test_pipe(table: Table, call: str) -> None:
    event = table.call(call, 0, 3, 4, 55, *([CLOEXEC] if call == "pipe2" else []))
    assert (event["fd_num"], event["fd"]["num"]) == (4, 4)
    for num in (3, 4):
        entry = table.entry(num)
        assert (entry["type"], entry["ino"], entry["name"]) == (PIPE, 55, b"")
        assert entry["open_flags"] == (CLOEXEC if call == "pipe2" else 0)


def test_socketpair(table: Table) -> None:
    event = table.call("socketpair", 0, 3, 4, 0x10, 0x20, 1, 1, 0)
    assert (event["fd_num"], event["fd"]["num"], event["fd"]["type"]) == (4, 3, UNIX)
    assert table.entry(3)["unix"] == {"source": 0x10, "destination": 0x20}
    assert table.call("socketpair", 0, 7, 7, 0x10, 0x20, 1, 1, 0)["fd"] is None


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_cap(table: Table) -> None:
    for num in range(4100):
        table.call("open", num, "/a", 1, 0, 0, 0)
    assert table.task()["fd_count"] == 4096
    assert table.stats()["fds_refused"] == 4
    event = table.call("open", 4099, "/b", 1, 0, 0, 0)
    assert (event["fd"], event["fd_num"]) == (None, 4099)
    assert table.call("open", 4095, "/b", 1, 0, 0, 0)["fd"]["name"] == b"/b"


def test_event_on_an_unknown_descriptor(table: Table) -> None:
    event = table.call("read", 1, b"x", 77, 1)
    assert (event["fd"], event["fd_num"]) == (None, 77)
    assert table.call("mmap", 0, 0, 0, 0, 0, 0, 0, 0, -1, 0)["fd_num"] == -1


def test_event_without_a_descriptor(table: Table) -> None:
    table.call("open", 3, "/a", 1, 0, 0, 0)
    event = table.call("getuid", 0)
    assert (event["fd"], event["fd_num"]) == (None, -1)


def test_entries_come_and_go_in_any_order(table: Table) -> None:
    """Growth and lookup of the table, against a dict."""
    kept: dict[int, bytes] = {}
    state = 12345
    for turn in range(3000):
        state = (state * 1103515245 + 12345) % (1 << 31)
        num = state % 700
        if state % 3:
            table.call("open", num, f"/{turn}", 1, 0, 0, 0)
            kept[num] = b"/%d" % turn
        else:
            table.call("close_range", 0, num, num + 5, 0)
            kept = {at: name for at, name in kept.items() if not num <= at <= num + 5}
    assert table.task()["fd_count"] == len(kept)
    for num in range(710):
        entry = table.fd(100, num)
        assert (None if entry is None else entry["name"]) == kept.get(num)
