# SPDX-License-Identifier: Apache-2.0
"""Single rules for explanations: own program, and condition with the place of every check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.ir.program import CompiledCheck, Program
from tiercel.compiler.ir.tree import Const, ExactlyOne, Failed, Interner, Leaf, Tree, walk
from tiercel.compiler.passes.order import order
from tiercel.compiler.passes.specialize import Part, static_value
from tiercel.compiler.pipeline import Compiled, Linking, Pipeline
from tiercel.compiler.planner.cost_model import FREE
from tiercel.frozen import frozen, replace
from tiercel.lang.ast import And, Not, Or
from tiercel.rules.exceptions import full_condition
from tiercel.rules.loader import RuleFiles
from tiercel.rules.model import Rule
from tiercel.schema.types import Event

__all__ = ["SoloRule", "SoloRules", "deciding_checks"]

Truth: TypeAlias = Callable[[Leaf], "bool | None"]

_UNKNOWN: Final = -1


@frozen
class SoloRule:
    """A rule, compiled alone.

    Attributes:
        rule: the rule.
        cond: its condition in order of evaluation; each leaf has its own place.
        parts: specializations of ``cond`` for event types.
        program: program of the rule, which has index 0. Its plans contain all index keys of the rule.
    """

    rule: Rule
    cond: Tree
    parts: tuple[Part, ...]
    program: Program

    def part(self, code: int) -> Part | None:
        """Return the part for an event type, or None if the condition is false for it."""
        return next((part for part in self.parts if code in part.codes), None)

    def written(self, code: int) -> Mapping[CompiledCheck, tuple[Leaf, ...]]:
        """Return, for an event type, the leaves of each check: one for each place in the source."""
        part = self.part(code)
        found: dict[CompiledCheck, list[Leaf]] = {}
        for leaf in walk(part.cond) if part is not None else ():
            if isinstance(leaf, Leaf):
                found.setdefault(leaf.check, []).append(leaf)
        return {made: tuple(dict.fromkeys(leaves)) for made, leaves in found.items()}

    def undecided(self, event: Event) -> tuple[Leaf, ...]:
        """Return the checks that exclude all events of a type; empty if some may match."""
        return (
            deciding_checks(self.cond, lambda leaf: static_value(leaf, event)) if self.part(event.code) is None else ()
        )


class SoloRules:
    """Compiler of single rules from compiled files."""

    def __init__(self, files: RuleFiles, compiled: Compiled) -> None:
        assert compiled.program is not None
        stage = files.stages[-1]
        self._macro_table = MacroTable(Lists(stage.lists), stage.macros)
        self._rules = compiled.rules
        self._program = compiled.program

    def solo_rule(self, number: int) -> SoloRule:
        """Return the rule with this index among the compiled rules."""
        rule = self._rules[number]
        # Equal checks are one check in the program; the explained condition has one leaf for each place instead.
        pipeline = Pipeline(macros=self._macro_table, costs=FREE)
        linking = pipeline.run(Linking(((0, self._tree(rule, pipeline)),)), "specialize", "intern")
        every = frozenset(code for _, parts in linking.parts for part in parts for code in part.codes)
        linking = pipeline.run(replace(linking, required_events=every), "lower", "plan")
        program = linking.program([rule.name], [self._program.outputs[number]], self._program.path_matching)

        pipeline = Pipeline(macros=self._macro_table, interner=_Apart())
        cond = self._tree(rule, pipeline)
        ((_, parts),) = pipeline.run(Linking(((0, cond),)), "specialize", "order").parts
        return SoloRule(rule, order(cond, pipeline.ordered, pipeline.tree_costs), parts, program)

    def _tree(self, rule: Rule, pipeline: Pipeline) -> Tree:
        cond: Tree | Failed = pipeline.tree(full_condition(rule))
        assert not isinstance(cond, Failed)
        return cond


class _Apart(Interner):
    """Factory of leaves: one leaf for each place in the source, even for equal checks."""

    def leaf(self, *args: Any) -> Leaf:
        return replace(super().leaf(*args), span=args[-1])


def deciding_checks(cond: Tree, truth: Truth) -> tuple[Leaf, ...]:
    """Return the checks that decide the result of a condition, in order of evaluation.

    For ``and``, the first false term decides; for ``or``, the first true term; otherwise all terms.

    Args:
        cond: a tree without macros and names.
        truth: result of each check; None if unknown.
    """
    return tuple(dict.fromkeys(_deciding(cond, truth, {})))


def _deciding(cond: Tree, truth: Truth, memo: dict[int, int]) -> Iterator[Leaf]:
    match cond:
        case Leaf():
            yield cond
        case Not():
            yield from _deciding(cond.term, truth, memo)
        case And() | Or():
            terms: tuple[Tree, ...] = cond.terms
            deciding = int(isinstance(cond, Or))
            first = next((term for term in terms if _value(term, truth, memo) == deciding), None)
            for term in terms if first is None else (first,):
                yield from _deciding(term, truth, memo)
        case ExactlyOne(alternatives):
            true = [term for term in alternatives if _value(term, truth, memo) == 1]
            for term in true[:2] if len(true) > 1 else alternatives:
                yield from _deciding(term, truth, memo)


def _value(cond: Tree, truth: Truth, memo: dict[int, int]) -> int:
    """Return 1 or 0, or _UNKNOWN if unknown checks decide."""
    known = memo.get(id(cond))
    if known is None:
        known = memo[id(cond)] = _evaluate(cond, truth, memo)
    return known


def _evaluate(cond: Tree, truth: Truth, memo: dict[int, int]) -> int:
    match cond:
        case Leaf():
            found = truth(cond)
            return _UNKNOWN if found is None else int(found)
        case Const(constant):
            return int(constant)
        case Not(term):
            value = _value(term, truth, memo)
            return _UNKNOWN if value == _UNKNOWN else 1 - value
        case And(terms) | Or(terms):
            deciding = int(isinstance(cond, Or))
            values = {_value(term, truth, memo) for term in terms}
            return deciding if deciding in values else _UNKNOWN if _UNKNOWN in values else 1 - deciding
        case ExactlyOne(terms):
            values_in_order = [_value(term, truth, memo) for term in terms]
            if values_in_order.count(1) > 1:
                return 0
            return _UNKNOWN if _UNKNOWN in values_in_order else values_in_order.count(1)
    raise AssertionError(cond)
