# SPDX-License-Identifier: Apache-2.0
"""Immutable sets of loaded and compiled rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args

from tiercel import compiler
from tiercel.compiler import Additions, AppendOutput, Checked, CheckedRule, Compiled, PathMatching
from tiercel.errors import RulesError, UsageError
from tiercel.lang.diagnostics import Diagnostic
from tiercel.lang.suggest import suggest
from tiercel.lang.wildcard import fits
from tiercel.rules import Content, Priority, Rule, RuleFiles, load_files, load_text
from tiercel.rules.loader import no_rule, rule_sets

__all__ = ["Ruleset", "packaged_sets"]

_PACKAGED: Final = Path(__file__).parents[1] / "_rules"


def packaged_sets() -> list[Path]:
    """Return the folders of the packaged rule sets, in the order in which they are read."""
    return rule_sets(_PACKAGED) if _PACKAGED.is_dir() else []


class Ruleset:
    """Immutable set of rules that were loaded together and compile without errors.  Methods return new sets."""

    __slots__ = ("_checked", "_compiled", "_enabled")

    def __init__(
        self,
        files: RuleFiles,
        enabled: Callable[[Rule], bool] | None = None,
        *,
        append_output: Iterable[AppendOutput] = (),
        static_fields: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Compile ``files``; :meth:`load` and :meth:`loads` are the usual constructors.

        ``enabled`` selects the active rules, by default the rules that are enabled in the files.

        Raises:
            RulesError: the files have errors.
        """
        checked = compiler.check_rules(files, additions=Additions.of(append_output, static_fields))
        if checked.has_errors:
            raise RulesError(checked.diagnostics)
        self._hold(checked, enabled or _is_enabled)

    def _hold(self, checked: Checked, enabled: Callable[[Rule], bool]) -> None:
        self._checked = checked
        self._enabled = enabled
        self._compiled: dict[str, Compiled] = {}

    @classmethod
    def load(
        cls,
        *paths: str | os.PathLike[str] | Content,
        append_output: Iterable[AppendOutput] = (),
        static_fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Ruleset:
        """Load files in order, as one set; a rule, macro or list in a later file changes the earlier one.

        Args:
            paths: rule files, or folders with ``*.yaml`` and ``*.yml`` files.
            append_output: additions to the outputs and fields of alerts.
            static_fields: constant texts that rules can use as fields: ``{"env": "prod"}`` defines ``static.env``.

        Raises:
            RulesError: a file cannot be read or has an error, or the files contain no rule. ``diagnostics`` contains
                all errors and warnings with their positions.
            UsageError: E607, no argument, or an argument is not a path.
        """
        if not paths:
            raise UsageError(
                "E607", "no rule file is given", hint="Ruleset.packaged() has the rules that tiercel brings"
            )
        _check_paths(paths)
        files = load_files(paths)
        if not files.rules and not files.has_errors:
            raise RulesError([*files.diagnostics, no_rule(paths)])
        return cls(files, append_output=append_output, static_fields=static_fields)

    @classmethod
    def loads(
        cls,
        text: str,
        name: str = "<text>",
        *,
        append_output: Iterable[AppendOutput] = (),
        static_fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Ruleset:
        """Load the text of one rule file; ``name`` is its name in diagnostics.  ``[]`` is an empty set.

        Raises:
            RulesError: the text has an error, or is empty.
            UsageError: E607, ``text`` is not a ``str``.
        """
        _check_text(text)
        if not text.strip():
            raise RulesError([no_rule([Content(name, b"")])])
        return cls(load_text(text, name), append_output=append_output, static_fields=static_fields)

    @classmethod
    def packaged(
        cls,
        *,
        append_output: Iterable[AppendOutput] = (),
        static_fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Ruleset:
        """Load the packaged rule sets."""
        sets = packaged_sets()
        if not sets:
            raise UsageError("E607", f"no rules are installed below {_PACKAGED}", hint="reinstall tiercel")
        return cls.load(*sets, append_output=append_output, static_fields=static_fields)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in matching order, including disabled ones."""
        return self._checked.rules

    @property
    def checked_rules(self) -> tuple[CheckedRule, ...]:
        """The rules with their typed conditions and outputs."""
        return self._checked.entries

    @property
    def enabled(self) -> tuple[Rule, ...]:
        """The enabled rules."""
        return tuple(rule for rule in self.rules if self._enabled(rule))

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Diagnostics of probable mistakes, in file order."""
        return tuple(found for found in self._checked.diagnostics if found.severity == "warning")

    def matching(self, *, rule: str | None = None, tag: str | None = None) -> tuple[Rule, ...]:
        """Return the rules whose name matches ``rule`` (``*`` stands for any characters), or that have ``tag``."""
        if rule is None and tag is None:
            raise UsageError("E607", "neither a rule nor a tag is given")
        return tuple(one for one in self.rules if _fits(one, rule, tag))

    def enable(self, *, rule: str | None = None, tag: str | None = None) -> Ruleset:
        """Switch rules on; the arguments are those of :meth:`matching`.

        Raises:
            UsageError: E607, no rule has that name or tag. A pattern with ``*`` may fit no rule.
        """
        return self._switch(True, rule, tag)

    def disable(self, *, rule: str | None = None, tag: str | None = None) -> Ruleset:
        """Switch rules off; the arguments are those of :meth:`matching`.

        Raises:
            UsageError: E607, no rule has that name or tag. A pattern with ``*`` may fit no rule.
        """
        return self._switch(False, rule, tag)

    def at_least(self, priority: Priority) -> Ruleset:
        """Disable the rules that are less urgent than ``priority``."""
        before = self._enabled
        return self._selected(lambda rule: rule.priority <= priority and before(rule))

    def compile(self, path_matching: PathMatching = "both") -> Compiled:
        """Return the compiled rules; compiled once for each ``path_matching``.

        Raises:
            UsageError: E607, ``path_matching`` has a wrong value.
        """
        if path_matching not in get_args(PathMatching):
            choices = " or ".join(get_args(PathMatching))
            raise UsageError("E607", f"path_matching is {choices}, not {path_matching!r}")
        if path_matching not in self._compiled:
            compiled = compiler.link(self._checked, path_matching=path_matching, select=self._enabled)
            self._compiled[path_matching] = compiled
        return self._compiled[path_matching]

    def __len__(self) -> int:
        return len(self.rules)

    def __repr__(self) -> str:
        return f"<Ruleset of {len(self.rules)} rules, {len(self.enabled)} enabled>"

    def _switch(self, on: bool, pattern: str | None, tag: str | None) -> Ruleset:
        before = self._enabled
        chosen = {rule.name for rule in self.matching(rule=pattern, tag=tag)}
        if not chosen and "*" not in (pattern or ""):
            raise self._unknown(pattern, tag)
        return self._selected(lambda rule: on if rule.name in chosen else before(rule))

    def _unknown(self, name: str | None, tag: str | None) -> UsageError:
        """Return the error of a selection without a rule."""
        texts, hint = [], ""
        if name is not None:
            texts.append(f"is called {name!r}")
            hint = suggest(name, [rule.name for rule in self.rules])
        if tag is not None:
            texts.append(f"has the tag {tag!r}")
            hint = hint or suggest(tag, [one for rule in self.rules for one in rule.tags])
        return UsageError("E607", f"no rule {' or '.join(texts)}", hint=hint or None)

    def _selected(self, enabled: Callable[[Rule], bool]) -> Ruleset:
        """Return the same rules with other ones enabled."""
        names = frozenset(rule.name for rule in self.rules if enabled(rule))  # not a chain of predicates
        rules = Ruleset.__new__(Ruleset)
        rules._hold(self._checked, lambda rule: rule.name in names)
        return rules


def _is_enabled(rule: Rule) -> bool:
    return rule.enabled


def _fits(rule: Rule, pattern: str | None, tag: str | None) -> bool:
    by_name = pattern is not None and fits(rule.name, pattern)
    return by_name or (tag is not None and tag in rule.tags)


def _check_paths(paths: tuple[object, ...]) -> None:
    for path in paths:
        if not isinstance(path, (str, os.PathLike, Content)):
            raise UsageError("E607", f"a rule file is a path, not {type(path).__name__}")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        hint = "Ruleset.load() reads rule files" if isinstance(text, os.PathLike) else None
        raise UsageError("E607", f"the text of a rule file is a str, not {type(text).__name__}", hint=hint)
