# SPDX-License-Identifier: Apache-2.0
"""The promise of each pass: it is kept for any condition, and a tree that breaks it is detected."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.compiling import Passes, build, rule
from support.conditions import conditions
from support.examples import examples

from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Read
from tiercel.compiler.ir.tree import Const, ExactlyOne
from tiercel.compiler.passes import expand, fold, intern, lower, order, resolve, specialize, typecheck
from tiercel.lang import Span
from tiercel.lang.ast import And, Not, Or
from tiercel.lang.text import Text
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.transformers import TRANSFORMERS
from tiercel.schema.types import Field

SPAN = Span(Text.of("x"), 0, 1)


@given(st.lists(conditions(), min_size=1, max_size=3))
def test_any_conditions(written: list[str]) -> None:
    Passes().lower(*written)  # each pass of `Passes` asserts its promise


def test_expand() -> None:
    passes = Passes("- macro: m\n  condition: proc.name = a\n")
    assert expand.holds(passes.expand("m and not m"))
    parsed = passes.macros.parse(Text.of("proc.name = a and not m"))
    assert not expand.holds(parsed)


def test_resolve() -> None:
    passes = Passes()
    bound, written = passes.resolve("proc.name = val(proc.pname)"), passes.expand("proc.name = val(proc.pname)")
    assert not resolve.holds(Not(written, SPAN))
    assert not resolve.holds(replace(bound, right=written.right))


def test_check() -> None:
    passes = Passes()
    leaf, number = passes.check("proc.name startswith a"), passes.check("proc.pid = 1")
    assert not typecheck.holds(passes.resolve("proc.name = a"))
    assert not typecheck.holds(And((leaf, replace(leaf, type=number.type)), SPAN))
    assert not typecheck.holds(replace(leaf, op=number.op))
    assert not typecheck.holds(
        replace(leaf, check=leaf.check.__class__(Read("proc.name"), "startswith", (b"a",), "oneof"))
    )
    assert not typecheck.holds(
        replace(leaf, check=CompiledCheck(Read("proc.name"), "startswith", (b"a",), right=Read("proc.exe")))
    )


def test_fold() -> None:
    leaf, false = Passes().check("proc.name = a"), Const(value=False, span=SPAN)
    assert fold.holds(false)
    for broken in (Not(false, SPAN), Or((leaf, false), SPAN), ExactlyOne((leaf, And((leaf, false), SPAN)), SPAN)):
        assert not fold.holds(broken)


def test_split() -> None:
    passes = Passes()
    (part,) = passes.split("evt.type = open and proc.name = a")
    assert not specialize.holds((part, part))
    assert not specialize.holds((part.with_cond(passes.fold("evt.type = open")),))
    assert not specialize.holds((part.with_cond(passes.fold("evt.arg.oldpath = a")),))


def test_order() -> None:
    cheap, expensive = Passes().check("proc.pid = 1"), Passes().check("proc.acmdline contains a")
    assert order.holds(Or((cheap, Not(expensive, SPAN)), SPAN))
    assert not order.holds(Not(Or((expensive, Not(cheap, SPAN)), SPAN), SPAN))


def test_share() -> None:
    one, other = Passes().check("proc.pid = 1"), Passes().check("proc.name = a")
    assert not intern.holds([And((one, other), SPAN), Not(And((one, other), SPAN), SPAN)])
    assert not intern.holds([Not(one, SPAN), Or((Not(one, SPAN), other), SPAN)])


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


# -- conditions that make no sense ------------------------------------------------------------------------------------


def written(row: Field) -> str:
    """A field with an argument that fits it, if it takes one."""
    names = {"param": "res", "event": "open", "": "1"}
    words = [names.get(word, word) for word in row.names.split() or [""]]
    if "dotted" in row.forms:
        return f"{row.name}.{words[0]}"
    return f"{row.name}[1]" if row.forms & {"index", "key"} else row.name


FIELD_NAMES = st.sampled_from(FIELDS).map(written) | st.sampled_from(
    [row.name for row in FIELDS if "alone" in row.forms]
)
CONSTANTS = st.sampled_from(
    ["a", "1", "-1", "1.5", "0x10", "true", "10.0.0.1", "::1", "10.0.0.0/8", "'a b'", "6162", "''", "http", "open"]
)


@st.composite
def sources(draw: st.DrawFn, depth: int = 2) -> str:
    """A field, or a transformer with arguments of any kind and number."""
    if depth == 0 or draw(st.booleans()):
        return draw(FIELD_NAMES)
    arguments = st.lists(
        st.one_of(
            sources(depth - 1),
            st.sampled_from(["'a'", "7", "()"]),
            st.lists(sources(depth - 1), min_size=1, max_size=2).map(lambda items: f"({', '.join(items)})"),
        ),
        min_size=1,
        max_size=3,
    )
    option = draw(st.sampled_from(["", "", "[a]", "[ab]"]))
    return f"{draw(st.sampled_from(TRANSFORMERS)).name}({', '.join(draw(arguments))}){option}"


@st.composite
def nonsense(draw: st.DrawFn) -> str:
    """A check whose sides and operator need not fit, but that can be read."""
    left, row = draw(sources()), draw(st.sampled_from(OPERATORS))
    if row.operand == "none":
        return f"{left} {row.name}"
    if draw(st.booleans()):
        right = draw(
            st.one_of(FIELD_NAMES.map(lambda name: f"val({name})"), sources().filter(lambda text: "(" in text))
        )
        return f"{left} {row.name} {right}"
    items = ", ".join(draw(st.lists(CONSTANTS, max_size=3)))
    if row.operand == "list":
        return f"{left} {row.name} ({items})"
    if row.name[0] in "<>":
        return f"{left} {row.name} {draw(st.sampled_from(['1', '-1', '1.5', '0x10']))}"
    modifier = draw(st.sampled_from(["", "oneof", "anyof", "allof"]))
    return f"{left} {row.name} {modifier} ({items})" if modifier else f"{left} {row.name} {draw(CONSTANTS)}"


@settings(max_examples=examples(400))
@given(nonsense())
def test_what_does_not_fit_is_an_error_with_a_place(condition: str) -> None:
    compiled = build(rule(f"evt.type = open and {condition}"))
    for finding in compiled.diagnostics:
        assert finding.line > 0
        assert "{" not in finding.text
    if compiled.program is not None:
        Passes().lower(condition)
    else:
        assert any(finding.severity == "error" for finding in compiled.diagnostics)
