# SPDX-License-Identifier: Apache-2.0
"""Blocks written from records have the values of the records, for our reader and an independent one."""

from __future__ import annotations

import os
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import scapblocks
from support.core import event
from support.scapfile import section
from support.scapread import read

from tiercel._core.testing._testing import capture_block
from tiercel.schema.events import EVENTS
from tiercel.schema.layout import layout
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.syscalls import own_rows
from tiercel.schema.types import Event, Param, T

ROWS = tuple(row for row in EVENTS if not row.internal and not row.is_own)
NAMED = tuple(row for row in ROWS if len({param.name for param in row.params}) == len(row.params))
OFFSET = 1_700_000_000_000_000_000

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
_BYTES = st.binary(min_size=1, max_size=40)


def values(param: Param) -> st.SearchStrategy[Any]:
    """Return a valid value for the param."""
    if param.type in (T.CHARBUF, T.FSPATH, T.FSRELPATH):
        return _TEXTS
    if param.type is T.IPV4ADDR:
        return st.binary(min_size=4, max_size=4)
    if param.type is T.IPV6ADDR:
        return st.binary(min_size=16, max_size=16)
    if param.type.is_ref:
        return _BYTES
    bits = 8 * param.type.size
    return (
        st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
        if param.type.kind == "int"
        else st.integers(0, (1 << bits) - 1)
    )


def expected(param: Param, value: Any) -> bytes:
    """Return the bytes of a param in a capture."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, bytes):
        return value
    assert isinstance(value, int)
    return (value & (1 << 8 * param.type.size) - 1).to_bytes(param.type.size, "little")


@pytest.mark.parametrize("row", NAMED, ids=lambda row: row.ident)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_params_come_back(row: Event, data: st.DataObject) -> None:
    given_values = {param.name: data.draw(st.none() | values(param), param.name) for param in row.params}
    record = bytearray(event(row.name, given_values, header={"tid": 77, "cpu": 3}))
    struct.pack_into("=H", record, 4, row.code)  # either of two events with one name
    block = capture_block(bytes(record), unix_offset_ns=OFFSET)
    wanted = tuple(expected(param, given_values[param.name]) for param in row.params)
    assert scapblocks.event(block) == (OFFSET + 9_000_000_000, 77, row.code, 3, 0, wanted)
    (_, (kind, found)) = read(section() + block)
    assert kind == "event"
    assert found == (OFFSET + 9_000_000_000, 77, row.code, 3, 0, wanted)


@pytest.mark.parametrize(("row", "code", "native"), list(own_rows()), ids=lambda cell: getattr(cell, "ident", ""))
def test_event_that_falco_lacks_is_its_call(row: Event, code: int, native: int) -> None:
    block = capture_block(event(row.name, {}, header={"tid": 77, "cpu": 3}), unix_offset_ns=OFFSET)
    params = (code.to_bytes(2, "little"), native.to_bytes(2, "little"))
    assert scapblocks.event(block) == (OFFSET + 9_000_000_000, 77, EVENT_BY_NAME["syscall"].code, 3, 0, params)
    (_, (kind, found)) = read(section() + block)
    assert (kind, found[2], found[5]) == ("event", EVENT_BY_NAME["syscall"].code, params)


def test_flags_make_another_kind_of_block() -> None:
    block = capture_block(event("close", {"res": 0, "fd": 3}), flags=1)
    assert scapblocks.kind(block) == scapblocks.EVF_V2
    assert scapblocks.event(block)[4] == 1


def test_a_path_is_what_was_passed_and_else_what_the_kernel_found() -> None:
    both = {"name": "link", "base": "/tmp", "real": "/etc/passwd"}
    place = [param.name for param in EVENT_BY_NAME["openat"].params].index("name")
    assert scapblocks.event(capture_block(event("openat", {"name": both})))[5][place] == b"link\0"
    real = {"name": None, "base": None, "real": "/etc/passwd"}
    assert scapblocks.event(capture_block(event("openat", {"name": real})))[5][place] == b"/etc/passwd\0"


def test_an_event_that_is_too_long_for_an_ordinary_block_goes_into_a_large_one() -> None:
    data = os.urandom(28_000)
    record = event("write", {"res": 28_000, "data": data, "fd": 1, "size": 28_000})
    assert scapblocks.kind(capture_block(record)) == scapblocks.EV_V2
    long = bytearray(event("execve", {}))
    # Longer than the probe allows: args and env of 60,000 bytes in one record would overlap.
    length = 65_535
    long += b"A" * (length - len(long))
    struct.pack_into("=I", long, 0, length)
    for name in ("args", "env"):
        at = layout(EVENT_BY_NAME["execve"]).offset(name)
        struct.pack_into("=HH", long, at, 500, 60_000)
        _present(long, "execve", name)
    block = capture_block(bytes(long), size=1 << 18)
    assert scapblocks.kind(block) == scapblocks.EV_V2_LARGE
    params = scapblocks.event(block)[5]
    names = [param.name for param in EVENT_BY_NAME["execve"].params]
    assert len(params[names.index("args")]) == len(params[names.index("env")]) == 60_000


def test_what_has_no_room_is_not_written() -> None:
    record = event("write", {"res": 3, "data": b"abc", "fd": 1, "size": 3})
    whole = capture_block(record)
    assert capture_block(record, size=len(whole) + 3) == whole
    assert capture_block(record, size=len(whole) - 4) == b""


def _present(record: bytearray, name: str, param: str) -> None:
    place = [row.name for row in EVENT_BY_NAME[name].params].index(param)
    (absent,) = struct.unpack_from("=I", record, 72)
    struct.pack_into("=I", record, 72, absent & ~(1 << place))
