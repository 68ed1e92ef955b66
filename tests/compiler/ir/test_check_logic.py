# SPDX-License-Identifier: Apache-2.0
"""Facts about checks without an event."""

from __future__ import annotations

from itertools import product

import pytest
from support.compiling import Passes, show

from tiercel.compiler.ir.check_logic import compare
from tiercel.compiler.ir.tree import Const


@pytest.mark.parametrize(
    "condition",
    [
        "user.uid < 0",
        "user.uid > 4294967295",
        "user.uid > -1",
        "fd.num < -9223372036854775808",
        "fd.num > 9223372036854775807",
        "fd.sport > 65535",
        "len(proc.name) < 0",
        "proc.name = a and proc.name = b",
        "proc.name in (a, b) and proc.name in (c, d)",
        "proc.name = a and proc.name != a",
        "proc.name = a and not proc.name in (a, b)",
        "not proc.name startswith a and proc.name in (ab, ac)",
        "proc.name = abc and proc.name startswith b",
        "proc.name startswith ab and proc.name startswith ac",
        "proc.name endswith ba and proc.name endswith ca",
        "proc.name in (abc, abd) and not proc.name contains b",
        "proc.name = ABC and not proc.name icontains b",
        "tolower(proc.name) = a and tolower(proc.name) = b",
        "fd.num > 5 and fd.num < 5",
        "fd.num >= 5 and fd.num < 5",
        "fd.num < 3 and fd.num > 7",
        "fd.num = 3 and fd.num > 7",
        "fd.sip = 10.0.0.1 and fd.sip = 10.0.0.2",
        "proc.args[1] = a and proc.args[1] = b",
        "evt.type = open and (evt.type = close and proc.name = x)",
        "evt.arg.flags = a and evt.arg.flags = b",
    ],
)
def test_never(condition: str) -> None:
    folded = Passes().fold(condition)
    assert isinstance(folded, Const)
    assert folded.value is False


@pytest.mark.parametrize(
    "condition",
    [
        "user.uid >= 0",
        "user.uid <= 0",
        "user.uid > 4294967294",
        "fd.num > -9223372036854775808",
        "proc.name = a and proc.pname = b",
        "proc.name = a and proc.name exists",
        "proc.name in (a, b) and proc.name in (b, c)",
        "proc.name != a and proc.name != b",
        "not proc.name = a and not proc.name = b",
        "not proc.name = a and proc.name in (a, b)",
        "not proc.name = a and proc.name != a",
        "proc.name startswith a and proc.name startswith ab",
        "proc.name startswith a and proc.name endswith b",
        "proc.name = a and proc.name glob b*",
        "proc.aname = a and proc.aname = b",
        "proc.args[1] = a and proc.args[2] = b",
        "fd.ip = 10.0.0.1 and fd.ip = 10.0.0.2",
        "fd.net = 10.0.0.0/8 and fd.net = 11.0.0.0/8",
        "fd.num >= 5 and fd.num <= 5",
        "fd.num > 5 and fd.num > 7",
        "proc.name = val(proc.pname) and proc.name = val(proc.exe)",
        "getopt((proc.args), 'a') in (a) and getopt((proc.args), 'a') in (b)",
        "tolower(proc.name) = a and proc.name = B",
    ],
)
def test_possible(condition: str) -> None:
    passes = Passes()
    assert show(passes.fold(condition)) == show(passes.check(condition))


def test_a_large_junction_is_folded_quickly() -> None:
    condition = " and ".join(f"not proc.name = {number}" for number in range(5000))
    assert len(Passes().fold(f"proc.name = x and {condition}").terms) == 5001


def test_comparisons() -> None:
    for value, other in product((b"", b"a", b"ab", b"b"), repeat=2):
        assert compare(value, "lt", (other,)) is (value < other)
        assert compare(value, "contains", (other,)) is (other in value)
    assert compare(b"a", "exists", ()) is True
    assert compare(b"a", "glob", (b"a",)) is None
