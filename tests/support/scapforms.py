# SPDX-License-Identifier: Apache-2.0
"""Blocks of captures in all their versions, as older writers made them; ``scapfile`` has the current ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from support.scapfile import START, block, str16

THREADS: Final = (0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215)
"""Types of blocks of threads, by version from 1."""
FDS: Final = (0x203, 0x218)
INTERFACES: Final = (0x205, 0x219)
USERS: Final = (0x206, 0x220)
ANCIENT: Final = {
    0x202: 0x8000ABCD,
    0x203: 0x8001ABCD,
    0x201: 0x8002ABCD,
    0x204: 0x8010ABCD,
    0x205: 0x8011ABCD,
    0x206: 0x8012ABCD,
    0x207: 0x8013ABCD,
    0x209: 0x8014ABCD,
}
"""Types of the same blocks in the first versions of the format."""

REST: Final = (
    *(("pidns_start_ns", "<Q"), ("tty", "<I"), ("loginuid", "<I"), ("exe_writable", "<B")),
    *(("cap_inheritable", "<Q"), ("cap_permitted", "<Q"), ("cap_effective", "<Q"), ("exe_upper_layer", "<B")),
    *(("exe_ino", "<Q"), ("exe_ctime_ns", "<Q"), ("exe_mtime_ns", "<Q"), ("exe_from_memfd", "<B")),
    *(("exe_lower_layer", "<B"), ("pgid", "<q")),
)
"""Members after the root of a thread of version 9, as far as the writer knew them."""


def thread_entry(version: int, rest: int = len(REST)) -> bytes:
    """One entry with a value of its own in each member; of version 9 with the first ``rest`` late members."""
    body = struct.pack("<QQQ", 7001, 7000, 6999)
    if version >= 6:
        body += struct.pack("<Q", 6500)
    if version >= 8:
        body += struct.pack("<Q", 12)
    body += str16("comm") + str16("exe")
    if version >= 7:
        body += str16("/bin/exe")
    body += str16(b"one\0two") + str16("/cwd/")
    body += struct.pack("<QIII", 1024, 0x100, 1000, 1001)
    if version >= 2:
        body += struct.pack("<IIIQQ", 1, 2, 3, 4, 5)
    if version >= 3:
        body += str16(b"A=1\0B=2\0")
    if version >= 4:
        body += struct.pack("<qq", 11, 10) + str16(b"cpu=/a\0mem=/b")
    if version >= 5:
        body += str16("/root")
    if version >= 9:
        body += b"".join(struct.pack(form, 100 + index) for index, (_, form) in enumerate(REST[:rest]))
        return struct.pack("<I", len(body) + 4) + body
    return body


def threads(version: int, *entries: bytes) -> bytes:
    return block(THREADS[version - 1], b"".join(entries))


def fd_entry(version: int, fd: int, kind: int, payload: bytes) -> bytes:
    body = struct.pack("<qQB", fd, 5000 + fd, kind) + payload
    return struct.pack("<I", len(body) + 4) + body if version == 2 else body


def fds(version: int, tid: int, *entries: bytes) -> bytes:
    return block(FDS[version - 1], struct.pack("<Q", tid) + b"".join(entries))


def interface_entry(version: int, kind: int, name: str) -> bytes:
    size = 4 if kind in (1, 3) else 16
    body = struct.pack("<HH", kind, len(name)) + b"\1" * size + b"\2" * size + b"\3" * size
    if kind in (1, 2):
        body += struct.pack("<Q", 77)
    body += name.encode()
    return struct.pack("<I", len(body)) + body if version == 2 else body


def interfaces(version: int, *entries: bytes) -> bytes:
    return block(INTERFACES[version - 1], b"".join(entries))


def users(version: int, *entries: bytes) -> bytes:
    bodies = (struct.pack("<I", len(entry) + 4) + entry if version == 2 else entry for entry in entries)
    return block(USERS[version - 1], b"".join(bodies))


def user_entry(uid: int, gid: int, name: str) -> bytes:
    return struct.pack("<BII", 0, uid, gid) + str16(name) + str16(f"/home/{name}") + str16("/bin/sh")


def group_entry(gid: int, name: str) -> bytes:
    return struct.pack("<BI", 1, gid) + str16(name)


def event(
    code: int,
    params: Sequence[bytes],
    *,
    version: int = 2,
    flags: int | None = None,
    large: bool = False,
    wide: bool = False,
    tid: int = 100,
    ts: int = START,
    cpu: int = 3,
    overstated: int = 0,
) -> bytes:
    """An event in a block of any form.

    Args:
        flags: in front of the event, or none.
        large: the block is of the type for events beyond 64 KiB.
        wide: lengths of params have 32 bits.
        overstated: excess of the event's own length.
    """
    lengths = b"".join(struct.pack("<I" if wide else "<H", len(param)) for param in params)
    data = b"".join(params)
    head_len = 22 if version == 1 else 26
    head = struct.pack("<QqIH", ts, tid, head_len + len(lengths) + len(data) + overstated, code)
    if version == 2:
        head += struct.pack("<I", len(params))
    front = struct.pack("<H", cpu) + (b"" if flags is None else struct.pack("<I", flags))
    kind = {
        (1, False, False): 0x204,
        (1, True, False): 0x208,
        (2, False, False): 0x216,
        (2, True, False): 0x217,
        (2, False, True): 0x221,
        (2, True, True): 0x222,
    }[version, flags is not None, large]
    return block(kind, front + head + lengths + data)
