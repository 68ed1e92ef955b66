# SPDX-License-Identifier: Apache-2.0
"""Records of the wire format made in Python: for rule tests, replay of mappings, and fuzzing.

The layout comes from the same rows as the C structs; a test compares both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from tiercel.errors import EventError
from tiercel.schema.fd_types import FD_TYPES
from tiercel.schema.layout import FILE_SIZE, HEADER_SIZE, Layout, layout
from tiercel.schema.names import EVENT_BY_NAME, VARIANTS_BY_NAME
from tiercel.schema.types import Event, Param, ValueType

Text: TypeAlias = str | bytes
PathForms: TypeAlias = Mapping[str, Text | None]
PlainValue: TypeAlias = int | Text | None
ParamValue: TypeAlias = PlainValue | Iterable[Text] | PathForms

MAX_LEN: Final = 28672
COMM_LEN: Final = 16
UNSET_ID: Final = 0xFFFFFFFF
NO_SYSCALL: Final = 0xFFFF

EVF_IA32: Final = 0x1
EVF_TRUNCATED: Final = 0x2
EVF_ARGS_TRUNCATED: Final = 0x4
EVF_LIFECYCLE: Final = 0x8
EVF_NOW: Final = 0x40

FILE_KNOWN: Final = 0x8

# Members of struct ev_hdr, (offset, format); refs and comm are written separately.
HEADER: Final = MappingProxyType({
    "len": (0, "I"), "type": (4, "H"), "flags": (6, "H"), "time_ns": (8, "Q"), "start_ns": (16, "Q"),
    "cgroup_id": (24, "Q"), "tid": (32, "I"), "tgid": (36, "I"), "vtid": (40, "I"), "vpid": (44, "I"),
    "ptgid": (48, "I"), "uid": (52, "I"), "gid": (56, "I"), "loginuid": (60, "I"), "mnt_ns": (64, "I"),
    "pid_ns": (68, "I"), "absent": (72, "I"), "cpu": (76, "H"), "syscall": (78, "H"),
})  # fmt: skip
CWD_OFFSET: Final = 80
COMM_OFFSET: Final = 88

# Members of struct ev_file, (offset, format); addresses and the path are written separately.
FILE: Final = MappingProxyType({
    "ino": (0, "Q"), "dev": (8, "I"), "flags": (12, "I"), "type": (16, "B"), "l4proto": (17, "B"),
    "family": (18, "B"), "role": (19, "B"), "sport": (20, "H"), "dport": (22, "H"),
})  # fmt: skip
FILE_ADDRESSES: Final = MappingProxyType({"sip": 24, "dip": 40})
FILE_PATH_OFFSET: Final = 56

# Members of struct ev_now; cgroups are written separately, and `stdio` are three struct ev_file after it.
NOW_SIZE: Final = 88
NOW: Final = MappingProxyType({
    "cap_inheritable": (0, "Q"), "cap_permitted": (8, "Q"), "cap_effective": (16, "Q"), "fdlimit": (24, "Q"),
    "pgft_maj": (32, "Q"), "pgft_min": (40, "Q"), "vm_size": (48, "Q"), "vm_rss": (56, "Q"), "vm_swap": (64, "Q"),
    "nthreads": (72, "I"), "nfds": (76, "I"), "has": (80, "I"),
})  # fmt: skip
NOW_CGROUPS_OFFSET: Final = 84
NOW_HAS_STDIO: Final = 0x8
STREAMS: Final = 3

L4_PROTOCOLS: Final = MappingProxyType({"unknown": 0, "na": 1, "tcp": 2, "udp": 3, "icmp": 4, "raw": 5})
ROLES: Final = MappingProxyType({"none": 0, "client": 1, "server": 2})
FAMILIES: Final = MappingProxyType({"none": 0, "unix": 1, "inet": 2, "inet6": 10, "netlink": 16})

_FILE_WORDS: Final[Mapping[str, Mapping[str, int]]] = {
    "type": {row.ident: row.number for row in FD_TYPES},
    "l4proto": L4_PROTOCOLS,
    "role": ROLES,
    "family": FAMILIES,
}

_FORMATS: Final = {
    "__s8": "b", "__s16": "h", "__s32": "i", "__s64": "q", "__u8": "B", "__u16": "H", "__u32": "I", "__u64": "Q",
}  # fmt: skip


def encode(
    event: str,
    params: Mapping[str, ParamValue],
    *,
    header: Mapping[str, int | Text] | None = None,
    extra: Mapping[str, ParamValue] | None = None,
    file: Mapping[str, int | Text] | None = None,
    now: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the record of one event.

    Args:
        event: name of the event.
        params: values by name; one that is missing or None is absent. Numbers for numbers; text for CHARBUF; text, or
            several that get a NUL between them, for BYTEBUF; text or ``{"name", "base", "real"}`` for paths;
            the results of :func:`sockaddr`, :func:`socktuple` and :func:`variant` for the types of that name.
        header: members of ``struct ev_hdr`` by name, with ``cwd`` and ``comm`` as text.
        extra: members after the params.
        file: members of ``struct ev_file``; ``type``, ``l4proto``, ``role`` and ``family`` may be words, addresses
            are text.
        now: members of ``struct ev_now``, with ``cgroups`` as text, or several that get a NUL between them, and as
            ``stdio`` what ``file`` may be for descriptors 0 to 2, None for one that is closed.

    Raises:
        EventError: E302 for an unknown name, E303 for a value that does not fit, E301 for a record that is too long.
    """
    row = EVENT_BY_NAME.get(event)
    if row is None:
        raise EventError("E302", f"there is no event {event!r}")
    record = _Record(row)
    if now is not None:
        record.put_now(now)
    record.put_params(row.params, params, counts_absent=True)
    record.put_params(row.extra, extra or {}, counts_absent=False)
    if file is not None:
        record.put_file(file)
    record.put_header(header or {})
    return record.finish()


class _Record:
    """The bytes of one record, fixed part first; the tail grows as texts are added."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.layout: Layout = layout(event)
        self.data = bytearray(self.layout.tail_offset)
        self.absent = 0
        self.flags = EVF_LIFECYCLE if event.lifecycle else 0

    def put_params(self, rows: tuple[Param, ...], values: Mapping[str, ParamValue], *, counts_absent: bool) -> None:
        unknown = values.keys() - {row.name for row in rows}
        if unknown:
            raise EventError("E302", f"{self.event.name} has no param {sorted(unknown)[0]!r}")
        for index, row in enumerate(rows):
            value = values.get(row.name)
            if value is None:
                self.absent |= counts_absent << index
                continue
            self.put_value(row, value)

    def put_value(self, row: Param, value: ParamValue) -> None:
        offset = self.layout.offset(row.name)
        where = f"{self.event.name}.{row.name}"
        if row.type.is_path:
            self.put_path(offset, value, where)
        elif row.type.is_ref:
            if row.type.kind == "bytes" and not isinstance(value, (str, bytes, int, Mapping)) and value is not None:
                value = b"\0".join(_bytes(part, where) for part in value)
            self.put_text(offset, value, where)
        else:
            self.put_number(offset, _FORMATS[row.type.ctype], value, where)

    def put_path(self, offset: int, value: ParamValue, where: str) -> None:
        forms: PathForms = value if isinstance(value, Mapping) else {"name": _bytes(value, where)}
        unknown = forms.keys() - {"name", "base", "real"}
        if unknown:
            raise EventError("E302", f"{where} has no form {sorted(unknown)[0]!r}")
        for index, form in enumerate(("name", "base", "real")):
            text = forms.get(form)
            if text is not None:
                self.put_text(offset + 4 * index, text, f"{where}.{form}")

    def put_text(self, offset: int, value: object, where: str) -> None:
        text = _bytes(value, where)
        if len(self.data) + len(text) > MAX_LEN:
            raise EventError("E301", f"{where} makes the record longer than {MAX_LEN} bytes")
        struct.pack_into("=HH", self.data, offset, len(self.data), len(text))
        self.data += text

    def put_number(self, offset: int, fmt: str, value: object, where: str) -> None:
        if not isinstance(value, int):
            raise EventError("E303", f"{where} is a number, not {value!r}")
        try:
            struct.pack_into("=" + fmt, self.data, offset, value)
        except struct.error as error:
            raise EventError("E303", f"{where} cannot hold {value}") from error

    def put_file(self, file: Mapping[str, int | Text]) -> None:
        if self.layout.file_offset is None:
            raise EventError("E302", f"{self.event.name} carries no file")
        self.put_file_at(self.layout.file_offset, file, f"{self.event.name}.file")

    def put_now(self, now: Mapping[str, Any]) -> None:
        stdio = now.get("stdio")
        self.flags |= EVF_NOW
        self.data += bytes(-len(self.data) % 8)
        base = len(self.data)
        self.data += bytes(NOW_SIZE + (0 if stdio is None else STREAMS * FILE_SIZE))
        for name, value in now.items():
            where = f"{self.event.name}.now.{name}"
            if name == "cgroups":
                text = value if isinstance(value, (str, bytes)) else b"\0".join(_bytes(part, where) for part in value)
                self.put_text(base + NOW_CGROUPS_OFFSET, text, where)
            elif name == "stdio":
                for index, file in enumerate(value):
                    if file is not None:
                        self.put_file_at(base + NOW_SIZE + index * FILE_SIZE, file, where)
            elif name in NOW:
                offset, fmt = NOW[name]
                self.put_number(base + offset, fmt, value, where)
            else:
                raise EventError("E302", f"there is no member {where}")

    def put_file_at(self, base: int, file: Mapping[str, int | Text], of: str) -> None:
        for name, value in {"flags": FILE_KNOWN, **file}.items():
            where = f"{of}.{name}"
            if name == "path":
                self.put_text(base + FILE_PATH_OFFSET, value, where)
            elif name in FILE_ADDRESSES:
                packed = _address(value, where)
                start = base + FILE_ADDRESSES[name]
                self.data[start : start + len(packed)] = packed
            elif name in FILE:
                offset, fmt = FILE[name]
                words = _FILE_WORDS.get(name)
                number = words.get(value, value) if words is not None and isinstance(value, str) else value
                self.put_number(base + offset, fmt, number, where)
            else:
                raise EventError("E302", f"there is no member {where}")

    def put_header(self, header: Mapping[str, int | Text]) -> None:
        event = self.event
        call = next((call for call in event.syscalls if call.x86_64 is not None), None)
        numbers: dict[str, int | Text] = {
            "flags": self.flags,
            "loginuid": UNSET_ID,
            "syscall": NO_SYSCALL if call is None or call.x86_64 is None else call.x86_64,
            **header,
        }
        cwd = numbers.pop("cwd", None)
        comm = _bytes(numbers.pop("comm", b""), f"{event.name}.comm")
        for name, value in numbers.items():
            where = f"{event.name}.{name}"
            if name not in HEADER or name in {"len", "type", "absent"}:
                raise EventError("E302", f"the header has no member {name!r} to set")
            self.put_number(*HEADER[name], value, where)
        if len(comm) >= COMM_LEN:
            raise EventError("E303", f"{event.name}.comm is longer than {COMM_LEN - 1} bytes")
        self.data[COMM_OFFSET : COMM_OFFSET + len(comm)] = comm
        if cwd is not None:
            self.put_text(CWD_OFFSET, cwd, f"{event.name}.cwd")

    def finish(self) -> bytes:
        for name, value in (("len", len(self.data)), ("type", self.event.code), ("absent", self.absent)):
            self.put_number(*HEADER[name], value, name)
        return bytes(self.data)


def _bytes(value: object, where: str) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return value
    raise EventError("E303", f"{where} is text, not {value!r}")


def _address(value: object, where: str) -> bytes:
    if isinstance(value, bytes) and len(value) in {4, 16}:
        return value
    try:
        return ip_address(str(value)).packed
    except ValueError as error:
        raise EventError("E303", f"{where} is an address, not {value!r}") from error


def sockaddr(address: str, port: int | None = None) -> bytes:
    """Return a SOCKADDR: of an IP address and port, or of a unix socket's path when there is no port."""
    if port is None:
        return bytes([FAMILIES["unix"]]) + address.encode("utf-8", "surrogateescape") + b"\0"
    packed = _address(address, "address")
    family = FAMILIES["inet" if len(packed) == 4 else "inet6"]
    return struct.pack(f"=B{len(packed)}sH", family, packed, port)


def socktuple(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    """Return the SOCKTUPLE of an IP connection, both ends as (address, port)."""
    (sip, sport), (dip, dport) = source, destination
    packed = _address(sip, "source"), _address(dip, "destination")
    size = len(packed[0])
    if len(packed[1]) != size:
        raise EventError("E303", f"{sip} and {dip} are of different families")
    family = FAMILIES["inet" if size == 4 else "inet6"]
    return struct.pack(f"=B{size}sH{size}sH", family, packed[0], sport, packed[1], dport)


def unix_tuple(source: int, destination: int, path: Text) -> bytes:
    """Return the SOCKTUPLE of a unix connection: the kernel addresses of both sockets, and the path."""
    return struct.pack("=BQQ", FAMILIES["unix"], source, destination) + _bytes(path, "path") + b"\0"


def variant(table: str, index: int, value: int) -> bytes:
    """Return a DYN value: position of its type in the variant table, then the number."""
    vtype: ValueType = VARIANTS_BY_NAME[table].rows[index][0]
    return struct.pack("=B" + _FORMATS[vtype.ctype], index, value)


__all__ = [
    "CWD_OFFSET",
    "FILE_SIZE",
    "HEADER_SIZE",
    "encode",
    "sockaddr",
    "socktuple",
    "unix_tuple",
    "variant",
]
