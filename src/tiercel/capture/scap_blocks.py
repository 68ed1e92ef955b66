# SPDX-License-Identifier: Apache-2.0
"""Encoders of the blocks that precede the events of a capture, in the current format of Falco's libraries."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from tiercel.frozen import frozen

__all__ = [
    "Fd",
    "Interface",
    "Machine",
    "Thread",
    "container",
    "fds",
    "interfaces",
    "machine",
    "section",
    "threads",
    "users",
]

_SECTION, _MACHINE, _INTERFACES, _USERS, _THREADS, _FDS = 0x0A0D0D0A, 0x201, 0x219, 0x220, 0x215, 0x218
_LARGE_EVENT, _ASYNCEVENT = 0x221, 402
_MAGIC, _MAJOR, _MINOR = 0x1A2B3C4D, 1, 2
_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF_FFFF_FFFF

_SHORT: Final = 1024  # longest text of a process, and longest list of texts
_LONG: Final = 4096
_NAME: Final = 255

FD_FILE, FD_DIRECTORY, FD_IPV4, FD_IPV6, FD_IPV4_SERVER, FD_IPV6_SERVER, FD_FIFO, FD_UNIX = 1, 2, 3, 4, 5, 6, 7, 8
FD_EVENT, FD_UNSUPPORTED, FD_SIGNALFD, FD_EVENTPOLL, FD_INOTIFY, FD_TIMERFD, FD_NETLINK = 9, 10, 11, 12, 13, 14, 15
FD_FILE_V2, FD_BPF, FD_USERFAULTFD, FD_IO_URING, FD_MEMFD, FD_PIDFD = 16, 17, 18, 19, 20, 21


@frozen
class Machine:
    """The recorded machine."""

    num_cpus: int
    memory_bytes: int
    max_pid: int
    hostname: bytes
    boot_ns: int


@frozen
class Interface:
    """Address of the machine; 4 or 16 bytes each, in network order."""

    name: bytes
    address: bytes
    netmask: bytes
    broadcast: bytes


@frozen
class Thread:
    """Thread at the start of the capture; each text of a list ends with a NUL."""

    tid: int
    pid: int
    ptid: int
    vtid: int
    vpid: int
    comm: bytes = b""
    exe: bytes = b""
    exepath: bytes = b""
    args: bytes = b""
    env: bytes = b""
    cwd: bytes = b""
    root: bytes = b"/"
    cgroups: bytes = b""
    sid: int = -1
    pgid: int = -1
    vpgid: int = -1
    fdlimit: int = -1
    flags: int = 0
    uid: int = 0
    gid: int = 0
    loginuid: int = 0xFFFF_FFFF
    tty: int = 0
    memory: tuple[int, int, int] = (0, 0, 0)
    faults: tuple[int, int] = (0, 0)
    caps: tuple[int, int, int] = (0, 0, 0)
    pidns_start_ns: int = 0
    exe_file: tuple[int, int, int] = (0, 0, 0)
    exe_writable: bool = False
    exe_upper_layer: bool = False
    exe_lower_layer: bool = False
    exe_from_memfd: bool = False


@frozen
class Fd:
    """Open descriptor. ``place`` contains the data of its type before the name: addresses and ports, or pointers."""

    number: int
    ino: int
    type: int
    name: bytes = b""
    place: bytes = b""
    open_flags: int = 0
    dev: int = 0


def _block(kind: int, body: bytes) -> bytes:
    padding = bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + len(padding) + 12)
    return b"".join((struct.pack("<I", kind), length, body, padding, length))


def _text(text: bytes, most: int = _SHORT) -> bytes:
    text = text[:most]
    return struct.pack("<H", len(text)) + text


def _texts(texts: bytes) -> bytes:
    """Encode several texts; a cut text ends with a NUL, too."""
    if texts and (len(texts) > _LONG or texts[-1]):
        texts = texts[: _LONG - 1] + b"\0"
    return _text(texts, _LONG)


def _entry(body: bytes) -> bytes:
    """Encode an entry, which begins with its length, including the length field."""
    return struct.pack("<I", len(body) + 4) + body


def section() -> bytes:
    """Return the section header, the first block of every capture."""
    return _block(_SECTION, struct.pack("<IHHQ", _MAGIC, _MAJOR, _MINOR, _UNKNOWN_LENGTH))


def machine(row: Machine) -> bytes:
    """Return the block that describes the machine."""
    body = struct.pack("<IQQ128s", row.num_cpus, row.memory_bytes, row.max_pid, row.hostname[:127])
    return _block(_MACHINE, body + struct.pack("<QQQQ", row.boot_ns, 0, 0, 0))


def interfaces(rows: Iterable[Interface]) -> bytes:
    """Return the list of addresses."""
    body = b""
    for row in rows:
        kind = 1 if len(row.address) == 4 else 2
        name = row.name[:_NAME]
        head = struct.pack("<HH", kind, len(name)) + row.address + row.netmask + row.broadcast
        entry = head + struct.pack("<Q", 0) + name
        body += struct.pack("<I", len(entry)) + entry
    return _block(_INTERFACES, body)


def users(people: Iterable[tuple[int, int, bytes, bytes, bytes]], groups: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the list of users (uid, gid, name, home, shell) and groups (gid, name)."""
    entries = []
    for uid, gid, name, home, shell in people:
        texts = _text(name, _NAME) + _text(home, _NAME) + _text(shell, _NAME)
        entries.append(_entry(struct.pack("<BII", 0, uid, gid) + texts))
    entries += [_entry(struct.pack("<BI", 1, gid) + _text(name, _NAME)) for gid, name in groups]
    return _block(_USERS, b"".join(entries))


def threads(rows: Iterable[Thread]) -> bytes:
    """Return the list of threads."""
    return _block(_THREADS, b"".join(_entry(_thread(row)) for row in rows))


def _thread(row: Thread) -> bytes:
    return b"".join(
        (
            struct.pack("<qqqqq", row.tid, row.pid, row.ptid, row.sid, row.vpgid),
            _text(row.comm) + _text(row.exe) + _text(row.exepath) + _texts(row.args) + _text(row.cwd),
            struct.pack("<qIII", row.fdlimit, row.flags, row.uid, row.gid),
            struct.pack("<IIIQQ", *(min(size, 0xFFFF_FFFF) for size in row.memory), *row.faults),
            _texts(row.env),
            struct.pack("<qq", row.vtid, row.vpid),
            _texts(row.cgroups) + _text(row.root),
            struct.pack("<QII", row.pidns_start_ns, row.tty, row.loginuid),
            struct.pack("<BQQQ", row.exe_writable, *row.caps),
            struct.pack("<BQQQ", row.exe_upper_layer, *row.exe_file),
            struct.pack("<BBq", row.exe_from_memfd, row.exe_lower_layer, row.pgid),
        )
    )


def fds(tid: int, rows: Iterable[Fd]) -> bytes:
    """Return the list of a process's descriptors."""
    return _block(_FDS, struct.pack("<q", tid) + b"".join(_entry(_fd(row)) for row in rows))


def _fd(row: Fd) -> bytes:
    head = struct.pack("<qQB", row.number, row.ino, row.type) + row.place
    if row.type == FD_FILE_V2:
        return head + struct.pack("<I", row.open_flags) + _text(row.name) + struct.pack("<I", row.dev)
    if row.type in (FD_IPV4, FD_IPV6, FD_IPV4_SERVER, FD_IPV6_SERVER):
        return head
    return head + _text(row.name)


def container(description: bytes, time_ns: int) -> bytes:
    """Return a container event, like those of Falco's plugin, but with no plugin id, and of thread 1.

    Args:
        description: JSON.
        time_ns: ns since 1970.
    """
    params = (struct.pack("<I", 0), b"container\0", description + b"\0")
    data = b"".join((*(struct.pack("<I", len(param)) for param in params), *params))
    head = struct.pack("<HQQIHI", 0, time_ns, 1, 26 + len(data), _ASYNCEVENT, len(params))
    return _block(_LARGE_EVENT, head + data)
