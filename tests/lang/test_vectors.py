# SPDX-License-Identifier: Apache-2.0
"""The parser against Falco's own cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.errors import RulesError
from tiercel.lang import Span, parse
from tiercel.lang.ast import And, Call, CallList, Check, FieldName, ListValue, MacroName, Not, Or, Value
from tiercel.lang.lexer import LexError, unescape
from tiercel.lang.printer import escape

pytestmark = pytest.mark.shared

KINDS = {And: "and", Or: "or", Not: "not", FieldName: "field", Value: "value", ListValue: "list", Call: "transformer"}


def test_conditions(shared_dir: Path) -> None:
    wrong = []
    for case in vectors.load(shared_dir, "filter_parse")["cases"]:
        for text in variants(case):
            accepted = accepts(text)
            if accepted is not case["parses"]:
                wrong.append((case["test"], text[:200], accepted))
    assert not wrong


def variants(case: dict[str, Any]) -> Iterator[str]:
    """The case as written and, where it is accepted, with other blanks (the file's notes say so)."""
    text = vectors.filter_text(case["filter"])
    yield text
    if case["parses"] and "bad escape" not in text:
        yield f" {text} "
        yield text.replace(" ", "\n")
        yield text.replace(" ", "\t")


def accepts(text: str) -> bool:
    try:
        parse(text)
    except RulesError:
        return False
    return True


def test_trees(shared_dir: Path) -> None:
    cases = [case for case in vectors.load(shared_dir, "filter_parse")["cases"] if "ast" in case]
    assert len(cases) == 15
    for case in cases:
        assert shape(parse(case["filter"])) == case["ast"], case["filter"]


def shape(node: Any) -> Any:
    match node:
        case And(terms) | Or(terms):
            return [KINDS[type(node)], *map(shape, terms)]
        case Not(term):
            return ["not", shape(term)]
        case MacroName(name):
            return ["identifier", name]
        case Check(left, op, _, None):
            return ["unary_check", shape(left), op]
        case Check(left, op, modifier, right):
            return ["binary_check", shape(left), f"{op} {modifier}" if modifier else op, shape(right)]
        case FieldName(name, None):
            return ["field", name]
        case Value():
            return ["value", node.text]
        case ListValue(items):
            return ["list", [item.text for item in items]]
        case Call(name, args, None):
            return ["field_transformer", name, *map(shape, args)]
    raise AssertionError(node)


def test_positions(shared_dir: Path) -> None:
    cases = vectors.load(shared_dir, "filter_parse")["positions"]
    assert len(cases) == 16
    for case in cases:
        found = [
            {"node": kind, "idx": span.start, "line": place.line, "col": place.column}
            for kind, span in preorder(parse(case["filter"]))
            for place in (span.text.place(span.start),)
        ]
        assert found == case["nodes_preorder"], case["filter"]


def preorder(node: Any) -> Iterator[tuple[str, Span]]:
    match node:
        case And(terms) | Or(terms):
            yield KINDS[type(node)], node.span
            for term in terms:
                yield from preorder(term)
        case Not(term):
            yield "not", node.span
            yield from preorder(term)
        case Check(left, _, _, right):
            yield "unary" if right is None else "binary", node.span
            yield from preorder(left)
            if right is not None:
                yield from preorder(right)
        case Call(_, args, _):
            yield "transformer", node.span
            for arg in args:
                yield from preorder(arg)
        case CallList():
            raise AssertionError(node)
        case _:
            yield KINDS[type(node)], node.span


def test_escaping(shared_dir: Path) -> None:
    for case in vectors.load(shared_dir, "filter_escaping")["cases"]:
        if "roundtrip" in case:
            value = vectors.as_bytes(case["roundtrip"])
            assert unescape(text(escape(value))) == value
        elif "escape_input" in case:
            assert escape(vectors.as_bytes(case["escape_input"])) == vectors.as_bytes(case["escaped"])
        elif case.get("op") == "escape":
            assert escape(vectors.as_bytes(case["input"])) == vectors.as_bytes(case["result"])
        elif case.get("throws"):
            with pytest.raises(LexError):
                unescape(case["input"])
        else:
            given = case["input"]
            if isinstance(given, dict) and "query" in given:
                given = text(escape(given["input"].encode()))
            assert unescape(given) == vectors.as_bytes(case["result"])


def text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def test_every_operator_of_the_reference_is_read(shared_dir: Path) -> None:
    operators = vectors.load(shared_dir, "filter_parse")["operators"]
    for op in operators["all"]:
        right = "" if op == "exists" else "(1)" if op in operators["list_only"] else "1"
        assert accepts(f"test.field {op} {right}"), op
