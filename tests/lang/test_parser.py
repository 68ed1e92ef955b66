# SPDX-License-Identifier: Apache-2.0
"""Trees, spans, limits and the first mistake of conditions."""

from __future__ import annotations

import pytest

from tiercel.errors import RulesError
from tiercel.lang import parse
from tiercel.lang.ast import And, Check, FieldName, ListValue, MacroName, Not, Or, Value, leaves
from tiercel.lang.checks import MAX_CALLS
from tiercel.lang.parser import MAX_DEPTH
from tiercel.lang.printer import unparse


@pytest.mark.parametrize(
    ("condition", "canonical"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("(a or b) and c", "((a or b) and c)"),
        ("not a and b", "(not a and b)"),
        ("not not a", "a"),
        ("not (not a)", "not not a"),
        ("not(a)and(b)", "(not a and b)"),
        ("a and b and(c)", "(a and b and c)"),
        ("f.x in (b , 'c d',\"e\")", 'f.x in (b, "c d", e)'),
        ("f.x in name", "f.x in name"),
        ("f.x=a", "f.x = a"),
        ("f.x existsand m", "(f.x exists and m)"),
        ("f.x[3]!=1", "f.x[3] != 1"),
        ('f.x["a b"] exists', 'f.x["a b"] exists'),
        ("f.x contains oneof (a, b)", "f.x contains oneof (a, b)"),
        ("tolower( f.x ) = val( g.y )", "tolower(f.x) = val(g.y)"),
        ('join(",", (f.x, "a", 3)) = z', 'join(",",(f.x,"a","3")) = z'),
        ("not", "not"),
        ("a or(b) or c and d", "(a or b or (c and d))"),
        ("a or(b or(c) or d and e)", "(a or (b or c or (d and e)))"),
        ("f.x > 1e+5", "f.x > 1e+5"),
    ],
)
def test_structure(condition: str, canonical: str) -> None:
    assert unparse(parse(condition)) == canonical


@pytest.mark.parametrize(
    ("condition", "code", "at"),
    [
        ("", "E120", ""),
        (" \t\n", "E120", " \t\n"),
        ("f.x = a b", "E121", "b"),
        ("f.x = a and", "E122", "and"),
        ("f.x = a andb", "E122", "and"),
        ("(f.x = a", "E123", "("),
        ("(f.x = a and (g.y = b)", "E123", "("),
        ("f.x = a and = b", "E124", "="),
        ("f.x", "E125", "f.x"),
        ("f.x > b", "E126", "b"),
        ("f.x > 1e5", "E121", "e5"),
        ("f.x > 1e", "E121", "e"),
        ("f.x = (a)", "E127", "("),
        ("f.x =", "E127", "="),
        ("f.x pmatch /etc", "E128", "/etc"),
        ("f.x[] = a", "E129", "["),
        ("f.x[a = b", "E130", "[a"),
        ("tolower(m) = a", "E131", "m"),
        ("tolower(f.x = a", "E132", "tolower(f.x "),
        ("f.x = 'a\\q'", "E134", "\\q"),
        ("f.x = 'a\\xg1'", "E134", "\\xg1"),
        ("f.x = 'a", "E135", "'a"),
        ("f.x in (a,)", "E136", ")"),
        ("f.x in (a b)", "E137", "b"),
        ("f.x = a)", "E138", ")"),
        ("a or(b) and c", "E139", "and"),
        ("a b", "E140", "a"),
        ("f.x = lower(g.y)", "E141", "lower"),
        ("f.x notin (a)", "E142", "notin"),
    ],
)
def test_first_mistake(condition: str, code: str, at: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(condition)
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    line = condition.split("\n")[finding.line - 1]
    first = at.partition("\n")[0]
    assert line[finding.column - 1 :].startswith(first)
    assert finding.length == max(len(first), 1)


def test_spans_cover_what_was_written() -> None:
    condition = "  not (proc.aname[2] in (a, 'b c') or evt.type = open) and m"
    tree = parse(condition)
    assert isinstance(tree, And)
    negated, macro = tree.terms
    assert isinstance(negated, Not)
    assert negated.span.value == "not (proc.aname[2] in (a, 'b c') or evt.type = open)"
    assert isinstance(negated.term, Or)
    assert negated.term.span.value == "proc.aname[2] in (a, 'b c') or evt.type = open"
    check = negated.term.terms[0]
    assert isinstance(check, Check)
    assert check.span.value == "proc.aname[2] in (a, 'b c')"
    assert check.left.span.value == "proc.aname[2]"
    assert isinstance(check.right, ListValue)
    assert [item.span.value for item in check.right.items] == ["a", "'b c'"]
    assert isinstance(macro, MacroName)
    assert macro.span.value == "m"


def test_nodes_compare_by_content_not_by_place() -> None:
    assert parse("a and f.x = b") == parse("  a  and\tf.x='b'")
    assert hash(parse("f.x in (a)")) == hash(parse("f.x in  ( a )"))
    assert parse("f.x = a") != parse("f.x == a")


def test_escapes_become_bytes() -> None:
    check = parse(r"""f.x = "\x41\xff\n\t\\\"\/\ z" """)
    assert isinstance(check, Check)
    assert check.right == Value(b'A\xff\n\t\\"/\\z', check.span)


def test_a_backslash_before_a_quote_keeps_it_open() -> None:
    with pytest.raises(RulesError):
        parse(r"f.x = 'a\\'")


def test_nesting_is_bounded() -> None:
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == parse("a")
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(RulesError, match="E133"):
            parse("(" * depth + "a" + ")" * depth)
    with pytest.raises(RulesError, match="E133"):
        parse("((((a))))", max_depth=3)


def test_transformers_are_bounded() -> None:
    assert parse("b64(" * MAX_CALLS + "f.x" + ")" * MAX_CALLS + " exists")
    with pytest.raises(RulesError, match="E133"):
        parse("b64(" * (MAX_CALLS + 1) + "f.x" + ")" * (MAX_CALLS + 1) + " exists")


def test_a_long_condition_is_no_deep_one() -> None:
    tree = parse(" or ".join(f"f.x = {number}" for number in range(5000)))
    assert sum(1 for _ in leaves(tree)) == 5000


def test_fields_may_have_many_parts() -> None:
    check = parse("a.b.c_1.d exists")
    assert isinstance(check, Check)
    assert check.left == FieldName("a.b.c_1.d", None, check.span)
