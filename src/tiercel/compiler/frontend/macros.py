# SPDX-License-Identifier: Apache-2.0
"""Macro table: macros of conditions, each parsed and expanded once."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tiercel.compiler.frontend.list_expansion import MAX_EXPANDED, ListExpansionError, Lists
from tiercel.compiler.ir.tree import MAX_CHECKS_TOTAL, MAX_LEVELS, Failed, Memo, rewrite
from tiercel.lang.ast import And, Check, Cond, MacroName, Not, Or, leaves
from tiercel.lang.checks import MAX_CHECKS
from tiercel.lang.diagnostics import diagnose, show, word
from tiercel.lang.grammar import KEYWORDS
from tiercel.lang.lexer import LexError
from tiercel.lang.parser import parse_text
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Text
from tiercel.rules.model import MacroDef

__all__ = ["MacroTable"]

_SILENT: Final = Failed(())
_MAX_CIRCLE: Final = 10  # macros of a circle in a message
_WITH_LISTS: Final = "more, with its lists pasted in"


def _leaves(cond: Cond | Failed) -> Iterator[Check | MacroName]:
    return iter(cond.before) if isinstance(cond, Failed) else leaves(cond)


def _is_about_list(error: LexError) -> bool:
    """Return whether a list is in an invalid place: at its commas, or with its first item as the start of a check."""
    return error.span.value.startswith((",", " ")) or error.code in {"E124", "E140"}


class MacroTable:
    """Macros and lists of one stage.

    Attributes:
        checks: number of checks in all expanded conditions.
    """

    def __init__(
        self,
        lists: Lists,
        macros: Mapping[str, MacroDef],
        *,
        broken: Iterable[str] = (),
        complete: bool = True,
        before: MacroTable | None = None,
        dirty: AnyOf[str] = (),
    ) -> None:
        """Start a stage.

        Args:
            lists: its lists.
            macros: its macros.
            broken: names of unreadable macros.
            complete: false if unreadable macros may exist; unknown macros are then not reported.
            before: the previous stage, whose results are kept except for ``dirty`` macros.
            dirty: names of macros to process again.
        """
        self._lists = lists
        self._macros = macros
        self._broken = frozenset(broken)
        self._complete = complete
        self._parsed: dict[str, Cond | Failed] = {}
        self._filled: dict[str, Cond | Failed] = {}
        self._sizes: dict[int, tuple[Cond, int, int]] = {}
        self.checks = 0
        if before is not None:
            self._parsed = {name: cond for name, cond in before._parsed.items() if name not in dirty}
            self._filled = {name: cond for name, cond in before._filled.items() if name not in dirty}
            self._sizes = before._sizes

    @property
    def lists(self) -> frozenset[str]:
        """Names of the lists."""
        return self._lists.names

    def parse(self, text: Text) -> Cond | Failed:
        """Return the tree of a condition with its lists expanded; macros are still names."""
        try:
            return parse_text(self._lists.expand(text))
        except ListExpansionError as error:
            limit = f"{MAX_EXPANDED:,} characters"
            return Failed((diagnose("E112", error.span, what="the condition", size=_WITH_LISTS, limit=limit),))
        except LexError as error:
            pasted = self._lists.named_at(error.span) if _is_about_list(error) else None
            if pasted is not None:
                name, content = pasted
                return Failed(
                    (diagnose("E147", name, name=show(name.value), content=f"`{show(content)}`"),), error.before
                )
            return Failed((word(error.code, error.span, error.values),), error.before)

    def parsed(self, name: str) -> Cond | Failed:
        """Return a macro's tree with macro names in it."""
        self.macro(name)
        return self._parsed[name]

    def macro(self, name: str) -> Cond | Failed:
        """Return a macro's tree with its macros expanded."""
        if name not in self._filled:
            self._fill_in_order(name)
        return self._filled[name]

    def fill(self, cond: Cond, visibility: int | None = None) -> Cond | Failed:
        """Return a tree with its macros expanded.

        Args:
            cond: the tree.
            visibility: only macros with a smaller index are visible; None for rules, for which all are.
        """

        def leaf(node: Any) -> Any:
            if not isinstance(node, MacroName):
                return node
            definition = self._macros.get(node.name)
            if definition is None and (node.name in self._broken or not self._complete):
                return _SILENT
            if definition is None or (visibility is not None and definition.index >= visibility):
                hint = self._hint(node.name, later=definition is not None)
                return Failed((diagnose("E202", node.span, name=show(node.name), suggestion=hint),))
            return self.macro(node.name)

        memo: Memo[Cond, Cond | Failed] = {}
        result = rewrite(cond, leaf, memo)
        return result if isinstance(result, Failed) else self._bounded(result)

    def known_checks(self, cond: Cond | Failed) -> Iterator[Check]:
        """Yield the checks of a parsed tree from left to right, including those of readable macros."""
        waiting, seen = [_leaves(cond)], set[str]()
        while waiting:
            leaf = next(waiting[-1], None)
            if leaf is None:
                waiting.pop()
            elif isinstance(leaf, Check):
                yield leaf
            elif leaf.name in self._macros and leaf.name not in seen:
                seen.add(leaf.name)
                waiting.append(_leaves(self.parsed(leaf.name)))

    def _hint(self, name: str, *, later: bool) -> str:
        if name in KEYWORDS:
            return f"write a check after `{name}`"
        if later:
            return f"move `{name}` before this macro: macros see earlier macros only"
        if name in self.lists:
            return f"`{name}` is a list, which stands on the right of `in`"
        return suggest(name, self._macros)

    def _fill_in_order(self, name: str) -> None:
        """Expand a macro after the macros that it uses, with an explicit stack, since chains can be long."""
        stack: list[tuple[str, list[str]]] = [(name, self._unfilled(name))]
        path = [name]
        while stack:
            current, waiting = stack[-1]
            if waiting:
                other = waiting.pop()
                if other in self._filled:
                    continue
                if other in path:
                    circle = [*path[path.index(other) :], other]
                    self._refuse_circle(circle)
                    continue
                stack.append((other, self._unfilled(other)))
                path.append(other)
                continue
            stack.pop()
            path.pop()
            if current not in self._filled:
                parsed = self._parsed[current]
                visibility = self._macros[current].visibility
                self._filled[current] = parsed if isinstance(parsed, Failed) else self.fill(parsed, visibility)

    def _unfilled(self, name: str) -> list[str]:
        """Parse a macro; return the macros that it uses, possibly itself."""
        definition = self._macros[name]
        parsed = self._parsed[name] = self.parse(definition.condition)
        if isinstance(parsed, Failed):
            return []
        found = (leaf.name for leaf in leaves(parsed) if isinstance(leaf, MacroName))
        return [
            other
            for other in dict.fromkeys(found)
            if other in self._macros and (other == name or self._macros[other].index < definition.visibility)
        ]

    def macro_names(self, cond: Cond | Failed) -> frozenset[str]:
        """Return the names of macros in a parsed tree."""
        return frozenset(leaf.name for leaf in _leaves(cond) if isinstance(leaf, MacroName))

    def _refuse_circle(self, circle: list[str]) -> None:
        first = circle[0]
        parsed = self._parsed[circle[-2]]
        assert not isinstance(parsed, Failed)
        use = next(leaf for leaf in leaves(parsed) if isinstance(leaf, MacroName) and leaf.name == first)
        shown = circle if len(circle) <= _MAX_CIRCLE else [*circle[: _MAX_CIRCLE - 2], "…", circle[-1]]
        path = " → ".join(map(show, shown))
        failure = Failed((diagnose("E210", use.span, name=show(first), path=path),))
        for name in circle:
            self._filled[name] = failure

    def _bounded(self, cond: Cond) -> Cond | Failed:
        """Refuse a tree that is too large or too deep for the passes."""
        size, depth = self._measure(cond)
        if depth > MAX_LEVELS:
            return Failed((diagnose("E230", cond.span, depth=depth, limit=MAX_LEVELS),))
        self.checks += size
        if size > MAX_CHECKS:
            return Failed((diagnose("E211", cond.span, size=f"{size:,}", limit=f"{MAX_CHECKS:,}"),))
        if self.checks > MAX_CHECKS_TOTAL:
            total = f"more than {MAX_CHECKS_TOTAL:,}, counted with the other conditions,"
            return Failed((diagnose("E211", cond.span, size=total, limit=f"{MAX_CHECKS_TOTAL:,}"),))
        return cond

    def _measure(self, cond: Cond) -> tuple[int, int]:
        if isinstance(cond, Check):
            return 1, 1
        known = self._sizes.get(id(cond))
        if known is not None:
            return known[1], known[2]
        match cond:
            case And(terms) | Or(terms):
                parts = [self._measure(term) for term in terms]
                size, depth = sum(part[0] for part in parts), 1 + max(part[1] for part in parts)
            case Not(term):
                size, depth = self._measure(term)
                depth += 1
            case _:
                size, depth = 1, 1
        self._sizes[id(cond)] = (cond, size, depth)
        return size, depth
