# SPDX-License-Identifier: Apache-2.0
"""Short ways into the compiler's passes."""

from __future__ import annotations

from typing import Any

from tiercel import compiler
from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.ir.program import Program
from tiercel.compiler.ir.tree import Const, ExactlyOne, Failed, Leaf
from tiercel.compiler.passes.lower import Lowered
from tiercel.compiler.passes.specialize import Part
from tiercel.compiler.pipeline import Linking, Pipeline
from tiercel.compiler.planner.cost_model import FREE
from tiercel.lang.ast import And, Not, Or
from tiercel.lang.text import Text
from tiercel.rules import load_text
from tiercel.schema.names import EVENT_BY_NAME


class Passes:
    """The pipeline, run up to some pass for conditions as text; the postcondition of each pass is asserted."""

    def __init__(self, definitions: str = "") -> None:
        files = load_text(definitions)
        assert not files.has_errors, files.diagnostics
        lists = Lists({entry.name: entry for entry in files.lists})
        self.macros = MacroTable(lists, {macro.name: macro for macro in files.macros})
        self.pipeline = Pipeline(macros=self.macros, verify=True)

    def expand(self, condition: str) -> Any:
        return self.pipeline.run(Text.of(condition), "parse", "expand")

    def resolve(self, condition: str) -> Any:
        return self._next(self.expand(condition), "resolve")

    def check(self, condition: str) -> Any:
        return self._next(self.resolve(condition), "typecheck")

    def fold(self, condition: str) -> Any:
        return self._next(self.check(condition), "fold")

    def split(self, condition: str) -> tuple[Part, ...]:
        return self._link((condition,), "specialize").parts[0][1]

    def order(self, condition: str) -> tuple[Part, ...]:
        return self._link((condition,), "order").parts[0][1]

    def share(self, *conditions: str) -> list[tuple[Part, ...]]:
        return [parts for _, parts in self._link(conditions, "intern").parts]

    def lower(self, *conditions: str) -> Lowered:
        return self._link(conditions, "plan").lowered

    def _next(self, cond: Any, name: str) -> Any:
        assert not isinstance(cond, Failed), cond.findings
        return self.pipeline.run(cond, name, name)

    def _link(self, conditions: tuple[str, ...], last: str) -> Linking:
        conds = tuple(enumerate(map(self.fold, conditions)))
        linking = self.pipeline.run(Linking(conds), "specialize", last)
        assert isinstance(linking, Linking)
        return linking


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


def event_names(part: Part) -> set[str]:
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
