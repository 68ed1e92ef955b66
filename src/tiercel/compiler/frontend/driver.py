# SPDX-License-Identifier: Apache-2.0
"""Driver of the front end: incremental checks of rules, one stage (file) after the other.

Each file must be valid together with the files before it, so all rules are checked after every file. Results that the
file cannot have changed are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

from tiercel.compiler.frontend.config_additions import NO_ADDITIONS, Additions
from tiercel.compiler.frontend.falco_event_sets import Sets, event_set
from tiercel.compiler.frontend.lints import lint_condition, lint_output, lint_rule, without_removed
from tiercel.compiler.frontend.list_expansion import Lists, is_word, words
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.frontend.mode_lints import lint_modes
from tiercel.compiler.frontend.output_template import Template, parse_template
from tiercel.compiler.ir.tree import Failed, Tree, failed
from tiercel.frozen import frozen, replace
from tiercel.lang.ast import Cond, MacroName
from tiercel.lang.diagnostics import Diagnostic, Report, as_warning, diagnose, note, show
from tiercel.lang.suggest import closest
from tiercel.lang.text import Text
from tiercel.rules.exceptions import full_condition
from tiercel.rules.model import Rule, Stage

if TYPE_CHECKING:
    from tiercel.compiler.pipeline import Pipeline

__all__ = ["CheckedRule", "Frontend"]

# Errors that `skip-if-unknown-filter` turns into a warning, as in Falco: unknown fields, invalid arguments, events.
_SKIPPABLE: Final = frozenset({"E201", "E205", "E208"})
# Errors in outputs that stay errors: an incomplete `%`.
_NOT_SKIPPABLE: Final = frozenset({"E143", "E270", "E271"})


@frozen
class CheckedRule:
    """Rule without errors.

    Attributes:
        rule: the rule as defined.
        cond: its typed and folded condition.
        template: its output.
    """

    rule: Rule
    cond: Tree
    template: Template


@frozen
class _Result:
    """Result of the checks of a rule.

    Attributes:
        rule: the rule as defined.
        tree: its condition with macro names, or :class:`Failed`.
        names: words in its condition.
        checked: the checked rule, if it has no errors.
        warnings: warnings, to be reported unless a later file changes the rule.
    """

    rule: Rule
    tree: Cond | Failed
    names: frozenset[str]
    checked: CheckedRule | None
    warnings: tuple[Diagnostic, ...]


class Frontend:
    """Runner of the passes up to ``fold`` and of the lints; keeps results between stages."""

    def __init__(
        self, report: Report, sources: Collection[str], pipeline: Pipeline, additions: Additions = NO_ADDITIONS
    ) -> None:
        self._report = report
        self._sources = sources
        self._additions = additions
        self._pipeline = pipeline
        self._sets: Sets = {}
        self._results: dict[str, _Result] = {}
        self._macro_words: dict[str, tuple[Text, frozenset[str]]] = {}
        self._warnings: list[Diagnostic] = []
        self._before: tuple[Stage, MacroTable] | None = None

    def stage(self, stage: Stage) -> list[CheckedRule]:
        """Check all definitions after one file; return the rules without errors, in matching order."""
        lists = Lists(stage.lists)
        dirty = self._dirty(stage)
        macro_table = MacroTable(
            lists,
            stage.macros,
            broken=stage.broken,
            complete=stage.complete,
            before=self._before[1] if self._before else None,
            dirty=dirty,
        )
        self._before = (stage, macro_table)
        self._pipeline.macros = macro_table
        for name in stage.macros:
            filled = macro_table.macro(name)
            if isinstance(filled, Failed):
                self._keep(filled.findings)
        everything = self._phrases_changed(stage)
        for name, rule in stage.rules.items():
            known = self._results.get(name)
            if everything or known is None or known.rule is not rule or not dirty.isdisjoint(known.names):
                self._results[name] = self._check(rule, macro_table)
        results = (self._results[name].checked for name in stage.rules)
        return [checked for checked in results if checked is not None]

    def warn(self) -> None:
        """Report warnings about the definitions after the last file, and about unused ones."""
        if self._before is None:
            return
        stage, macro_table = self._before
        linted: set[str] = set()
        for name in stage.rules:
            result = self._results[name]
            self._keep(result.warnings)
            if result.checked is not None:
                self._lint(result.tree, macro_table, linted)
        self._warn_unused(stage, macro_table)

    def _warn_unused(self, stage: Stage, macro_table: MacroTable) -> None:
        trees = [macro_table.parsed(name) for name in stage.macros]
        results = [result for result in self._results.values() if result.rule.source in self._sources]
        trees += [result.tree for result in results]
        if not stage.complete or any(isinstance(tree, Failed) for tree in trees):
            return  # conditions with errors, or unreadable ones, may use any item
        macros = frozenset().union(*map(macro_table.macro_names, trees))
        names = frozenset().union(
            *(result.names for result in results),
            *(self._words_of_macro(name, stage) for name in stage.macros),
            *({item.value for item in definition.items} - {name} for name, definition in stage.lists.items()),
        )
        unknown = names - {*stage.lists, *stage.macros}
        for macro in stage.macros.values():
            if macro.name not in macros:
                self._report.add("W503", macro.span, item=f'macro "{macro.name}"', name=macro.name)
        for definition in stage.lists.values():
            if definition.name not in names and not self._names_phrase(definition.name, stage):
                hint = _unused_hint(definition.name, unknown)
                item = f'list "{definition.name}"'
                self._report.add("W504", definition.span, item=item, name=definition.name, suggestion=hint)

    def _names_phrase(self, name: str, stage: Stage) -> bool:
        """Return whether a condition contains a list name that is not one word."""
        texts = (*(rule.condition for rule in stage.rules.values()), *(m.condition for m in stage.macros.values()))
        return not is_word(name) and any(name in text.value for text in texts)

    # -- what a file changes -------------------------------------------------------------------------------------

    def _dirty(self, stage: Stage) -> frozenset[str]:
        """Return the macros and lists that a file changed, directly or through others."""
        broken = self._before[0].broken if self._before else frozenset()
        dirty = {*stage.changed, *(stage.broken ^ broken)}
        if self._before is None:
            return frozenset(dirty)
        if self._phrases_changed(stage):
            return frozenset({*dirty, *stage.macros, *stage.lists})
        growing = True
        while growing:
            found = {name for name in stage.macros if name not in dirty and dirty & self._words_of_macro(name, stage)}
            found |= {
                name
                for name, definition in stage.lists.items()
                if name not in dirty and any(word in dirty for item in definition.items for word in words(item.value))
            }
            dirty |= found
            growing = bool(found)
        return frozenset(dirty)

    def _phrases_changed(self, stage: Stage) -> bool:
        """Return whether a file changed a list whose name is not one word; its uses are unknown."""
        return any(name in stage.lists and not is_word(name) for name in stage.changed)

    def _words_of_macro(self, name: str, stage: Stage) -> frozenset[str]:
        condition = stage.macros[name].condition
        known = self._macro_words.get(name)
        if known is None or known[0] is not condition:
            known = self._macro_words[name] = (condition, words(condition.value))
        return known[1]

    # -- one rule ------------------------------------------------------------------------------------------------

    def _check(self, rule: Rule, macro_table: MacroTable) -> _Result:
        text = full_condition(rule)
        tree = self._pipeline.run(text, "parse", "parse")
        self._warnings.clear()
        checked = self._checked(rule, tree, macro_table) if rule.source in self._sources else None
        return _Result(rule, tree, words(text.value), checked, tuple(self._warnings))

    def _checked(self, rule: Rule, parsed: Cond | Failed, macro_table: MacroTable) -> CheckedRule | None:
        written = parsed if isinstance(parsed, Failed) else self._expand(parsed)
        typed = written if isinstance(written, Failed) else self._types(written)
        if isinstance(typed, Failed):
            before = written.before if isinstance(written, Failed) else ()
            macros = (leaf for leaf in before if isinstance(leaf, MacroName))
            checks = macro_table.known_checks(parsed)
            typed = failed([written, *map(self._expand, macros), *map(self._types, checks)])
        template = self._template(rule)
        if isinstance(written, Failed) or isinstance(typed, Failed) or isinstance(template, tuple):
            findings = template if isinstance(template, tuple) else ()
            self._report_failure(rule, (*findings, *(typed.findings if isinstance(typed, Failed) else ())))
            return None
        cond = self._pipeline.run(typed, "fold", "fold")
        self._warnings += lint_rule(rule, written, cond, event_set(written, self._sets), self._types, template)
        self._warnings += lint_modes(written, self._sets)
        return CheckedRule(rule, cond, template)

    def _expand(self, parsed: Cond | Failed) -> Any:
        return self._pipeline.run(parsed, "expand", "expand")

    def _types(self, written: Any) -> Any:
        """Return a tree with typed checks, or :class:`Failed`."""
        return self._pipeline.run(written, "fill_statics", "typecheck")

    def _template(self, rule: Rule) -> Template | tuple[Diagnostic, ...]:
        """Return the output of a rule with additions from the configuration, or the findings about it."""
        if not rule.output.value:
            return Template(())  # the loader has reported it
        text, removed = without_removed(self._additions.output_of(rule))
        self._warnings += [removed] if removed else []
        if not text.value:
            return (diagnose("E270", rule.output.span()),)
        fields = self._additions.fields_of(rule)
        template = parse_template(text, self._additions.statics, fields)
        if isinstance(template, Template):
            self._warnings += template.warnings
            for shown in (text, *(field for field, _ in fields.values())):
                self._warnings += lint_output(shown)
        return template

    def _lint(self, parsed: Cond | Failed, macro_table: MacroTable, linted: set[str]) -> None:
        """Warn about the checks of a rule, and once about the checks of each macro that it uses."""
        self._keep(lint_condition(parsed, self._types, macro_table.lists))
        waiting = list(macro_table.macro_names(parsed))
        while waiting:
            name = waiting.pop()
            if name not in linted:
                linted.add(name)
                tree = macro_table.parsed(name)
                self._keep(lint_condition(tree, self._types, macro_table.lists))
                waiting.extend(macro_table.macro_names(tree))

    def _report_failure(self, rule: Rule, findings: tuple[Diagnostic, ...]) -> None:
        """Report all errors of a rule; the first one decides whether it can be skipped, since Falco stops there."""
        skipped = rule.skip_if_unknown_filter and bool(findings) and _is_skippable(findings[0])
        for finding in findings:
            if skipped and not _is_skippable(finding):
                continue
            if finding.item != rule.item:
                used = note(f"used by {rule.item}", rule.condition.span())
                finding = replace(finding, notes=(*finding.notes, used))  # noqa: PLW2901 - the same finding, explained
            if rule.skip_if_unknown_filter and _is_skippable(finding):
                finding = as_warning(finding, "W514")  # noqa: PLW2901 - the same finding, as a warning
            self._report.keep(finding)

    def _keep(self, findings: Iterable[Diagnostic]) -> None:
        for finding in findings:
            self._report.keep(finding)


def _is_skippable(finding: Diagnostic) -> bool:
    in_output = finding.falco == "LOAD_ERR_COMPILE_OUTPUT"
    return finding.code not in _NOT_SKIPPABLE if in_output else finding.code in _SKIPPABLE


def _unused_hint(name: str, names: frozenset[str]) -> str:
    close = closest(name, names) if "_" in name else ""
    return f"is it meant where a condition says `{show(close)}`?" if close else "remove it, or use it in a condition"
