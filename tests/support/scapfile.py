# SPDX-License-Identifier: Apache-2.0
"""Writer of capture files for tests, block by block, including invalid ones."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.types import Param

SHB, MI, IL, UL, PL, FDL, EV, EVF = 0x0A0D0D0A, 0x201, 0x219, 0x220, 0x215, 0x218, 0x216, 0x217

BOOT: Final = 1_700_000_000_000_000_000
"""Boot time of the machine of test captures, and start of their events."""
START: Final = BOOT + 3_600_000_000_000

_FIXED: Final = {("int", 1): "<b", ("int", 2): "<h", ("int", 4): "<i", ("int", 8): "<q"} | {
    ("uint", 1): "<B",
    ("uint", 2): "<H",
    ("uint", 4): "<I",
    ("uint", 8): "<Q",
}


def block(kind: int, body: bytes) -> bytes:
    """A block with its two lengths."""
    padded = body + bytes(-len(body) % 4)
    length = struct.pack("<I", len(padded) + 12)
    return struct.pack("<I", kind) + length + padded + length


def str16(text: str | bytes) -> bytes:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return struct.pack("<H", len(data)) + data


def section() -> bytes:
    return block(SHB, struct.pack("<IHHQ", 0x1A2B3C4D, 1, 2, 0xFFFF_FFFF_FFFF_FFFF))


def machine(hostname: str = "lab", boot_ns: int = BOOT) -> bytes:
    body = struct.pack("<IQQ128sQQQQ", 2, 1 << 30, 1 << 22, hostname.encode(), boot_ns, 0, 0, 0)
    return block(MI, body)


def users(users: Iterable[tuple[int, int, str]] = (), groups: Iterable[tuple[int, str]] = ()) -> bytes:
    """(uid, gid, name) and (gid, name); homes are /home/NAME, shells /bin/sh."""
    body = b""
    for uid, gid, name in users:
        entry = struct.pack("<BII", 0, uid, gid) + str16(name) + str16(f"/home/{name}") + str16("/bin/sh")
        body += struct.pack("<I", len(entry) + 4) + entry
    for gid, name in groups:
        entry = struct.pack("<BI", 1, gid) + str16(name)
        body += struct.pack("<I", len(entry) + 4) + entry
    return block(UL, body)


def interface4(addr: bytes, netmask: bytes, name: str) -> bytes:
    text = name.encode()
    entry = struct.pack("<HH4s4s4sQ", 1, len(text), addr, netmask, b"\xff" * 4, 0) + text
    return block(IL, struct.pack("<I", len(entry)) + entry)


def threads(*entries: Mapping[str, Any]) -> bytes:
    """Entries of the thread table; members that are not given are those of an ordinary process of root."""
    return block(PL, b"".join(_thread(entry) for entry in entries))


def _thread(given: Mapping[str, Any]) -> bytes:
    tid = given["tid"]
    comm = given.get("comm", "init")
    member: dict[str, Any] = {
        "pid": tid,
        "ptid": 1 if tid != 1 else 0,
        "sid": 1,
        "vpgid": tid,
        "comm": comm,
        "exe": comm,
        "exepath": f"/usr/bin/{comm}",
        "args": b"",
        "cwd": "/root/",
        "fdlimit": 1024,
        "flags": 0,
        "uid": 0,
        "gid": 0,
        "env": b"HOME=/root\0",
        "vtid": tid,
        "vpid": given.get("pid", tid),
        "cgroups": b"",
        "root": "/",
        "tty": 0,
        "loginuid": 0xFFFF_FFFF,
        "pgid": tid,
        **given,
    }
    body = struct.pack("<QQQQQ", tid, *(member[name] for name in ("pid", "ptid", "sid", "vpgid")))
    body += str16(member["comm"]) + str16(member["exe"]) + str16(member["exepath"])
    body += str16(member["args"]) + str16(member["cwd"])
    body += struct.pack("<QIII", member["fdlimit"], member["flags"], member["uid"], member["gid"])
    body += struct.pack("<IIIQQ", 0, 0, 0, 0, 0) + str16(member["env"])
    body += struct.pack("<qq", member["vtid"], member["vpid"]) + str16(member["cgroups"]) + str16(member["root"])
    body += struct.pack("<QI", 0, member["tty"])
    body += struct.pack("<IBQQQBQQQBBq", member["loginuid"], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, member["pgid"])
    return struct.pack("<I", len(body) + 4) + body


def files(tid: int, *entries: tuple[int, str]) -> bytes:
    """Entries of open files: (number, path)."""
    body = struct.pack("<Q", tid)
    for fd, name in entries:
        entry = struct.pack("<qQBI", fd, 1000 + fd, 16, 1) + str16(name) + struct.pack("<I", 0)
        body += struct.pack("<I", len(entry) + 4) + entry
    return block(FDL, body)


def event(code: int, params: Sequence[bytes], *, tid: int = 100, ts: int = START, cpu: int = 0) -> bytes:
    """An event with encoded params."""
    lengths = b"".join(struct.pack("<H", len(param)) for param in params)
    data = b"".join(params)
    head = struct.pack("<QQIHI", ts, tid, 26 + len(lengths) + len(data), code, len(params))
    return block(EV, struct.pack("<H", cpu) + head + lengths + data)


def call(name: str, *values: object, tid: int = 100, ts: int = START, cpu: int = 0) -> bytes:
    """A current event with the values of its params; None is an empty one, bytes are used verbatim."""
    row = EVENT_BY_NAME[name]
    encoded = [encode(param, value) for param, value in zip(row.params, values, strict=False)]
    encoded += [b""] * (len(row.params) - len(values))
    return event(row.code, encoded, tid=tid, ts=ts, cpu=cpu)


def encode(param: Param, value: object) -> bytes:
    """A value as a param of that type; text gets its NUL."""
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape") + b"\0"
    assert isinstance(value, int)
    return struct.pack(_FIXED[param.type.kind, param.type.size], value)


def capture(*blocks: bytes) -> bytes:
    """A whole capture: init (1) and a shell (100) run; the blocks follow."""
    tables = threads({"tid": 1}, {"tid": 100, "comm": "bash"})
    people = users([(0, 0, "root"), (1000, 1000, "ann")], [(0, "root"), (1000, "ann")])
    return b"".join((section(), machine(), people, tables, *blocks))
