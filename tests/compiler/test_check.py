# SPDX-License-Identifier: Apache-2.0
"""Types of checks."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from support.compiling import Passes, codes_of, show

from tiercel.compiler import constants
from tiercel.compiler.constants import UnfitError, convert
from tiercel.compiler.nodes import Const, Failed, Leaf
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.types import T, ValueType


@pytest.mark.parametrize(
    ("condition", "operand"),
    [
        ("proc.name = a", (b"a",)),
        ("proc.name = ''", (b"",)),
        ("proc.name = caf\xe9", ("café".encode(),)),
        ("proc.name = '\\xff'", (b"\xff",)),
        ("proc.name in (b, a, b)", (b"a", b"b")),
        ("proc.name in a", (b"a",)),
        ("proc.name in (a)", (b"a",)),
        ("fd.name pmatch (/b, /a)", (b"/a", b"/b")),
        ("fd.num = 3", (3,)),
        ("fd.num = '3'", (3,)),
        ("fd.num > -1", (-1,)),
        ("user.uid = -1", (2**32 - 1,)),
        ("fd.num in (2, 10, 1)", (1, 2, 10)),
        ("evt.is_open_write = true", (1,)),
        ("evt.is_open_write = false", (0,)),
        ("fd.sport = 443", (443,)),
        ("fd.sport = https", (443,)),
        ("fd.sip = 10.0.0.1", ((b"\n\0\0\1", 32),)),
        ("fd.sip = ::1", ((bytes(15) + b"\1", 128),)),
        ("fd.net = 10.1.2.3/8", ((b"\n\0\0\0", 8),)),
        ("fd.net = fd00::7/8", ((b"\xfd" + bytes(15), 8),)),
        ("proc.name exists", ()),
    ],
)
def test_operands(condition: str, operand: tuple[Any, ...]) -> None:
    leaf = Passes().check(condition)
    assert isinstance(leaf, Leaf)
    assert leaf.check.operand == operand


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("fd.num startswith 1", "E203"),
        ("evt.is_open_write < 1", "E203"),
        ("fd.sip contains 1", "E203"),
        ("fd.num pmatch (1)", "E203"),
        ("fd.num = x", "E204"),
        ("fd.num = ''", "E204"),
        ("fd.num = 0x10", "E204"),
        ("fd.num > 1.5", "E204"),
        ("user.uid = 4294967296", "E204"),
        ("fd.num = 9223372036854775808", "E204"),
        ("evt.is_open_write = yes", "E204"),
        ("evt.is_open_write = 1", "E204"),
        ("fd.sip = 300.1.1.1", "E204"),
        ("fd.sip = localhost", "E204"),
        ("fd.sip = 10.0.0.0/8", "E204"),
        ("fd.net = 10.0.0.1", "E204"),
        ("fd.net = 10.0.0.0/33", "E204"),
        ("fd.net = 10.0.0.0/x", "E204"),
        ("fd.sport = no-such-service", "E204"),
        ("fd.sport = 65536", "E204"),
        ("proc.name = 'a\\x00b'", "E204"),
        (f"proc.name = {'x' * 256}", "E145"),
        ("evt.type = opne", "E208"),
        ("evt.type in (open, opne)", "E208"),
        ("evt.type != opne", "E208"),
        ("proc.name regex x", "E212"),
        ("proc.name iglob x", "E212"),
        ("proc.aname = oneof (a, b)", "E214"),
    ],
)
def test_refused(condition: str, code: str) -> None:
    assert codes_of(Passes().check(condition)) == [code]


def test_all_wrong_items_of_a_list_are_reported() -> None:
    assert codes_of(Passes().check("fd.sport in (1, x-y, 2, z-z)")) == ["E204", "E204"]


def test_every_operator_on_every_kind() -> None:
    """A row's ``kinds`` decide, and nothing else."""
    samples = {"str": "a", "bytes": "a", "int": "1", "uint": "1", "bool": "true", "ip": "::1", "net": "::/0"}
    by_kind = {row.type.kind: row for row in FIELDS if row.arg in {"none", "optional_index"} and row.name != "evt.type"}
    assert by_kind.keys() >= {"str", "int", "uint", "bool", "ip", "net"}
    for kind, row in by_kind.items():
        for operator in OPERATORS:
            numeric = operator.name in {"<", "<=", ">", ">="}
            value = "1" if numeric else samples[kind]
            right = {"none": "", "list": f"({value})", "scalar": value}[operator.operand]
            result = Passes().check(f"{row.name} {operator.name} {right}")
            assert isinstance(result, Failed) is (kind not in operator.kinds), (row.name, operator.name)


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("proc.name contains anyof (a, b)", "(proc.name contains a or proc.name contains b)"),
        ("proc.name != allof (a, b)", "(proc.name != a and proc.name != b)"),
        ("proc.name = anyof (a)", "proc.name = a"),
        ("proc.name = anyof a", "proc.name = a"),
        ("proc.name = oneof ()", "false"),
        ("proc.name = allof ()", "false"),
        ("proc.aname[1] = anyof (a, b)", "(proc.aname[1] = a or proc.aname[1] = b)"),
    ],
)
def test_modifiers(condition: str, tree: str) -> None:
    assert show(Passes().check(condition)) == tree


def test_equal_checks_are_one_leaf() -> None:
    tree = Passes().check("proc.name in (a, b) or proc.name in (b, a) or proc.name == c or proc.name = 'c'")
    first, second, third, fourth = tree.terms
    assert first is second
    assert third is fourth


def test_known_services_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> int:
        raise OSError

    monkeypatch.setattr(socket, "getservbyname", nothing)
    assert convert(b"http", T.PORT) == 80
    with pytest.raises(UnfitError):
        convert(b"whois", T.PORT)
    assert constants.MAX_CONSTANT == 255


@pytest.mark.parametrize(
    ("type_", "low", "high"),
    [(T.INT8, -128, 127), (T.UINT8, 0, 255), (T.INT64, -(2**63), 2**63 - 1), (T.PORT, 0, 65535)],
)
def test_ranges(type_: ValueType, low: int, high: int) -> None:
    assert convert(str(low).encode(), type_) == low
    assert convert(str(high).encode(), type_) == high
    with pytest.raises(UnfitError):
        convert(str(high + 1).encode(), type_)


def test_const_has_no_field() -> None:
    assert isinstance(Passes().check("proc.name glob allof ()"), Const)
