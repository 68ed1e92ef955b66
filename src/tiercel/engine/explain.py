# SPDX-License-Identifier: Apache-2.0
"""Explanation of the result of a rule for one event: the checks that decide it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import Evaluator, TraceStep
from tiercel._core.api.replay import Replay
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler import Compiled
from tiercel.compiler.explain import SoloRule, SoloRules, deciding_checks
from tiercel.compiler.ir.program import CompiledCheck, Read
from tiercel.formats.values import escape, value_text
from tiercel.frozen import frozen, replace
from tiercel.lang.diagnostics import point
from tiercel.lang.text import Span
from tiercel.rules import RuleFiles
from tiercel.schema.known_events import SYSCALL_NAMES
from tiercel.schema.names import EVENT_BY_NAME, FIELD_BY_NAME
from tiercel.schema.syscalls import GENERIC

__all__ = ["Explainer", "Failure", "Verdict", "brief"]

_SHOWN: Final = 4
_WIDTH: Final = 72
_TIME: Final = "evt.rawtime"


@frozen
class Failure:
    """Check whose result prevents the match of a rule.

    Attributes:
        check: the compiled check.
        result: its result.
        value: value of its left side; None for no value.
        right: value of its right side if that is a field.
        span: its position in the source.
    """

    check: CompiledCheck
    result: bool
    value: Any
    right: Any
    span: Span

    @property
    def saw(self) -> str:
        """The compared value as text: ``proc.name is "cat"``."""
        text = _saw(self.check.left, self.value)
        return f"{text}, {_saw(self.check.right, self.right)}" if isinstance(self.check.right, Read) else text

    @property
    def text(self) -> str:
        """The check and its result as text."""
        return f"`{brief(self.check)}` is {'true' if self.result else 'false'}: {self.saw}"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "check": str(self.check),
            "result": self.result,
            "value": _plain(self.value),
            "right": _plain(self.right),
            "item": self.span.text.item,
            **self.span.text.place(self.span.start).to_dict(),
        }


@frozen
class Verdict:
    """Result of one rule for one event.

    Attributes:
        rule: name of the rule.
        enabled: whether it is enabled in its files; the other attributes do not depend on this.
        matches: whether it matches.
        binding: path binding of the match.
        tried: whether the rule is evaluated for events of this type.
        failures: without a match: the checks that prevent it, in the order of evaluation.
        resolved: like ``failures`` for the resolved paths, if other checks failed there.
    """

    rule: str
    enabled: bool
    matches: bool
    binding: str | None = None
    tried: bool = True
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the reasons why the rule does not match, as text."""
        if self.failures:
            yield f"first failing check: {self.failures[0].text}"
            yield from point(self.failures[0].span).splitlines()
            yield from _others(self.failures[1:])
        elif not self.matches:
            yield "no event of its type can satisfy the condition"
        if self.resolved:
            yield f"with the paths as the kernel resolved them: {self.resolved[0].text}"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "rule": self.rule,
            "enabled": self.enabled,
            "matches": self.matches,
            "binding": self.binding,
            "tried": self.tried,
            "failures": [failure.to_dict() for failure in self.failures],
            "resolved": [failure.to_dict() for failure in self.resolved],
        }


def _others(failures: tuple[Failure, ...]) -> Iterator[str]:
    """Yield alternatives that failed as well, if they are few."""
    for failure in failures[:_SHOWN]:
        place = failure.span.text.place(failure.span.start)
        yield f"and: {failure.text} ({place.file}:{place.line}:{place.column})"
    if len(failures) > _SHOWN:
        yield f"and {len(failures) - _SHOWN} more"


def brief(check: CompiledCheck) -> str:
    """Return a check as text, with only the first constants of a long list."""
    text = str(check)
    for shown in range(min(_SHOWN, len(check.operand) - 2), 0, -1):
        if len(text) <= _WIDTH:
            break
        text = str(replace(check, operand=check.operand[:shown]))
        text = f"{text.removesuffix(')')}, … {len(check.operand) - shown} more)"
    return text


class Explainer:
    """Explanation of the results of one rule set."""

    def __init__(self, files: RuleFiles, compiled: Compiled) -> None:
        """Prepare ``compiled`` rules without errors."""
        self._solo_rules = SoloRules(files, compiled)
        self._known: dict[int, tuple[SoloRule, RuleProgram]] = {}
        self._evaluators: dict[int, Evaluator] = {}

    def solo_rule(self, index: int) -> SoloRule:
        """Return the compiled rule at this index, compiled alone."""
        return self._rule(index)[0]

    def verdict(self, index: int, event: Mapping[str, Any]) -> Verdict:
        """Evaluate a rule for an event, and explain the result.

        Args:
            index: index of the rule among the compiled rules.
            event: values of fields by name, as for :meth:`tiercel.Engine.evaluate`.

        Raises:
            EventError: as from :meth:`tiercel.Engine.evaluate`.
        """
        solo_rule, program = self._rule(index)
        evaluator = self._evaluators.setdefault(index, Evaluator(program, ProcessTable()))
        event = {_TIME: time.time_ns(), **event}
        alerts = evaluator.evaluate_fields(event)
        if alerts:
            return _match(solo_rule, alerts)
        return _no_match(solo_rule, str(event["evt.type"]), lambda: evaluator.trace(event, 0))

    def recorded(self, index: int, capture: Replay, event_type: str) -> Verdict:
        """Evaluate a rule for the current event of a capture, which has this type, and explain the result."""
        solo_rule, program = self._rule(index)
        alerts = capture.evaluate(program)
        if alerts:
            return _match(solo_rule, alerts)
        return _no_match(solo_rule, event_type, lambda: capture.trace(program, 0), is_recorded=True)

    def _rule(self, index: int) -> tuple[SoloRule, RuleProgram]:
        known = self._known.get(index)
        if known is None:
            solo_rule = self._solo_rules.solo_rule(index)
            known = self._known[index] = (solo_rule, RuleProgram(solo_rule.program))
        return known


def _match(solo_rule: SoloRule, alerts: Sequence[RawAlert]) -> Verdict:
    return Verdict(solo_rule.rule.name, solo_rule.rule.enabled, matches=True, binding=alerts[0].binding)


def _no_match(
    solo_rule: SoloRule, event_type: str, trace: Callable[[], Iterable[TraceStep]], *, is_recorded: bool = False
) -> Verdict:
    name, enabled = solo_rule.rule.name, solo_rule.rule.enabled
    row = EVENT_BY_NAME["syscall" if event_type in (SYSCALL_NAMES if is_recorded else GENERIC) else event_type]
    part = solo_rule.part(row.code)
    if part is None:
        values: dict[object, str] = {Read("evt.type"): event_type, Read("evt.dir"): row.direction}
        untried = (
            Failure(leaf.check, False, values.get(leaf.check.left), None, leaf.span)
            for leaf in solo_rule.undecided(row)
        )
        return Verdict(name, enabled, matches=False, tried=False, failures=tuple(untried))
    seen: dict[str, dict[CompiledCheck, TraceStep]] = {}
    for step in trace():
        check = solo_rule.program.checks[solo_rule.program.nodes[step.node].check]
        seen.setdefault(step.binding, {})[check] = step
    found = [_failures(part.cond, steps) for steps in seen.values()]
    failures, resolved = (*found, (), ())[:2]  # empty for a condition that no event of the type can satisfy
    return Verdict(name, enabled, matches=False, failures=failures, resolved=() if resolved == failures else resolved)


def _failures(cond: Any, seen: Mapping[CompiledCheck, TraceStep]) -> tuple[Failure, ...]:
    leaves = deciding_checks(cond, lambda leaf: seen[leaf.check].result if leaf.check in seen else None)
    steps = ((leaf, seen[leaf.check]) for leaf in leaves if leaf.check in seen)
    return tuple(Failure(leaf.check, step.result, step.value, step.right, leaf.span) for leaf, step in steps)


def _saw(source: object, value: Any) -> str:
    if value is None or value == []:
        return f"{source} has no value"
    if isinstance(value, (str, bytes)):
        return f'{source} is "{escape(value_text(value, "dec"))}"'
    fmt = FIELD_BY_NAME[source.field].fmt if isinstance(source, Read) else "dec"
    return f"{source} is {escape(value_text(value, fmt))}"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value_text(value, "dec")
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
