# SPDX-License-Identifier: Apache-2.0
"""Short ways into the compiler's passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tiercel import compiler
from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import Environment
from tiercel.compiler.ir.program import Program
from tiercel.compiler.ir.tree import Const, ExactlyOne, Failed, Interner, Leaf
from tiercel.compiler.passes import expand, fold, lower, order, resolve
from tiercel.compiler.passes import intern as share
from tiercel.compiler.passes import specialize as split
from tiercel.compiler.passes import typecheck as check
from tiercel.compiler.passes.specialize import Part
from tiercel.compiler.planner.cost_model import FREE
from tiercel.lang.ast import And, Not, Or
from tiercel.lang.text import Text
from tiercel.rules import load_text
from tiercel.schema.names import EVENT_BY_NAME


@dataclass
class Passes:
    """The passes, with what they remember; each asserts its promise."""

    definitions: str = ""
    interner: Interner = field(default_factory=Interner)
    splitter: split.Splitter = field(default_factory=split.Splitter)
    pool: share.Pool = field(default_factory=share.Pool)

    def __post_init__(self) -> None:
        files = load_text(self.definitions)
        assert not files.has_errors, files.diagnostics
        lists = Lists({entry.name: entry for entry in files.lists})
        self.environment = Environment(lists, {macro.name: macro for macro in files.macros})

    def expand(self, condition: str) -> Any:
        cond = expand.expand(Text.of(condition), self.environment)
        assert isinstance(cond, Failed) or expand.holds(cond)
        return cond

    def resolve(self, condition: str) -> Any:
        cond = self.expand(condition)
        assert not isinstance(cond, Failed), cond.findings
        resolved = resolve.resolve(cond, {})
        assert isinstance(resolved, Failed) or resolve.holds(resolved)
        return resolved

    def check(self, condition: str) -> Any:
        cond = self.resolve(condition)
        assert not isinstance(cond, Failed), cond.findings
        typed = check.check(cond, self.interner, {})
        assert isinstance(typed, Failed) or check.holds(typed)
        return typed

    def fold(self, condition: str) -> Any:
        cond = self.check(condition)
        assert not isinstance(cond, Failed), cond.findings
        folded = fold.fold(cond, {})
        assert fold.holds(folded)
        return folded

    def split(self, condition: str) -> tuple[Part, ...]:
        parts = self.splitter.split(self.fold(condition))
        assert split.holds(parts)
        assert all(fold.holds(part.cond) for part in parts)
        return parts

    def order(self, condition: str) -> tuple[Part, ...]:
        parts = [part.with_cond(order.order(part.cond, {}, {})) for part in self.split(condition)]
        assert all(order.holds(part.cond) for part in parts)
        return tuple(parts)

    def share(self, *conditions: str) -> list[tuple[Part, ...]]:
        rules = [
            tuple(part.with_cond(share.share(part.cond, self.pool)) for part in self.order(condition))
            for condition in conditions
        ]
        assert share.holds([part.cond for parts in rules for part in parts])
        assert all(order.holds(part.cond) for parts in rules for part in parts)
        return rules

    def lower(self, *conditions: str) -> lower.Lowered:
        lowered = lower.lower(enumerate(self.share(*conditions)))
        assert lower.holds(lowered)
        return lowered


def show(cond: Any) -> str:
    """A tree after the types are checked, as text."""
    match cond:
        case And(terms):
            return f"({' and '.join(map(show, terms))})"
        case Or(terms):
            return f"({' or '.join(map(show, terms))})"
        case ExactlyOne(terms):
            return f"one of ({', '.join(map(show, terms))})"
        case Not(term):
            return f"not {show(term)}"
        case Const(value):
            return str(value).lower()
        case Leaf():
            return str(cond.check)
    raise AssertionError(cond)


def codes_of(failed: Any) -> list[str]:
    """Codes of a failure's findings."""
    assert isinstance(failed, Failed)
    return [finding.code for finding in failed.findings]


def event_names(part: split.Part) -> set[str]:
    """Names of the events of a part."""
    return {name for name, row in EVENT_BY_NAME.items() if row.code in part.codes}


def rule(condition: str, name: str = "r", **keys: str) -> str:
    """A rule as YAML."""
    lines = {"desc": "d", "output": "o", "priority": "INFO"} | keys
    quoted = "'" + condition.replace("'", "''") + "'"
    return f"- rule: {name}\n  condition: {quoted}\n" + "".join(f"  {key}: {value}\n" for key, value in lines.items())


def build(*texts: str) -> compiler.Compiled:
    """Compile one file."""
    return compiler.build(load_text("".join(texts), "rules.yaml"))


def indexed(*texts: str, **options: Any) -> Program:
    """The program of one file whose rules are found by what they require, however few they are."""
    linked = compiler.link(compiler.check_rules(load_text("".join(texts), "rules.yaml")), costs=FREE, **options)
    assert linked.program is not None
    return linked.program


def found(*texts: str) -> list[str]:
    """Codes that compiling one file reports."""
    return [finding.code for finding in build(*texts).diagnostics]
