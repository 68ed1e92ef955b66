# SPDX-License-Identifier: Apache-2.0
"""Records made in Python."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel.errors import EventError
from tiercel.schema import wire
from tiercel.schema.events import EVENTS
from tiercel.schema.layout import layout
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.types import Event, Param


def number(record: bytes, offset: int, fmt: str) -> int:
    (value,) = struct.unpack_from("=" + fmt, record, offset)
    assert isinstance(value, int)
    return value


def text(record: bytes, offset: int) -> bytes | None:
    start, length = struct.unpack_from("=HH", record, offset)
    return record[start : start + length] if start else None


def at(event: str, param: str) -> int:
    return layout(EVENT_BY_NAME[event]).offset(param)


def test_openat() -> None:
    record = wire.encode(
        "openat",
        {"fd": 3, "dirfd": -100, "name": {"name": "f", "base": "/tmp", "real": b"/tmp/\xff"}, "flags": 1},
        header={"tid": 7, "time_ns": 1 << 40, "comm": "cat", "cwd": "/tmp/"},
        file={"type": "file", "ino": 9, "path": "/tmp/x"},
    )
    header = {name: number(record, *member) for name, member in wire.HEADER.items()}
    assert header["len"] == len(record)
    assert header["type"] == 307
    assert header["tid"] == 7
    assert header["time_ns"] == 1 << 40
    assert header["loginuid"] == wire.UNSET_ID
    assert header["syscall"] == 257
    assert header["flags"] == 0
    # mode, dev and ino were not given.
    assert header["absent"] == 0b1110000
    assert record[wire.COMM_OFFSET :][:4] == b"cat\0"
    assert text(record, wire.CWD_OFFSET) == b"/tmp/"
    assert number(record, at("openat", "dirfd"), "q") == -100
    name = at("openat", "name")
    assert [text(record, name + 4 * i) for i in range(3)] == [b"f", b"/tmp", b"/tmp/\xff"]
    file = layout(EVENT_BY_NAME["openat"]).file_offset
    assert file is not None
    assert number(record, file, "Q") == 9
    assert number(record, file + wire.FILE["type"][0], "B") == 1
    assert number(record, file + wire.FILE["flags"][0], "I") == wire.FILE_KNOWN
    assert text(record, file + wire.FILE_PATH_OFFSET) == b"/tmp/x"


def test_absent_and_empty_text_differ() -> None:
    record = wire.encode("symlink", {"target": "", "linkpath": "/l"})
    assert text(record, at("symlink", "target")) == b""
    assert number(record, wire.HEADER["absent"][0], "I") == 1
    record = wire.encode("symlink", {"res": 0, "target": None})
    assert text(record, at("symlink", "target")) is None
    assert number(record, wire.HEADER["absent"][0], "I") == 0b110


def test_execve() -> None:
    record = wire.encode("execve", {"res": 0, "exe": "sh", "args": ["-c", b"id"]}, extra={"args_len": 5, "sid": 4})
    assert text(record, at("execve", "args")) == b"-c\0id"
    assert number(record, at("execve", "args_len"), "Q") == 5
    assert number(record, at("execve", "sid"), "q") == 4
    assert number(record, wire.HEADER["flags"][0], "H") == wire.EVF_LIFECYCLE


def test_addresses() -> None:
    assert wire.sockaddr("127.0.0.1", 80) == b"\x02\x7f\0\0\x01" + struct.pack("=H", 80)
    assert wire.sockaddr("::1", 80) == b"\x0a" + bytes(15) + b"\x01" + struct.pack("=H", 80)
    assert wire.sockaddr("/run/s") == b"\x01/run/s\0"
    assert len(wire.socktuple(("1.2.3.4", 5), ("6.7.8.9", 10))) == 13
    assert len(wire.socktuple(("::1", 5), ("::2", 10))) == 37
    assert wire.unix_tuple(1, 2, "/s") == b"\x01" + struct.pack("=QQ", 1, 2) + b"/s\0"
    assert wire.variant("ptrace_dynamic_param", 1, 9) == b"\x01\x09"
    with pytest.raises(EventError):
        wire.socktuple(("::1", 5), ("6.7.8.9", 10))


@pytest.mark.parametrize(
    ("code", "event", "values"),
    [
        ("E302", "nonesuch", {}),
        ("E302", "openat", {"params": {"nonesuch": 1}}),
        ("E302", "openat", {"params": {}, "extra": {"sid": 1}}),
        ("E302", "openat", {"params": {"name": {"nonesuch": "x"}}}),
        ("E302", "openat", {"params": {}, "header": {"nonesuch": 1}}),
        ("E302", "openat", {"params": {}, "header": {"len": 1}}),
        ("E302", "openat", {"params": {}, "file": {"nonesuch": 1}}),
        ("E302", "setuid", {"params": {}, "file": {"ino": 1}}),
        ("E303", "openat", {"params": {"fd": "3"}}),
        ("E303", "openat", {"params": {"name": 3}}),
        ("E303", "openat", {"params": {"flags": -1}}),
        ("E303", "openat", {"params": {"flags": 1 << 32}}),
        ("E303", "openat", {"params": {}, "header": {"comm": "sixteen bytes !!"}}),
        ("E303", "connect", {"params": {}, "file": {"sip": "localhost"}}),
        ("E303", "connect", {"params": {}, "file": {"type": "nonesuch"}}),
        ("E303", "execve", {"params": {"args": [1]}}),
        ("E301", "openat", {"params": {"name": "x" * 30000}}),
    ],
)
def test_refused(code: str, event: str, values: dict[str, Any]) -> None:
    with pytest.raises(EventError) as caught:
        wire.encode(event, values.pop("params", {}), **values)
    assert caught.value.code == code


def value_of(param: Param) -> st.SearchStrategy[Any]:
    if param.type.is_path:
        return st.dictionaries(st.sampled_from(["name", "base", "real"]), st.binary(max_size=60))
    if param.type.is_ref:
        return st.binary(max_size=60)
    bits = 8 * param.type.size
    signed = param.type.ctype.startswith("__s")
    return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else st.integers(0, (1 << bits) - 1)


@st.composite
def params(draw: st.DrawFn) -> tuple[Event, dict[str, Any]]:
    event = draw(st.sampled_from(EVENTS))
    return event, {param.name: draw(st.none() | value_of(param)) for param in event.params}


@given(params())
def test_every_event_is_encoded(drawn: tuple[Event, dict[str, Any]]) -> None:
    event, values = drawn
    record = wire.encode(event.name, values)
    absent = number(record, wire.HEADER["absent"][0], "I")
    for index, param in enumerate(event.params):
        value, offset = values[param.name], layout(event).offset(param.name)
        assert (absent >> index & 1) == (value is None)
        if param.type.is_path:
            forms = value or {}
            for place, form in enumerate(("name", "base", "real")):
                assert text(record, offset + 4 * place) == forms.get(form)
        elif param.type.is_ref:
            assert text(record, offset) == value
        else:
            raw = record[offset : offset + param.type.size]
            assert int.from_bytes(raw, "little", signed=param.type.ctype.startswith("__s")) == (value or 0)
