# SPDX-License-Identifier: Apache-2.0
"""Records as the probe may make them, and what is true of them of the facts that it can decide itself.

The facts are read from the bytes of a record, straight from the comments of ``enum filter_atom``.
"""

from __future__ import annotations

import struct
from random import Random
from typing import Any

from support.core import event
from tiercel.compiler.kernel_filter.atoms import Atom
from tiercel.schema.layout import layout
from tiercel.schema.names import EVENT_BY_CODE, EVENT_BY_NAME
from tiercel.schema.types import Event, Param
from tiercel.schema.wire import EVF_IA32, FILE, FILE_KNOWN, HEADER, sockaddr, socktuple, unix_tuple

EVF_IO_URING = 0x20
OPENS = ("open", "openat", "openat2", "creat", "open_by_handle_at")
LIVE = tuple(row for row in EVENT_BY_CODE.values() if row.is_probed and not row.lifecycle)

_FLAGS = {
    Atom.OPEN_READ: 0x1,
    Atom.OPEN_WRITE: 0x2,
    Atom.OPEN_CREAT: 0x4,
    Atom.OPEN_APPEND: 0x8,
    Atom.OPEN_TRUNC: 0x100,
    Atom.OPEN_DIRECTORY: 0x400,
}
_TYPES = {1: Atom.FD_FILE, 2: Atom.FD_DIRECTORY, 7: Atom.FD_FIFO, 8: Atom.FD_UNIX} | {
    3: Atom.FD_IPV4,
    4: Atom.FD_IPV6,
    5: Atom.FD_IPV4,
    6: Atom.FD_IPV6,
}
_PROTOCOLS = {2: Atom.L4_TCP, 3: Atom.L4_UDP}


def facts(record: bytes) -> frozenset[Atom]:
    """The atoms that are true of a record."""
    row = EVENT_BY_CODE[_member(record, *HEADER["type"])]
    found = set()
    if _member(record, *HEADER["uid"]) == 0:
        found.add(Atom.ROOT)
    if row.params and not row.params[0].type.is_ref and _param(record, row, row.params[0].name) >= 0:
        found.add(Atom.OK)
    if row.name in OPENS:
        names = {param.name for param in row.params}
        flags = _param(record, row, "flags") if "flags" in names else 0
        mode = _param(record, row, "mode") if "mode" in names else 0
        found |= {atom for atom, bit in _FLAGS.items() if flags & bit}
        found |= {Atom.OPEN_EXEC} if mode & 0o111 else set()
    return frozenset(found | _of_file(record, row))


def ports(record: bytes) -> tuple[int, int]:
    """Both ports of the descriptor, the destination's second; 0 where there are none."""
    at = layout(EVENT_BY_CODE[_member(record, *HEADER["type"])]).file_offset
    return (0, 0) if at is None else (_member(record, at + 20, "H"), _member(record, at + 22, "H"))


def _of_file(record: bytes, row: Event) -> set[Atom]:
    at = layout(row).file_offset
    if at is None or not _member(record, at + FILE["flags"][0], "I") & FILE_KNOWN:
        return set()
    kind, protocol = record[at + FILE["type"][0]], record[at + FILE["l4proto"][0]]
    found = {_TYPES.get(kind), _PROTOCOLS.get(protocol)} - {None}
    return {Atom.FD_KNOWN, *(atom for atom in found if atom is not None)}


def _member(record: bytes, offset: int, fmt: str) -> int:
    return int(struct.unpack_from("=" + fmt, record, offset)[0])


def _param(record: bytes, row: Event, name: str) -> int:
    param = next(one for one in row.params if one.name == name)
    fmt = {1: "b", 2: "h", 4: "i", 8: "q"}[param.type.size]
    return _member(record, layout(row).offset(name), fmt if param.type.kind == "int" else fmt.upper())


# -- records ---------------------------------------------------------------------------------------------------------

PATHS = (
    *(
        "/etc/shadow",
        "/etc/passwd",
        "/etc/sudoers.d/x",
        "/etc",
        "/",
        "/tmp/etc/shadow",
        "/home/a/.ssh/id_rsa",
        "/lib.so",
    ),
    *(
        "/usr/lib/x86_64/libc.so.6",
        "/root/.bash_history",
        "/var/log/auth.log",
        "/a",
        "/etcetera",
        "/var/log/auth.log.1",
    ),
)
_NAMES = (
    *PATHS,
    *PATHS,
    *(
        "shadow",
        "../etc/shadow",
        "./x",
        "",
        "etc//passwd",
        "/etc//shadow",
        "/tmp/../etc/shadow",
        "/etc/",
        "<NA>",
        "//etc",
    ),
    *("/proc/self/root/etc/shadow", "(NULL)", "/etc/./shadow", "..", ".bash_history", "/" + "d/" * 130 + "shadow"),
)
_BASES = ("/etc", "/", "/home/a/", "/root", "/tmp")
_NUMBERS = (0, 0, 0, 1, 3, 3, 5, 80, 1000, 4096)
_ERRORS = (-1, -2, -13, -115, -4095)
_FILE_TYPES = (
    *("file", "file", "directory", "ipv4", "ipv6", "ipv4_server", "ipv6_server", "pipe", "unix", "event", "unknown"),
    *("memfd", "netlink", "unsupported", "pidfd"),
)
_ADDRESSES = ("10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.2", "fd00::7", "0.0.0.0")


def make_record(random: Random) -> bytes:
    """A record of any event type, most often of one that opens; any part may be missing."""
    row = EVENT_BY_NAME[random.choice(OPENS)] if random.random() < 0.5 else random.choice(LIVE)
    return record_of(row, random)


def record_of(row: Event, random: Random) -> bytes:
    """A record of an event type."""
    params: dict[str, Any] = {}
    for place, param in enumerate(row.params):
        if random.random() < 0.92:
            params[param.name] = _value(param, random, is_result=place == 0)
    parts: dict[str, Any] = {"file": _file(random)} if row.file and random.random() < 0.8 else {}
    flags = random.choice((0, 0, 0, EVF_IA32, EVF_IO_URING))
    header: dict[str, Any] = {"uid": random.choice((0, 0, 1, 1000, 4294967295)), "flags": flags}
    if random.random() < 0.5:
        header["cwd"] = random.choice(_BASES)
    return event(row.name, {name: value for name, value in params.items() if value is not None}, header=header, **parts)


def _value(param: Param, random: Random, *, is_result: bool) -> Any:
    kind, name = param.type.kind, param.type.name
    if param.type.is_path:
        return _path(random)
    if name == "SOCKADDR":
        return sockaddr("/run/x.sock") if random.random() < 0.3 else sockaddr(random.choice(_ADDRESSES), 53)
    if name == "SOCKTUPLE":
        return _tuple(random)
    if kind in {"str", "bytes", "ip"}:
        return None if name not in {"CHARBUF", "BYTEBUF"} else random.choice(PATHS)
    if is_result and kind == "int" and random.random() < 0.4:
        return random.choice(_ERRORS if param.type.size > 1 else (-1,))
    if param.name == "flags" and param.type.size == 4:
        return sum(bit for bit in _FLAGS.values() if random.random() < 0.4)
    if param.name == "mode":
        return random.choice((0, 0o600, 0o755, 0o100))
    if kind not in {"int", "uint", "bool"}:
        return None
    return random.choice(_NUMBERS) & ((1 << (8 * param.type.size - 1)) - 1)


def _path(random: Random) -> Any:
    name = random.choice(_NAMES)
    forms: dict[str, Any] = {} if random.random() < 0.05 else {"name": name}
    if not name.startswith("/") and random.random() < 0.8:
        forms["base"] = random.choice(_BASES)
    chance = random.random()
    if chance < 0.4:
        forms["real"] = random.choice(PATHS)
    elif chance < 0.7 and name.startswith("/"):
        forms["real"] = name
    return forms


def _tuple(random: Random) -> bytes:
    if random.random() < 0.3:
        return unix_tuple(1, 2, "/run/x.sock")
    one = random.choice(_ADDRESSES)
    same = [other for other in _ADDRESSES if (":" in one) == (":" in other)]
    return socktuple((one, random.choice((0, 4000))), (random.choice(same), random.choice((0, 53, 443))))


def _file(random: Random) -> dict[str, Any]:
    kind = random.choice(_FILE_TYPES)
    file: dict[str, Any] = {"type": kind, "flags": FILE_KNOWN if random.random() < 0.9 else 0, "ino": 7, "dev": 0x801}
    if kind.startswith("ipv") or random.random() < 0.1:
        pair = [one for one in _ADDRESSES if (":" in one) == kind.startswith("ipv6")]
        file |= {"sip": random.choice(pair), "dip": random.choice(pair), "sport": random.choice((0, 4000))}
        file |= {"dport": random.choice((0, 53, 443)), "l4proto": random.choice(("unknown", "na", "tcp", "udp", "raw"))}
        file |= {"role": random.choice(("none", "client", "server"))}
    elif kind == "unix":
        file |= {"role": random.choice(("none", "client", "server")), "path": "/run/x.sock"}
    if kind in {"file", "directory", "pipe", "memfd"} and random.random() < 0.8:
        file["path"] = random.choice(PATHS)
    return file
