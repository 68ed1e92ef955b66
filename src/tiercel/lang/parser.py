# SPDX-License-Identifier: Apache-2.0
"""Parser of conditions.

The grammar is Falco's (``or`` binds weaker than ``and``, ``and`` weaker than ``not``).  Groups are kept on an explicit
stack, so that :data:`MAX_DEPTH` limits the nesting, and not Python's stack.
"""

from __future__ import annotations

from typing import Final, NoReturn

from tiercel.errors import RulesError
from tiercel.lang.ast import And, Call, Check, Cond, FieldName, MacroName, Not, Or, Value
from tiercel.lang.checks import MAX_CALLS, CheckParser
from tiercel.lang.diagnostics import show, word
from tiercel.lang.hints import FOREIGN, call_hint, check_hint, following_hint, macro_hint
from tiercel.lang.lexer import LexError
from tiercel.lang.text import Span, Text

__all__ = ["MAX_DEPTH", "parse", "parse_field", "parse_text"]

_ABOUT_THE_LAST: Final = frozenset({"E121", "E140", "E141"})  # errors whose cause is the last check

MAX_DEPTH: Final = 200
"""Limit of the nesting of parentheses; Falco's limit for rules is about the same."""


def parse(condition: str | Text, *, max_depth: int = MAX_DEPTH) -> Cond:
    """Return the tree of a condition.

    Args:
        condition: the characters, or a text with their origins.
        max_depth: limit of the nesting of parentheses, and of transformers.

    Raises:
        RulesError: E12x and E13x, the first syntax error.
    """
    text = Text.of(condition) if isinstance(condition, str) else condition
    try:
        return parse_text(text, max_depth=max_depth)
    except LexError as error:
        raise RulesError([word(error.code, error.span, error.values)]) from None


def parse_text(text: Text, *, max_depth: int = MAX_DEPTH) -> Cond:
    """Like :func:`parse`, for callers that report the error themselves.

    Raises:
        LexError: the first syntax error.
    """
    parser = _Parser(text, max_depth)
    try:
        return parser.condition()
    except LexError as error:
        error.before = tuple(parser.read[:-1] if error.code in _ABOUT_THE_LAST else parser.read)
        raise


def parse_field(text: Text) -> FieldName | Call:
    """Parse a text that is one field or transformer, as in outputs and exceptions.

    Raises:
        LexError: the text is not one field or transformer.
    """
    parser = CheckParser(text)
    operand = parser.left()
    if operand is None or parser.lexer.at != len(text.value):
        raise LexError("E124", parser.lexer.rest(), found=show(text.value), suggestion=check_hint(""))
    return operand


class _Group:
    """Terms read so far between one pair of parentheses; the whole condition is a group, too."""

    __slots__ = ("after_sealed", "ands", "negated", "not_at", "ors", "paren", "sealed", "start")

    def __init__(
        self, start: int, paren: int = -1, *, negated: bool = False, not_at: int = -1, sealed: bool = False
    ) -> None:
        self.start = start
        self.paren = paren
        self.ors: list[Cond] = []
        self.ands: list[Cond] = []
        self.negated = negated
        self.not_at = not_at
        self.sealed = sealed  # directly after `or`: `or(x)` is a whole alternative, no `and` may follow it
        self.after_sealed = False


class _Parser(CheckParser):
    def __init__(self, text: Text, max_depth: int) -> None:
        super().__init__(text, min(max_depth, MAX_CALLS))
        self.max_depth = max_depth
        self.read: list[Check | MacroName] = []

    def condition(self) -> Cond:
        lexer = self.lexer
        if not lexer.source.strip():
            self.fail("E120", lexer.text.span())
        groups = [_Group(start=0)]
        sealed = False
        while True:
            node = self._check(groups, sealed)
            sealed = False
            while True:
                groups[-1].ands.append(node)
                lexer.blanks()
                word = self._junction(groups[-1])
                if word:
                    sealed = word == "or("
                    break
                closing = groups[-1]
                if len(groups) == 1:
                    if lexer.at < len(lexer.source):
                        self._unexpected(closing)
                    return self._close(closing)
                if not lexer.symbol(")"):
                    self._unclosed(closing)
                groups.pop()
                node = self._negate(closing, self._close(closing))
                groups[-1].after_sealed = closing.sealed

    def _check(self, groups: list[_Group], sealed: bool) -> Cond:
        """Parse the ``not`` and ``(`` before a check, open groups, then parse the check."""
        lexer = self.lexer
        while True:
            lexer.blanks()
            negated, not_at = self._nots()
            if not lexer.symbol("("):
                node = self.comparison()
                self.read.append(node)
                return Not(node, lexer.span(not_at)) if negated else node
            paren = lexer.at - 1
            if len(groups) > self.max_depth:
                self.fail("E133", lexer.span(paren), limit=self.max_depth)
            lexer.blanks()
            groups.append(_Group(lexer.at, paren, negated=negated, not_at=not_at, sealed=sealed))
            sealed = False

    def _nots(self) -> tuple[bool, int]:
        """Consume any number of ``not``; each toggles."""
        lexer = self.lexer
        negated, first = False, -1
        while lexer.source.startswith("not", lexer.at):
            after = lexer.source[lexer.at + 3 : lexer.at + 4]
            if after != "(" and (not after or after not in " \t\b\r\n"):
                break
            if first < 0:
                first = lexer.at
            lexer.at += 3
            lexer.blanks()
            negated = not negated
            if after == "(":
                break
        return negated, first

    def _junction(self, group: _Group) -> str:
        """Consume ``and`` or ``or``; return the word, with a directly adjacent parenthesis, or an empty text."""
        lexer = self.lexer
        for name in ("and", "or"):
            if lexer.source.startswith(name, lexer.at) and not (name == "and" and group.after_sealed):
                start = lexer.at
                lexer.at += len(name)
                touching = lexer.peek() == "("
                if not touching and not lexer.blanks():
                    self.fail("E122", lexer.span(start), word=name)
                if name == "or":
                    self._end_and(group)
                group.after_sealed = False
                return name + "(" * touching
        return ""

    def _end_and(self, group: _Group) -> None:
        terms = group.ands
        if len(terms) == 1:
            group.ors.append(terms[0])
        else:
            group.ors.append(And(tuple(terms), _around(terms, None)))
        group.ands = []

    def _close(self, group: _Group) -> Cond:
        """Return the node of a group after its last check."""
        start = group.start
        if not group.ors:
            terms = group.ands
            return terms[0] if len(terms) == 1 else And(tuple(terms), _around(terms, start))
        self._end_and(group)
        return Or(tuple(group.ors), _around(group.ors, start))

    def _negate(self, group: _Group, node: Cond) -> Cond:
        return Not(node, self.lexer.span(group.not_at)) if group.negated else node

    # -- findings ------------------------------------------------------------------------------------------------

    def _unexpected(self, group: _Group) -> NoReturn:
        """Raise the error for a check that neither ``and``, ``or`` nor the end follows."""
        lexer = self.lexer
        rest, last = lexer.rest(), group.ands[-1]
        value = last.right if isinstance(last, Check) and isinstance(last.right, Value) else None
        if group.after_sealed and lexer.source.startswith("and", lexer.at):
            self.fail("E139", rest)
        if isinstance(last, MacroName):
            hint = call_hint(last.name) if lexer.peek() == "(" else macro_hint(last.name, rest.value)
            self.fail("E140", last.span, name=show(last.name), found=self.found(), suggestion=hint)
        if lexer.peek() == "(" and value is not None:
            word = value.span.value
            self.fail("E141", value.span, word=show(word), suggestion=call_hint(word))
        if lexer.peek() == ")":
            self.fail("E138", rest)
        hint = FOREIGN.get(rest.value, "") or following_hint(rest.value)
        if not hint and value is not None:
            hint = "put a value that contains blanks or `,` `=` in quotes"
        if not hint and isinstance(last, Check) and last.op == "exists":
            hint = "`exists` takes no value"
        self.fail("E121", rest, found=self.found(), suggestion=hint)

    def _unclosed(self, group: _Group) -> NoReturn:
        if self.at_end():
            self.fail("E123", self.lexer.text.span(group.paren, group.paren + 1))
        self._unexpected(group)


def _around(terms: list[Cond], start: int | None) -> Span:
    first, last = terms[0].span, terms[-1].span
    return Span(first.text, first.start if start is None else start, last.end)
