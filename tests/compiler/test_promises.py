# SPDX-License-Identifier: Apache-2.0
"""What each pass promises: it holds for any condition, and what breaks it is noticed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.compiling import Passes
from support.conditions import conditions

from tiercel.compiler.nodes import Const, ExactlyOne
from tiercel.compiler.passes import check, expand, fold, lower, order, resolve, share, split
from tiercel.compiler.program import FALSE, TRUE, Check, Entry, Node, Read
from tiercel.lang import Span
from tiercel.lang.ast import And, Not, Or
from tiercel.lang.text import Text

SPAN = Span(Text.of("x"), 0, 1)


@given(st.lists(conditions(), min_size=1, max_size=3))
def test_any_conditions(written: list[str]) -> None:
    Passes().lower(*written)  # each pass of `Passes` asserts its promise


def test_expand() -> None:
    passes = Passes("- macro: m\n  condition: proc.name = a\n")
    assert expand.holds(passes.expand("m and not m"))
    parsed = passes.environment.parse(Text.of("proc.name = a and not m"))
    assert not expand.holds(parsed)


def test_resolve() -> None:
    passes = Passes()
    bound, written = passes.resolve("proc.name = val(proc.pname)"), passes.expand("proc.name = val(proc.pname)")
    assert not resolve.holds(Not(written, SPAN))
    assert not resolve.holds(replace(bound, right=written.right))


def test_check() -> None:
    passes = Passes()
    leaf, number = passes.check("proc.name startswith a"), passes.check("proc.pid = 1")
    assert not check.holds(passes.resolve("proc.name = a"))
    assert not check.holds(And((leaf, replace(leaf, type=number.type)), SPAN))
    assert not check.holds(replace(leaf, op=number.op))
    assert not check.holds(replace(leaf, check=leaf.check.__class__(Read("proc.name"), "startswith", (b"a",), "oneof")))
    assert not check.holds(replace(leaf, check=Check(Read("proc.name"), "startswith", (b"a",), right=Read("proc.exe"))))


def test_fold() -> None:
    leaf, false = Passes().check("proc.name = a"), Const(value=False, span=SPAN)
    assert fold.holds(false)
    for broken in (Not(false, SPAN), Or((leaf, false), SPAN), ExactlyOne((leaf, And((leaf, false), SPAN)), SPAN)):
        assert not fold.holds(broken)


def test_split() -> None:
    passes = Passes()
    (part,) = passes.split("evt.type = open and proc.name = a")
    assert not split.holds((part, part))
    assert not split.holds((part.with_cond(passes.fold("evt.type = open")),))
    assert not split.holds((part.with_cond(passes.fold("evt.arg.oldpath = a")),))


def test_order() -> None:
    cheap, dear = Passes().check("proc.pid = 1"), Passes().check("proc.acmdline contains a")
    assert order.holds(Or((cheap, Not(dear, SPAN)), SPAN))
    assert not order.holds(Not(Or((dear, Not(cheap, SPAN)), SPAN), SPAN))


def test_share() -> None:
    one, other = Passes().check("proc.pid = 1"), Passes().check("proc.name = a")
    assert not share.holds([And((one, other), SPAN), Not(And((one, other), SPAN), SPAN)])
    assert not share.holds([Not(one, SPAN), Or((Not(one, SPAN), other), SPAN)])


def test_lower() -> None:
    good = Passes().lower("evt.type = open and proc.pid = 1 and proc.name = a")
    ((code, (entry,)),) = good.entries.items()
    first, second = good.nodes
    assert lower.holds(good)
    for checks, nodes, entries in (
        (good.checks, (first, replace(second, on_true=0)), (entry,)),
        (good.checks, (first, replace(second, on_false=1)), (entry,)),
        (good.checks, (Node(2, TRUE, FALSE), second), (entry,)),
        (good.checks, (replace(first, on_true=2), second), (entry,)),
        ((good.checks[0], good.checks[0]), good.nodes, (entry,)),
        (good.checks, good.nodes, (Entry(1, 0, uses_path=False), entry)),
    ):
        assert not lower.holds(lower.Lowered(checks, nodes, {code: entries}))
