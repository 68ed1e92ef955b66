# SPDX-License-Identifier: Apache-2.0
"""Well-formed captures of impossible events: every value has the form of its type, in random order.

Threads are made and end before, after and instead of each other, ids are reused, parents form cycles, descriptors are
copied over one another: impossible in a kernel, but possible in a capture. The tables must survive it.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from support import scapfile, scapforms
from tiercel.schema.events import EVENTS
from tiercel.schema.types import Event, Param

_ROWS: Final = MappingProxyType({event.name: event for event in EVENTS if not event.internal})
_MAKERS: Final = ("clone", "clone3", "fork", "vfork")
_OFTEN: Final = (
    *(name for name in _MAKERS for _ in range(3)),
    *("execve", "execveat", "procexit", "procexit", "procexit", "prctl", "setsid", "setpgid"),
    *("open", "openat", "openat", "creat", "close", "close", "dup", "dup2", "dup3", "fcntl", "pipe", "pipe2"),
    *("socket", "socketpair", "connect", "accept", "accept4", "bind", "listen", "shutdown", "sendto", "recvfrom"),
    *("sendmsg", "recvmsg", "read", "write", "poll", "ppoll", "chdir", "fchdir", "chroot", "getcwd"),
    *("pidfd_open", "pidfd_getfd", "open_by_handle_at", "renameat2", "useradded", "userdeleted"),
)
OFTEN: Final = tuple(name for name in _OFTEN if name in _ROWS)

_TIDS: Final = (1, 2, 3, 4, 10, 11, 12, 100, 101)
_IDS: Final[tuple[int, ...]] = (*_TIDS, *_TIDS, 0, -1, 1 << 31, 1 << 62)
_FDS: Final[tuple[int, ...]] = (*range(9), 3, 4, 5, -1, -100, 1 << 31, 1 << 40)
_RESULTS: Final[tuple[int, ...]] = (0, 0, 0, 1, 3, 4, 5, -2, -11, -115, *_TIDS)
# Flags of clones that Falco's engine has names for, and flags that it sets itself.
_CLONE_FLAGS: Final[tuple[int, ...]] = (
    *(0, 0, 0x1, 0x2001, 0x2000, 0x40, 0x100, 0x10000, 0x40000, 0x100000, 0x20000000, 0x40000000),
)
_TEXTS: Final = (
    *(b"", b"/", b"/etc/passwd", b"a", b"..", b"../../../x", b"a//b/./c/..", b"<NA>", b"(NULL)", b"-bash"),
    *(b"/" * 300, b"d/" * 600, b"\xff\xfe\x80", b"new\nline\x1b[31m", b"/a" * 2047, b"x" * 300, b"socket:[12]"),
)
_CONTAINER: Final = b"0123456789abcdef" * 4
_WORDS: Final = (
    *(b"", b"\0", b"one\0", b"one\0two\0\0three", b"HOME=/root\0A=", b"=\0=x", b"x" * 5000),
    b"cpu=/docker/" + _CONTAINER + b"\0memory=/docker/" + _CONTAINER,
    b"cpuset=/\0cpu=/user.slice\0",
)


def _text(rng: random.Random) -> bytes:
    return rng.choice(_TEXTS) + b"\0" if rng.random() < 0.9 else rng.randbytes(rng.randrange(20))


def _address(rng: random.Random, size: int) -> bytes:
    return rng.choice([bytes(size), b"\x7f" + bytes(size - 2) + b"\1", b"\x0a" * size, rng.randbytes(size)])


def _port(rng: random.Random) -> bytes:
    return struct.pack("<H", rng.choice([0, 22, 53, 80, 40000]))


def _sockaddr(rng: random.Random) -> bytes:
    match rng.randrange(4):
        case 0:
            return b"\2" + _address(rng, 4) + _port(rng)
        case 1:
            return b"\x0a" + _address(rng, 16) + _port(rng)
        case 2:
            return b"\1" + _text(rng)
    return rng.choice([b"\x10", b"\2", b"\x0a\0", b"\1"])


def _tuple(rng: random.Random) -> bytes:
    match rng.randrange(4):
        case 0:
            return b"\2" + _address(rng, 4) + _port(rng) + _address(rng, 4) + _port(rng)
        case 1:
            mapped = rng.choice([_address(rng, 16), bytes(10) + b"\xff\xff" + _address(rng, 4)])
            return b"\x0a" + mapped + _port(rng) + rng.choice([mapped, _address(rng, 16)]) + _port(rng)
        case 2:
            return b"\1" + rng.randbytes(16) + _text(rng)
    return rng.choice([b"\x10", b"\2" + bytes(5), b"\x0a" + bytes(18), b"\1" + bytes(16)])


def _fdlist(rng: random.Random) -> bytes:
    count = rng.choice([0, 1, 2, 5, 300])
    entries = b"".join(struct.pack("<qh", rng.choice(_FDS), rng.randrange(-1, 64)) for _ in range(count))
    return struct.pack("<H", rng.choice([count, count, count + 1, 65535])) + entries


def _dynamic(rng: random.Random) -> bytes:
    return bytes([rng.randrange(6)]) + rng.choice([bytes(8), bytes(4), bytes(16), rng.randbytes(8), b"x\0"])


_FORMS: Final[Mapping[str, Callable[[random.Random], bytes]]] = MappingProxyType({
    "CHARBUF": _text,
    "FSPATH": _text,
    "FSRELPATH": _text,
    "BYTEBUF": lambda rng: rng.choice(_WORDS),
    "CHARBUFARRAY": lambda rng: rng.choice(_WORDS),
    "SOCKADDR": _sockaddr,
    "SOCKTUPLE": _tuple,
    "FDLIST": _fdlist,
    "DYN": _dynamic,
    "IPV4ADDR": lambda rng: _address(rng, 4),
    "IPV6ADDR": lambda rng: _address(rng, 16),
})  # fmt: skip


def _number(event: Event, param: Param, rng: random.Random) -> int:
    name = param.name
    if name == "flags" and event.name in _MAKERS:
        return rng.choice(_CLONE_FLAGS) | rng.choice(_CLONE_FLAGS)
    if param.type.name in {"FD", "FD32"} or name in {"fd1", "fd2", "oldfd", "newfd"}:
        return rng.choice(_FDS)
    if name in {"res", "ret"}:
        return rng.choice(_RESULTS)
    if param.type.name in {"PID", "PID32"} or name.endswith(("tid", "pid")):
        return rng.choice(_IDS)
    return rng.choice([0, 1, 2, 3, 36, 1 << 12, 0xFF, (1 << 64) - 1, rng.getrandbits(64)])


def value(event: Event, param: Param, rng: random.Random) -> bytes:
    """A value with the form of its type; sometimes none."""
    if rng.random() < 0.04:
        return b""
    if (form := _FORMS.get(param.type.name)) is not None:
        return form(rng)
    size = param.type.size
    return (_number(event, param, rng) & ((1 << 8 * size) - 1)).to_bytes(size, "little")


class World:
    """The clock and the generator of one capture."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = scapfile.START

    def event(self, name: str | None = None) -> bytes:
        """One event in some thread."""
        rng = self.rng
        if name is None:
            name = rng.choice(OFTEN) if rng.random() < 0.8 else rng.choice(tuple(_ROWS))
        row = _ROWS[name]
        self.now = max(1, self.now + rng.choice([0, 1, 1000, 1000, 3_000_000_000, -5000]))
        values = [value(row, param, rng) for param in row.params]
        if rng.random() < 0.03:
            kept = rng.randrange(len(values) + 1)
            values[kept:] = [b""] * (len(values) - kept)
        tid = rng.choice(_TIDS) if rng.random() < 0.97 else rng.choice(_IDS)
        return scapforms.event(row.code, values, wide="large" in row.flags, tid=tid, ts=self.now, cpu=0)

    def thread(self) -> bytes:
        """An entry of the table of threads."""
        rng = self.rng
        members = {name: rng.choice(_IDS) & ((1 << 64) - 1) for name in ("pid", "ptid", "sid", "vpgid")}
        texts = {name: rng.choice(_TEXTS)[:1024] for name in ("comm", "exe", "exepath", "cwd", "root")}
        words = {name: rng.choice(_WORDS)[:4096] for name in ("args", "env", "cgroups")}
        vtid, vpid, pgid = (rng.choice(_IDS) for _ in range(3))
        flags = rng.choice(_CLONE_FLAGS)
        return scapfile.threads(
            {"tid": rng.choice(_TIDS), **members, **texts, **words}
            | {"vtid": vtid, "vpid": vpid, "pgid": pgid, "flags": flags}
        )

    def blocks(self, events: int) -> list[bytes]:
        """A whole capture with so many events."""
        rng = self.rng
        interfaces = [scapfile.interface4(b"\x0a\0\0\1", b"\xff\xff\0\0", "eth0")] if rng.random() < 0.5 else []
        return [
            scapfile.section(),
            scapfile.machine(),
            *interfaces,
            scapfile.users([(0, 0, "root"), (1, 1, "ann")], [(0, "root")]),
            *(self.thread() for _ in range(rng.randrange(8))),
            *(scapfile.files(rng.choice(_TIDS), (3, "/etc/x"), (4, "/y")) for _ in range(rng.randrange(3))),
            *(self.event() for _ in range(events)),
        ]
