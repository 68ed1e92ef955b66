# SPDX-License-Identifier: Apache-2.0
"""Any text is a condition or a diagnostic, never another exception."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.conditions import conditions
from support.examples import examples

from tiercel.errors import RulesError
from tiercel.lang import parse
from tiercel.lang.ast import And, Check, ListValue, Not, Or, Value
from tiercel.lang.lexer import LexError, unescape
from tiercel.lang.printer import escape, unparse

WORDS = st.sampled_from(
    [
        *(
            "and",
            "or",
            "not",
            "in",
            "exists",
            "contains",
            "pmatch",
            "glob",
            "oneof",
            "allof",
            "val(",
            "tolower(",
            "join(",
        ),
        *("(", ")", "[", "]", "'", '"', ",", "=", "==", "!=", "<", ">=", "\\", "\\x", "\\\\", "%", "0x1f", "-1", "1.5"),
        *(
            "proc.name",
            "evt.type",
            "evt.arg.flags",
            "proc.aname[2]",
            "m",
            "open",
            " ",
            "\t",
            "\n",
            "\x00",
            "é",
            "\ud800",
        ),
    ]
)
TEXTS = st.text() | st.lists(WORDS).map("".join) | st.lists(WORDS).map(" ".join)


@settings(max_examples=examples(500), deadline=None)
@given(TEXTS)
@example("")
@example("(" * 5000)
@example("not(" * 5000)
@example("f.x = '\\'")
def test_any_text(text: str) -> None:
    try:
        tree = parse(text)
    except RulesError as error:
        for found in error.diagnostics:
            assert found.render()
            assert found.line >= 1
            assert found.column >= 1
        return
    assert unparse(tree)


@settings(max_examples=examples(200), deadline=None)
@given(conditions())
def test_printing_and_parsing_again_gives_the_same_tree(condition: str) -> None:
    tree = without_double_negation(parse(condition))
    assert without_double_negation(parse(unparse(tree))) == tree


def without_double_negation(node: Any) -> Any:
    """Canonical text has no parentheses after `not`, where each further `not` toggles."""
    match node:
        case Not(Not(term)):
            return without_double_negation(term)
        case Not(term, span):
            return Not(without_double_negation(term), span)
        case And(terms, span) | Or(terms, span):
            return type(node)(tuple(map(without_double_negation, terms)), span)
        case _:
            return node


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=30))
def test_any_constant_can_be_written(value: bytes) -> None:
    written = escape(value).decode("utf-8", "surrogateescape")
    if written.startswith('"'):
        assert unescape(written) == value
    else:
        assert written.encode("utf-8", "surrogateescape") == value


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=30) | st.text(alphabet="a(),= \v'\"", max_size=6).map(str.encode))
def test_a_constant_reads_as_it_was(value: bytes) -> None:
    for condition in ("f.x = {}", "f.x in (a, {})", "tolower(f.x) = {}"):
        tree = parse(condition.format(escape(value).decode("utf-8", "surrogateescape")))
        assert isinstance(tree, Check)
        last = tree.right.items[-1] if isinstance(tree.right, ListValue) else tree.right
        assert isinstance(last, Value)
        assert last.data == value


@settings(max_examples=examples(300), deadline=None)
@given(TEXTS)
def test_any_quoted_text(text: str) -> None:
    with contextlib.suppress(LexError):
        assert unescape(text) is not None


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "b64(" * 10_000, "not " * 100_000, "a or " * 100_000, "f.x in (" + "a," * 100_000]
)
def test_long_texts(text: str) -> None:
    with pytest.raises(RulesError):
        parse(text + "=")
