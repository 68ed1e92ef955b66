# SPDX-License-Identifier: Apache-2.0
"""Expansion of macros and lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import vectors
from support.compiling import Passes, codes_of, found, rule

from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.ir.tree import MAX_LEVELS, Failed
from tiercel.lang import parse
from tiercel.lang.ast import MacroName, leaves
from tiercel.lang.checks import MAX_CHECKS
from tiercel.lang.printer import unparse
from tiercel.lang.text import Text
from tiercel.rules import load_text


def macro(name: str, condition: str) -> str:
    return f"- macro: {name}\n  condition: {condition}\n"


def test_macros_in_macros() -> None:
    passes = Passes(macro("a", "x.a exists") + macro("b", "a or x.b exists") + macro("c", "not b"))
    assert unparse(passes.expand("c and a")) == "(not (x.a exists or x.b exists) and x.a exists)"


def test_uses_share_one_tree() -> None:
    passes = Passes(macro("a", "x.a exists or x.b exists"))
    tree = passes.expand("a and not a")
    assert tree.terms[0] is tree.terms[1].term


def test_places_are_those_of_the_macro() -> None:
    passes = Passes(macro("a", "x.a exists"))
    place = passes.expand("a").span.text.place(0)
    assert (place.line, place.column) == (2, 14)


@pytest.mark.parametrize(
    ("definitions", "condition", "codes"),
    [
        ("", "nope", ["E202"]),
        ("", "one or two", ["E202", "E202"]),
        (macro("a", "b"), "a", ["E202"]),
        (macro("a", "b") + macro("b", "x.y exists"), "a", ["E202"]),
        (macro("a", "a or x.y exists"), "a", ["E210"]),
        (macro("a", "x.y exists") + macro("b", "a") + macro("c", "b") + macro("a", "c"), "b", ["E210"]),
        (macro("a", "x.y ="), "a", ["E127"]),
        ("", "x.y in (a", ["E137"]),
    ],
)
def test_refused(definitions: str, condition: str, codes: list[str]) -> None:
    assert codes_of(Passes(definitions).expand(condition)) == codes


def test_a_macro_sees_macros_first_defined_before_its_last_change() -> None:
    passes = Passes(macro("a", "x.a exists") + macro("b", "x.b exists") + macro("a", "b"))
    assert unparse(passes.expand("a")) == "x.b exists"


def test_the_hint_says_what_the_name_is() -> None:
    definitions = macro("a", "later") + macro("later", "x.y exists") + "- list: names\n  items: [a]\n"
    (failure,) = Passes(definitions).expand("a").findings
    assert failure.hint == "move `later` before this macro: macros see earlier macros only"
    (failure,) = Passes(macro("spawned", "x.y exists")).expand("spwaned").findings
    assert failure.hint == "did you mean `spawned`?"


def test_size_is_bounded() -> None:
    doubling = "".join(macro(f"m{n + 1}", f"m{n} and m{n}") for n in range(60))
    assert codes_of(Passes(macro("m0", "x.y exists") + doubling).expand("m60")) == ["E211"]
    many = " or ".join(["x.y exists"] * (MAX_CHECKS + 1))
    assert codes_of(Passes().expand(many)) == ["E211"]
    assert not isinstance(Passes().expand(many.removesuffix(" or x.y exists")), Failed)


def test_depth_is_bounded() -> None:
    chain = "".join(macro(f"m{n + 1}", f"m{n} and x.y exists") for n in range(5000))
    passes = Passes(macro("m0", "x.y exists") + chain)
    assert codes_of(passes.expand("m5000")) == ["E230"]
    assert not isinstance(passes.expand(f"m{MAX_LEVELS - 2}"), Failed)


def test_a_long_chain_of_names_is_followed_without_recursion() -> None:
    chain = "".join(macro(f"m{n + 1}", f"m{n}") for n in range(5000))
    assert unparse(Passes(macro("m0", "x.y exists") + chain).expand("m5000")) == "x.y exists"


def test_an_unused_macro_is_still_parsed() -> None:
    assert found(macro("m", "proc.name ="), rule("evt.type = open")) == ["E127"]
    assert found(macro("m", "other"), rule("evt.type = open")) == ["W503", "E202"]
    assert found(macro("m", "proc.nme = x"), rule("evt.type = open")) == ["W503"]


def test_after_an_error_in_a_macro_its_users_are_silent() -> None:
    assert found(macro("m", "''"), rule("m and evt.type = open"), rule("not m", "s")) == ["E106"]
    assert found(macro("m", "proc.name ="), rule("m", "s"), rule("m")) == ["E127"]


@pytest.mark.shared
def test_cases_of_the_reference(shared_dir: Path) -> None:
    cases = vectors.load(shared_dir, "macro_resolver")["cases"]
    assert len(cases) == 8
    for case in cases:
        # The cases know no order: the order that fits is the one in which each macro comes after those it names.
        macros = sorted(case["macros"].items(), key=lambda pair: any(name in pair[1] for name in case["macros"]))
        files = load_text("".join(macro(name, condition) for name, condition in macros))
        macros = MacroTable(Lists({}), {entry.name: entry for entry in files.macros})
        tree = macros.parse(Text.of(case["filter"]))
        result = macros.fill(tree)  # type: ignore[arg-type]
        if case["unknown_macros"]:
            assert isinstance(result, Failed)
            assert all(any(name in one.text for one in result.findings) for name in case["unknown_macros"])
        else:
            assert not isinstance(result, Failed)
            assert unparse(result) == unparse(parse(case["resolved"]))
            assert not any(isinstance(leaf, MacroName) for leaf in leaves(result))
            assert (result is not tree) or not case["changed"]
