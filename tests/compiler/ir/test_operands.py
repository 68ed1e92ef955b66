# SPDX-License-Identifier: Apache-2.0
"""Constants as operands of each type; what the reference says, and what Falco's library was seen to do."""

from __future__ import annotations

import ctypes
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Passes, codes_of

from tiercel.compiler.ir import operands as constants
from tiercel.compiler.ir.operands import UnfitError, convert, narrowed
from tiercel.schema.operators import OPERATORS
from tiercel.schema.types import T, ValueType

TYPES = {name: value for name, value in vars(T).items() if isinstance(value, ValueType)}


@pytest.mark.parametrize(
    ("type_", "low", "high"),
    [
        (T.INT8, -128, 127),
        (T.UINT8, 0, 255),
        (T.INT16, -(2**15), 2**15 - 1),
        (T.UINT16, 0, 65535),
        (T.INT32, -(2**31), 2**31 - 1),
        (T.UINT32, 0, 2**32 - 1),
        (T.INT64, -(2**63), 2**63 - 1),
        (T.UINT64, 0, 2**64 - 1),
        (T.PORT, 0, 65535),
    ],
)
def test_ranges(type_: ValueType, low: int, high: int) -> None:
    for number in (low, high, 7):
        assert convert(str(number).encode(), type_) == number
        assert narrowed(str(number).encode(), type_) is None


@pytest.mark.parametrize(
    ("data", "type_", "number"),
    [
        (b"+5", T.INT32, 5),
        (b" \t5", T.INT32, 5),
        (b"007", T.UINT8, 7),
        (b"-1", T.UINT8, 255),
        (b"-1", T.UID, 2**32 - 1),
        (b"-1", T.UINT64, 2**64 - 1),
        (b"-0", T.UINT64, 0),
        (b"-2", T.FD, -2),
        (b"true", T.BOOL, 1),
        (b"false", T.BOOL, 0),
        (b"1", T.DOUBLE, 1.0),
        (b"-3", T.DOUBLE, -3.0),
        (b"1000000000", T.RELTIME, 10**9),
        (b"1700000000000000000", T.ABSTIME, 17 * 10**17),
        (b"", T.PORT, 0),
        (b"0443", T.PORT, 443),
        (b"http", T.PORT, 80),
        (b"9", T.SIGTYPE, 9),
        (b"420", T.MODE, 0o644),
    ],
)
def test_numbers(data: bytes, type_: ValueType, number: float) -> None:
    assert convert(data, type_) == number
    assert narrowed(data, type_) is None


@pytest.mark.parametrize(
    ("data", "type_", "number"),
    [
        (b"256", T.UINT8, 0),
        (b"300", T.FLAGS8, 44),
        (b"128", T.INT8, -128),
        (b"65536", T.PORT, 0),
        (b"70000", T.PORT, 4464),
        (b"4294967296", T.UID, 0),
        (b"2147483648", T.INT32, -(2**31)),
        (b"9223372036854775808", T.FD, 2**63 - 1),
        (b"-9223372036854775809", T.FD, -(2**63)),
        (b"18446744073709551616", T.UINT64, 2**64 - 1),
        (b"18446744073709551616", T.UINT32, 2**32 - 1),
        (b"-18446744073709551617", T.UINT64, 2**64 - 1),
        (b"-200", T.UINT8, 56),
        (b"4294967297", T.DOUBLE, 1.0),
    ],
)
def test_numbers_that_their_type_has_no_room_for(data: bytes, type_: ValueType, number: float) -> None:
    """They are read as Falco's scanner reads them, and a lint can detect that."""
    assert convert(data, type_) == number
    assert narrowed(data, type_) == number


LIBC = ctypes.CDLL(None)


@given(st.from_regex(r"[ \t]?[+-]?[0-9]{1,25}", fullmatch=True))
def test_numbers_are_read_as_by_the_c_library(text: str) -> None:
    for type_, form, cell in (
        (T.INT32, b"%d", ctypes.c_int32),
        (T.UINT32, b"%u", ctypes.c_uint32),
        (T.INT64, b"%ld", ctypes.c_int64),
        (T.UINT64, b"%lu", ctypes.c_uint64),
    ):
        found = cell()
        assert LIBC.sscanf(text.encode(), form, ctypes.byref(found)) == 1
        assert convert(text.encode(), type_) == found.value


@pytest.mark.parametrize("type_", [T.INT8, T.UINT64, T.FD, T.DOUBLE, T.ABSTIME], ids=lambda type_: type_.name)
@pytest.mark.parametrize("data", [b"", b" ", b"x", b"1x", b"1 ", b"0x10", b"1.5", b"1e3", b"--1", b"1_0", "٣".encode()])
def test_what_is_no_number(data: bytes, type_: ValueType) -> None:
    with pytest.raises(UnfitError, match="whole decimal"):
        convert(data, type_)
    assert narrowed(data, type_) is None


@pytest.mark.parametrize("data", [b"-1", b"+80", b" 80", b"0x50", b"80.0", b"no-such-service", b"2147483648", b"\xff"])
def test_what_is_no_port(data: bytes) -> None:
    with pytest.raises(UnfitError):
        convert(data, T.PORT)


def test_known_services_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> int:
        raise OSError

    monkeypatch.setattr(socket, "getservbyname", nothing)
    assert convert(b"https", T.PORT) == 443
    with pytest.raises(UnfitError, match="name of a service"):
        convert(b"in-house", T.PORT)
    monkeypatch.setattr(socket, "getservbyname", {"in-house": 7007, "https": 1}.__getitem__)
    assert convert(b"in-house", T.PORT) == 7007
    assert convert(b"https", T.PORT) == 443


@pytest.mark.parametrize("data", [b"", b"1", b"0", b"True", b"TRUE", b"yes", b" true"])
def test_what_is_no_truth(data: bytes) -> None:
    with pytest.raises(UnfitError, match="`true` or `false`"):
        convert(data, T.BOOL)


V6 = b"\xfd" + bytes(14) + b"\1"


@pytest.mark.parametrize(
    ("data", "type_", "operand"),
    [
        (b"10.0.0.1", T.IPADDR, (b"\n\0\0\1", 32)),
        (b"fd00::1", T.IPADDR, (V6, 128)),
        (b"10.1.2.3/8", T.IPNET, (b"\n\0\0\0", 8)),
        (b"10.1.2.3/32", T.IPNET, (b"\n\1\2\3", 32)),
        (b"10.1.2.3/0", T.IPNET, (bytes(4), 0)),
        (b"10.0.0.0/08", T.IPNET, (b"\n\0\0\0", 8)),
        (b"fd00::1/128", T.IPNET, (V6, 128)),
        (b"fd00::1/7", T.IPNET, (b"\xfc" + bytes(15), 7)),
    ],
)
def test_addresses_and_networks(data: bytes, type_: ValueType, operand: tuple[bytes, int]) -> None:
    assert convert(data, type_) == operand


@pytest.mark.parametrize(
    "data", [b"", b"localhost", b"300.1.1.1", b"10.0.0", b"10.0.0.1:80", b"::g", b"10.0.0.0/8", b"\xff"]
)
def test_what_is_no_address(data: bytes) -> None:
    with pytest.raises(UnfitError, match="IPv4 address"):
        convert(data, T.IPADDR)


def test_ipv4_written_as_ipv6() -> None:
    with pytest.raises(UnfitError, match=r"write `10\.0\.0\.1`"):
        convert(b"::ffff:10.0.0.1", T.IPADDR)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"10.0.0.1", "a prefix length"),
        (b"10.0.0.0/33", "from 0 to 32"),
        (b"10.0.0.0/", "from 0 to 32"),
        (b"10.0.0.0/x", "from 0 to 32"),
        (b"10.0.0.0/8/9", "from 0 to 32"),
        (b"::/0", "from 1 to 128"),
        (b"::1/129", "from 1 to 128"),
        (b"/8", "IPv6 address"),
    ],
)
def test_what_is_no_network(data: bytes, hint: str) -> None:
    with pytest.raises(UnfitError, match=hint):
        convert(data, T.IPNET)


@pytest.mark.parametrize(
    ("data", "operator", "operand"),
    [
        (b"a\0b", "=", b"a\0b"),
        (b"6162", "contains", b"6162"),
        (b"6162", "bcontains", b"ab"),
        (b"7f454C46", "bstartswith", b"\x7fELF"),
        (b"", "bcontains", b""),
    ],
)
def test_bytes(data: bytes, operator: str, operand: bytes) -> None:
    assert convert(data, T.BYTEBUF, operator) == operand


@pytest.mark.parametrize("data", [b"6", b"616", b"6g", b"61 62", b" 6162 ", b"0x61", b"\0", b"\\x61"])
def test_what_is_not_hexadecimal(data: bytes) -> None:
    with pytest.raises(UnfitError, match="two digits") as caught:
        convert(data, T.BYTEBUF, "bcontains")
    assert caught.value.code == "E281"


def test_zero_bytes_are_for_bytes_alone() -> None:
    for name, type_ in TYPES.items():
        if type_.kind != "bytes":
            with pytest.raises(UnfitError):
                convert(b"1\0", type_)
        else:
            assert convert(b"1\0", type_) == b"1\0", name


def test_every_kind_has_a_word() -> None:
    kinds = {kind for row in OPERATORS for kind in row.kinds}
    assert constants.KIND_WORDS.keys() == kinds == {type_.kind for type_ in TYPES.values()}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("fd.num = '1\\x00'", "E204"),
        ("fd.sport = 1.5", "E204"),
        ("thread.cpu = 1.0", "E204"),
        ("evt.buffer bcontains 616", "E281"),
        ("evt.buffer bstartswith anyof (61, '0x61')", "E281"),
        ("evt.buffer bcontains '\\x00'", "E281"),
        ("proc.name regex '('", "E280"),
    ],
)
def test_what_conditions_report(condition: str, code: str) -> None:
    found: Any = Passes().check(condition)
    assert codes_of(found) == [code]
