# SPDX-License-Identifier: Apache-2.0
"""Every operator on every kind of value that it compares."""

from __future__ import annotations

import ctypes
import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.core import checking, holds
from support.core import given as evaluate
from support.examples import examples

from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.testing import _testing
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS

TEXT = "proc.name"


def address(text: str) -> tuple[bytes, int]:
    packed = ip_address(text).packed
    return packed, 8 * len(packed)


def network(text: str) -> tuple[bytes, int]:
    net = ip_network(text)
    return net.network_address.packed, net.prefixlen


@pytest.mark.parametrize(
    ("op", "value", "operand", "expected"),
    [
        ("eq", "bash", b"bash", True),
        ("eq", "bash", b"bas", False),
        ("eq", "", b"", True),
        ("eq", "a\0b", b"a", True),  # a text ends at its first zero byte
        ("ne", "bash", b"sh", True),
        ("ne", "bash", b"bash", False),
        ("contains", "bash", b"as", True),
        ("contains", "bash", b"", True),
        ("contains", "bash", b"sb", False),
        ("contains", "a", b"ab", False),
        ("icontains", "BaSh", b"aS", True),
        ("icontains", "BaSh", b"ASH", True),
        ("icontains", "bash", b"bashh", False),
        ("icontains", "Ä", "ä".encode(), False),  # only ASCII letters have a case
        ("startswith", "bash", b"ba", True),
        ("startswith", "bash", b"", True),
        ("startswith", "bash", b"as", False),
        ("startswith", "b", b"ba", False),
        ("endswith", "bash", b"sh", True),
        ("endswith", "bash", b"", True),
        ("endswith", "bash", b"as", False),
        ("endswith", "h", b"sh", False),
        ("glob", "/usr/bin/python3", b"/usr/*/python?", True),
        ("glob", "/usr/bin/python3", b"/usr/*/python", False),
        ("glob", "", b"*", True),
        ("glob", "", b"?", False),
        ("glob", "", b"", True),
        ("glob", "a", b"A", False),
        ("iglob", "/usr/bin/Python3", b"/USR/*/python?", True),
        ("iglob", "/usr/bin/Python3", b"/USR/*/ruby?", False),
        ("iglob", "Ä", "ä".encode(), False),
        ("iglob", "", b"", True),
    ],
)
def test_text_with_one_operand(op: str, value: str, operand: bytes, expected: bool) -> None:
    assert holds(TEXT, op, operand, value=value) is expected


@pytest.mark.parametrize(
    ("op", "value", "operand", "expected"),
    [
        (op, value, operand, expected)
        for field_values in [((1, 2), (2, 2), (3, 2))]
        for op, results in {
            "eq": (False, True, False),
            "ne": (True, False, True),
            "lt": (True, False, False),
            "le": (True, True, False),
            "gt": (False, False, True),
            "ge": (False, True, True),
        }.items()
        for (value, operand), expected in zip(field_values, results, strict=True)
    ],
)
@pytest.mark.parametrize("field", ["evt.num", "evt.rawres"])
def test_numbers(field: str, op: str, value: int, operand: int, expected: bool) -> None:
    assert holds(field, op, operand, value=value) is expected


def test_signs_of_numbers() -> None:
    assert holds("evt.rawres", "lt", 0, value=-13)
    assert holds("evt.rawres", "eq", -(2**63), value=-(2**63))
    assert holds("evt.num", "gt", 2**63, value=2**64 - 1)
    assert holds("evt.num", "eq", -1, value=2**64 - 1)  # negative constants of unsigned fields wrap


@pytest.mark.parametrize(
    ("value", "operand", "order"),
    [
        (b"a", b"b", -1),
        (b"b", b"a", 1),
        (b"a", b"a", 0),
        (b"", b"", 0),
        (b"", b"a", -1),
        (b"a", b"ab", -1),
        (b"ab", b"b", -1),
        (b"Z", b"a", -1),  # bytes, not letters
        (b"\xff", b"a", 1),  # unsigned
        (b"10", b"9", -1),
    ],
)
def test_texts_are_ordered_by_their_bytes(value: bytes, operand: bytes, order: int) -> None:
    for op, orders in {"lt": {-1}, "le": {-1, 0}, "gt": {1}, "ge": {0, 1}, "eq": {0}, "ne": {-1, 1}}.items():
        assert holds(TEXT, op, operand, value=value) is (order in orders)


@pytest.mark.parametrize(
    ("value", "operand", "order"),
    [(1.5, 2, -1), (2.0, 2, 0), (2.5, 2, 1), (-0.0, 0, 0), (-1.5, -1, -1), (1e300, 1, 1), (float("inf"), 1, 1)],
)
def test_fractions(value: float, operand: float, order: int) -> None:
    for op, orders in {"lt": {-1}, "le": {-1, 0}, "gt": {1}, "ge": {0, 1}, "eq": {0}, "ne": {-1, 1}}.items():
        assert _testing.compare(op, "double", value, operand) is (order in orders)
    for many in ((), (7, 8, 9, 10, 11)):
        assert _testing.compare("in", "double", value, operand, *many) is (order == 0)
        assert _testing.compare("intersects", "double", value, operand, *many) is (order == 0)


@pytest.mark.parametrize("op", ["eq", "lt", "le", "gt", "ge", "in", "intersects"])
def test_what_is_not_a_number_is_equal_to_none(op: str) -> None:
    assert not _testing.compare(op, "double", float("nan"), float("nan"))
    assert _testing.compare("ne", "double", float("nan"), float("nan"))


@pytest.mark.parametrize(
    ("op", "value", "operand", "expected"),
    [
        ("eq", b"a\0b", b"a\0b", True),  # a NUL byte is a byte like others
        ("eq", b"a\0b", b"a", False),
        ("ne", b"a\0b", b"a", True),
        ("contains", b"a\0bc", b"\0b", True),
        ("contains", b"a\0bc", b"", True),
        ("contains", b"", b"a", False),
        ("startswith", b"a\0bc", b"a\0", True),
        ("startswith", b"a\0bc", b"a\1", False),
        ("endswith", b"a\0bc", b"\0bc", True),
        ("endswith", b"", b"", True),
        ("bcontains", b"a\0bc", b"\0b", True),
        ("bcontains", b"a\0bc", b"b\0", False),
        ("bstartswith", b"\x7fELF\2", b"\x7fELF", True),
        ("bstartswith", b"\x7fELF\2", b"ELF", False),
        ("bstartswith", b"", b"a", False),
        ("in", b"a\0b", b"a\0b", True),
        ("intersects", b"a\0b", b"a", False),
    ],
)
def test_bytes(op: str, value: bytes, operand: bytes, expected: bool) -> None:
    assert _testing.compare(op, "bytes", value, operand) is expected


@pytest.mark.parametrize(("value", "operand"), [(True, 1), (True, 0), (False, 1), (False, 0)])
def test_bools(value: bool, operand: int) -> None:
    assert holds("evt.failed", "eq", operand, value=value) is (value == bool(operand))
    assert holds("evt.failed", "ne", operand, value=value) is (value != bool(operand))
    assert holds("evt.failed", "in", operand, value=value) is (value == bool(operand))
    assert holds("evt.failed", "intersects", operand, value=value) is (value == bool(operand))


@pytest.mark.parametrize(
    ("value", "operand", "expected"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("::1", "::1", True),
        ("::1", "::2", False),
        ("0.0.0.0", "::", False),  # the families differ
        ("::", "0.0.0.0", False),
    ],
)
def test_addresses(value: str, operand: str, expected: bool) -> None:
    assert holds("fd.sip", "eq", address(operand), value=value) is expected
    assert holds("fd.sip", "ne", address(operand), value=value) is not expected
    assert holds("fd.sip", "in", address(operand), value=value) is expected
    many = [address(f"192.0.2.{n}") for n in range(9)]
    assert holds("fd.sip", "in", *many, address(operand), value=value) is expected
    assert holds("fd.sip", "intersects", *many, address(operand), value=value) is expected


@pytest.mark.parametrize(
    ("value", "net", "expected"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("172.31.0.1", "172.16.0.0/12", True),
        ("172.32.0.1", "172.16.0.0/12", False),
        ("192.0.2.1", "0.0.0.0/0", True),
        ("192.0.2.1", "192.0.2.1/32", True),
        ("192.0.2.2", "192.0.2.1/32", False),
        ("2001:db8::1", "2001:db8::/33", True),
        ("2001:db8:8000::1", "2001:db8::/33", False),
        ("10.0.0.1", "::/0", False),
        ("::1", "0.0.0.0/0", False),
    ],
)
def test_networks(value: str, net: str, expected: bool) -> None:
    assert holds("fd.net", "eq", network(net), value=value) is expected
    assert holds("fd.net", "ne", network(net), value=value) is not expected
    others = [network(f"198.51.100.{n}/32") for n in range(9)]
    assert holds("fd.net", "in", *others, network(net), value=value) is expected
    assert holds("fd.net", "intersects", *others, network(net), value=value) is expected


@pytest.mark.parametrize("op", ["in", "intersects"])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 100])
def test_in_finds_each_and_nothing_else(op: str, count: int) -> None:
    words = [b"word%d" % number for number in range(count)]
    for word in words:
        assert holds(TEXT, op, *words, value=word)
    for other in (b"", b"word", b"word%d" % count, b"x" * 300):
        assert not holds(TEXT, op, *words, value=other)
    numbers = [7 * number for number in range(count)]
    for number in numbers:
        assert holds("evt.num", op, *numbers, value=number)
        assert holds("evt.rawres", op, *[-number for number in numbers], value=-number)
    assert not holds("evt.num", op, *numbers, value=3)


SAMPLES = {
    "str": b"x",
    "bytes": b"x",
    "uint": 1,
    "int": 1,
    "bool": 1,
    "double": 1.5,
    "ip": address("::1"),
    "net": network("::1/128"),
}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda row: row.symbol)
def test_a_missing_value_is_false_under_every_operator(operator) -> None:
    fields = {row.type.kind: row.name for row in FIELDS if row.arg == "none"}
    for kind in operator.kinds & fields.keys():
        operand = () if operator.operand == "none" else (SAMPLES[kind],)
        assert not holds(fields[kind], operator.symbol, *operand, value=None)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda row: row.symbol)
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_value_against_itself(operator, kind) -> None:
    if kind in operator.kinds:
        operand = () if operator.operand == "none" else (SAMPLES[kind],)
        assert _testing.compare(operator.symbol, kind, SAMPLES[kind], *operand) is (
            operator.symbol not in {"ne", "lt", "gt"}
        )


def test_which_kinds_an_operator_compares() -> None:
    """The reference's table (rule-language.md, 5.2)."""
    kinds = {row.name: row.kinds for row in OPERATORS}
    numbers = {"int", "uint", "double"}
    for name in ("=", "!=", "in", "intersects", "exists"):
        assert kinds.pop(name) == {*numbers, "bool", "str", "bytes", "ip", "net"}
    for name in ("<", "<=", ">", ">="):
        assert kinds.pop(name) == {*numbers, "str"}
    for name in ("contains", "startswith", "endswith"):
        assert kinds.pop(name) == {"str", "bytes"}
    for name in ("bcontains", "bstartswith"):
        assert kinds.pop(name) == {"bytes"}
    assert kinds.keys() >= {"icontains", "glob", "iglob", "pmatch"}
    assert all(rest == {"str"} for rest in kinds.values())
    assert {row.name for row in OPERATORS if row.lists} == {"in", "intersects", "exists"}


def test_exists() -> None:
    assert holds(TEXT, "exists", value="")
    assert holds("evt.num", "exists", value=0)
    assert not holds(TEXT, "exists", value=None)


# --- Several values ---------------------------------------------------------------------------------------------------


def test_any_ancestor() -> None:
    assert holds("proc.aname", "eq", b"sshd", value=["bash", "sshd", "init"])
    assert not holds("proc.aname", "eq", b"cron", value=["bash", "sshd", "init"])
    # "some ancestor differs", not "no ancestor is"
    assert holds("proc.aname", "ne", b"sshd", value=["bash", "sshd"])
    assert not holds("proc.aname", "ne", b"sshd", value=["sshd"])
    assert not holds("proc.aname", "ne", b"sshd", value=[])
    assert holds("proc.aname", "startswith", b"ss", value=["bash", "sshd"])
    assert holds("proc.apid", "in", 1, 2, value=[7, 2])
    assert not holds("proc.apid", "lt", 2, value=[7, 2])
    assert holds("proc.aname", "exists", value=["a"])


def test_both_ends_of_a_connection() -> None:
    ends = ["10.0.0.1", "10.0.0.2"]
    for end in ends:
        assert holds("fd.ip", "eq", address(end), value=ends)
        assert not holds("fd.ip", "ne", address(end), value=ends)
    assert holds("fd.ip", "ne", address("10.0.0.3"), value=ends)
    assert not holds("fd.ip", "ne", address("10.0.0.3"), value=[])
    assert holds("fd.net", "eq", network("10.0.0.2/32"), value=ends)
    assert not holds("fd.net", "ne", network("10.0.0.2/32"), value=ends)
    assert holds("fd.net", "ne", network("10.0.0.4/32"), value=ends)
    assert holds("fd.port", "lt", 1024, value=[40000, 80])
    assert not holds("fd.port", "ne", 80, value=[40000, 80])
    assert holds("fd.port", "ne", 443, value=[40000, 80])


# --- Patterns ---------------------------------------------------------------------------------------------------------

LIBC = ctypes.CDLL(None)


def some_text(characters: str, max_size: int) -> st.SearchStrategy[bytes]:
    """Texts of the characters; `st.text` takes a third of the time of `st.lists`."""
    return st.text(characters, max_size=max_size).map(str.encode)


def has_open_range(pattern: bytes) -> bool:
    """Return true if the pattern may end in a range without an end, as in "[a-".

    The C library matches nothing with such a pattern; this matcher takes each of its characters as it is.
    """
    return b"[" in pattern and pattern.endswith(b"-")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (b"[a-c]x", b"bx", True),
        (b"[!a-c]x", b"bx", False),
        (b"[^a-c]x", b"dx", True),
        (b"[]]", b"]", True),
        (b"[!]]", b"]", False),
        (b"[[:digit:]]*", b"7up", True),
        (b"[[:nosuch:]]", b"n", False),
        (b"\\*", b"*", True),
        (b"\\*", b"a", False),
        (b"a\\", b"a\\", False),
        (b"[a", b"[a", True),
        (b"[\\]]", b"]", True),
        (b"*/*", b"/a/b", True),
        (b".*", b".hidden", True),
        (b"*", b".hidden", True),
    ],
)
def test_globs(pattern: bytes, text: bytes, expected: bool) -> None:
    assert _testing.glob(pattern, text) is expected


@settings(max_examples=examples(3000))
@given(some_text("ab-*?[]!^\\:/.x", 12), some_text("ab-]x/.[:", 8))
def test_globs_are_those_of_the_c_library(pattern: bytes, text: bytes) -> None:
    # The C library reads "[." and "[=" as the start of a character's name, which no rule uses; this matcher does not.
    assume(not any(name in pattern for name in (b"[.", b"[=", b"[:")) and not has_open_range(pattern))
    assert _testing.glob(pattern, text) is (LIBC.fnmatch(pattern, text, 0) == 0)


FNM_CASEFOLD = 16


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (b"[A-Z]x", b"qX", True),
        (b"[a-z]x", b"Qx", True),
        (b"[!A-Z]", b"q", False),
        (b"\\A[\\b]", b"aB", True),
        (b"[[:upper:]]", b"q", False),  # a class is not folded
        (b"[[:lower:]]", b"Q", False),
        (b"[a-Z]", b"m", True),  # bounds of ranges are folded
        (b"[X-a]", b"y", False),
    ],
)
def test_globs_without_case(pattern: bytes, text: bytes, expected: bool) -> None:
    assert _testing.glob(pattern, text, True) is expected


@settings(max_examples=examples(3000))
@given(some_text("aAbB-*?[]!^\\Z@_z", 12), some_text("aAbBzZ-]@_`[", 8))
def test_globs_without_case_are_those_of_the_c_library(pattern: bytes, text: bytes) -> None:
    assume(not has_open_range(pattern))
    assert _testing.glob(pattern, text, True) is (LIBC.fnmatch(pattern, text, FNM_CASEFOLD) == 0)


def test_a_pattern_of_stars_takes_polynomial_time() -> None:
    assert not _testing.glob(b"*a" * 200 + b"b", b"a" * 4000)


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        (b"/etc", b"/etc/shadow", True),
        (b"/etc/", b"/etc/shadow", True),
        (b"/etc", b"/etc", True),
        (b"/etc", b"/etcetera", False),
        (b"/etc", b"//etc//shadow/", True),
        (b"/etc/shadow", b"/etc", False),
        (b"/", b"/", True),
        (b"/", b"/anything/below", True),
        (b"/", b"relative", False),
        (b"etc", b"etc/shadow", True),
        (b"etc", b"/etc/shadow", False),
        (b"/home/*/.ssh", b"/home/me/.ssh/id", True),
        (b"/home/*/.ssh", b"/home/me/you/.ssh", False),  # a pattern does not cross a slash
        (b"/home/m?/.[st]*", b"/home/me/.ssh", True),
        (b"../\\./x", b"../\\./x/y", True),  # a backslash without another special character is literal
        (b"/\\a/*", b"/\\a/x", True),
        (b"/\\a*", b"/ab/x", True),
        (b"/\\a*", b"/\\ab/x", False),
        (b"", b"", True),
        (b"", b"a", True),
    ],
)
def test_path_prefixes(prefix: bytes, path: bytes, expected: bool) -> None:
    assert _testing.pmatch(prefix, path) is expected


def test_pmatch_takes_any_of_its_operands() -> None:
    assert holds("proc.exepath", "pmatch", b"/bin", b"/usr/*/bin", value="/usr/local/bin/x")
    assert not holds("proc.exepath", "pmatch", b"/bin", b"/sbin", value="/usr/bin/x")
    assert not holds("proc.exepath", "pmatch", value="/usr/bin/x")


@pytest.mark.shared
def test_path_prefixes_as_upstream(shared_dir: Path) -> None:
    cases = json.loads((shared_dir / "spec/vectors/utils.json").read_text())["cases"]
    cases = [case for case in cases if case["kind"] == "pmatch"]
    assert cases
    for case in cases:
        prefixes = [prefix.encode() for prefix in case["prefixes"]]
        found = any(_testing.pmatch(prefix, case["path"].encode()) for prefix in prefixes)
        assert found is case["result"], case


# --- What the constructor refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "op", "operand", "error"),
    [
        ("proc.name", "eq", (), "0 operands"),
        ("proc.name", "eq", (b"a", b"b"), "2 operands"),
        ("proc.name", "exists", (b"a",), "1 operands"),
        ("proc.name", "bcontains", (b"a",), "does not compare"),
        ("evt.failed", "lt", (1,), "does not compare"),
        ("evt.num", "contains", (1,), "does not compare"),
        ("proc.nome", "eq", (b"a",), "no field"),
        ("proc.name", "equals", (b"a",), "no operator"),
        ("fd.sip", "eq", ((b"abc", 24),), "no address"),
        ("fd.sip", "eq", ((b"abcd", 24),), "network"),
        ("fd.net", "eq", ((b"abcd", 33),), "no address"),
        ("proc.name[1]", "eq", (b"a",), "argument"),
        ("evt.arg", "eq", (b"a",), "argument"),
    ],
)
def test_inconsistent_checks_are_refused(field: str, op: str, operand: tuple, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        RuleProgram(checking(field, op, *operand))


def test_operands_of_a_wrong_type_are_refused() -> None:
    for field, operand in (("proc.name", 1), ("evt.num", b"1"), ("fd.sip", b"::1")):
        with pytest.raises((TypeError, ValueError)):
            RuleProgram(checking(field, "eq", operand))


def test_values_are_kept_apart_by_event() -> None:
    program = checking("proc.name", "eq", b"a", outputs=("proc.name",))
    assert [alert.values for alert in evaluate(program, {"proc.name": "a"})] == [("a",)]
    assert evaluate(program, {"proc.name": "b"}) == []
