# SPDX-License-Identifier: Apache-2.0
"""Runs tests of rules: each event against all rules, and what came out against what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tiercel.alerts.alert import Alert
from tiercel.compiler import Compiled
from tiercel.engine.evaluate import Engine
from tiercel.engine.explain import Explainer, Verdict
from tiercel.engine.ruleset import Ruleset, packaged_sets
from tiercel.errors import EventError, RulesError
from tiercel.formats.values import escape, value_text
from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Report, diagnose, show
from tiercel.lang.suggest import suggest
from tiercel.lang.wildcard import fits
from tiercel.rules import Rule, RuleFiles, load_files
from tiercel.testing.events import Event
from tiercel.testing.model import Case, Expected, Name, Suite
from tiercel.testing.reading import read_suite

__all__ = ["Library", "Problem", "RuleTests"]


@frozen
class Problem:
    """One way in which a test failed.

    Attributes:
        rule: name of the rule.
        text: what is wrong with it.
        event: the event that shows it.
        verdict: why the rule did not match, if that is what is wrong.
    """

    rule: str
    text: str
    event: Event
    verdict: Verdict | None = None


class Library:
    """Rules that tests need, loaded and compiled once however many files name them."""

    def __init__(self) -> None:
        self._files: dict[tuple[Path, ...], RuleFiles] = {}
        self._rules: dict[tuple[tuple[Path, ...], tuple[Name, ...], tuple[Name, ...]], Ruleset] = {}

    def files(self, paths: tuple[Path, ...]) -> RuleFiles:
        """Return what some rule files define; the packaged ones if there are no paths."""
        found = self._files.get(paths)
        if found is None:
            found = self._files[paths] = load_files(paths or packaged_sets())
        return found

    def rules(self, suite: Suite) -> Ruleset:
        """Return the rules of a file of tests, switched on and off as it says.

        Raises:
            RulesError: the rules have errors.
        """
        key = (suite.rules, suite.enable, suite.disable)
        found = self._rules.get(key)
        if found is None:
            found = self._rules[key] = Ruleset(self.files(suite.rules), _selection(suite))
        return found


class RuleTests:
    """The tests of one file, ready to run.

    Attributes:
        suite: what the file says.
    """

    def __init__(self, path: Path, library: Library) -> None:
        """Read the file and compile its rules.

        Raises:
            RulesError: something is wrong with the file, or with its rules.
        """
        report = Report()
        suite = read_suite(path, report)
        if suite is None:
            raise RulesError(tuple(report))
        self.suite = suite
        rules = library.rules(suite)
        _check_names(suite, rules, report)
        if report.errors:
            raise RulesError(tuple(report))
        self._compiled: Compiled = rules.compile(suite.path_matching)
        self._engine = Engine(rules, path_matching=suite.path_matching, rule_matching="all")
        self._explainer = Explainer(library.files(suite.rules), self._compiled)

    def run(self, case: Case) -> tuple[Problem, ...]:
        """Return everything that is not as a test expects it; nothing if it passes.

        Raises:
            RulesError: E619, an event cannot be evaluated.
        """
        return tuple(problem for event in case.events for problem in self._run(case, event))

    def _run(self, case: Case, event: Event) -> Iterator[Problem]:
        try:
            alerts = {alert.rule: alert for alert in self._engine.evaluate(event.fields)}
        except EventError as error:
            raise RulesError([diagnose("E619", event.span, problem=error.text)]) from error
        for expected in case.expected or ():
            alert = alerts.get(expected.rule.text)
            if alert is None:
                verdict = self._verdict(expected.rule.text, event)
                yield Problem(expected.rule.text, "should match, but does not", event, verdict)
            else:
                yield from (Problem(alert.rule, text, event) for text in _differences(expected, alert))
        wanted = {expected.rule.text for expected in case.expected or ()}
        refused = {name.text for name in case.refused}
        for rule in alerts:
            if rule in refused or (case.expected is not None and not refused and rule not in wanted):
                yield Problem(rule, "should not match, but does", event)

    def _verdict(self, rule: str, event: Event) -> Verdict:
        index = next(number for number, row in enumerate(self._compiled.rules) if row.name == rule)
        return self._explainer.verdict(index, event.fields)


def _selection(suite: Suite) -> Callable[[Rule], bool]:
    return lambda rule: (rule.enabled or _fits_any(rule, suite.enable)) and not _fits_any(rule, suite.disable)


def _fits_any(rule: Rule, names: Iterable[Name]) -> bool:
    return any(fits(rule.name, name.text) for name in names)


def _check_names(suite: Suite, rules: Ruleset, report: Report) -> None:
    """Report names of rules that do not exist, or that cannot match because they are switched off."""
    known = [rule.name for rule in rules.rules]
    enabled = frozenset(rule.name for rule in rules.enabled)
    for name in (*suite.enable, *suite.disable):
        if not any(fits(rule, name.text) for rule in known):
            report.add("E615", name.span, name=show(name.text), suggestion=suggest(name.text, known))
    for case in suite.cases:
        expected = [entry.rule for entry in case.expected or ()]
        for name in (*expected, *case.refused):
            if name.text not in known:
                report.add("E615", name.span, name=show(name.text), suggestion=suggest(name.text, known))
        for name in expected:
            if name.text in known and name.text not in enabled:
                report.add("E618", name.span, name=show(name.text))


# -- alerts ------------------------------------------------------------------------------------------------------------


def _differences(expected: Expected, alert: Alert) -> Iterator[str]:
    if expected.priority is not None and alert.priority is not expected.priority:
        yield f"its priority is {alert.priority}, not {expected.priority}"
    if expected.output is not None and not fits(alert.message.strip(), expected.output):
        yield f'its output is "{escape(alert.message.strip())}", which does not fit "{expected.output}"'
    yield from _field_differences(expected.fields, alert.fields)


def _field_differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if name not in found:
            yield f"its output does not name {name}"
        elif found[name] != value:
            yield f"{name} is {_written(found[name])}, not {_written(value)}"


def _written(value: Any) -> str:
    if value is None:
        return "without a value"
    text = escape(value_text(value, "dec"))
    return f'"{text}"' if isinstance(value, str) else text
