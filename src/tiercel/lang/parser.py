# SPDX-License-Identifier: Apache-2.0
"""Condition text to tree.

The grammar is Falco's (``or`` binds weaker than ``and``, ``and`` weaker than ``not``).  Groups are kept on a stack of
our own, so that nesting is bounded by :data:`MAX_DEPTH` and never by Python's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NoReturn

from tiercel.errors import RulesError
from tiercel.lang.ast import (
    And,
    Call,
    CallList,
    Check,
    Cond,
    FieldName,
    ListValue,
    MacroName,
    Not,
    Operand,
    Or,
    Value,
)
from tiercel.lang.diagnostics import show, word
from tiercel.lang.grammar import KEYWORDS, MODIFIERS, OPERATOR, SHAPES, TRANSFORMERS
from tiercel.lang.lexer import ARGUMENT, BARE, FIELD, HEX, IDENTIFIER, NUMBER, Lexer, LexError
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Span, Text

__all__ = ["MAX_DEPTH", "parse", "parse_field", "parse_text"]

MAX_DEPTH: Final = 200
"""Levels of parentheses that a condition may have; Falco's limit for rules comes to about as many."""

MAX_CALLS: Final = 50
"""Levels of transformers; these do use Python's stack."""


def parse(condition: str | Text, *, max_depth: int = MAX_DEPTH) -> Cond:
    """Return the tree of a condition.

    Args:
        condition: the characters, or the text that knows where they came from.
        max_depth: levels of parentheses and of transformers that are accepted.

    Raises:
        RulesError: E12x and E13x, the first thing in it that is not a condition.
    """
    text = Text.of(condition) if isinstance(condition, str) else condition
    try:
        return parse_text(text, max_depth=max_depth)
    except LexError as error:
        raise RulesError([word(error.code, error.span, error.values)]) from None


def parse_text(text: Text, *, max_depth: int = MAX_DEPTH) -> Cond:
    """Like :func:`parse`, for callers that word the error themselves.

    Raises:
        LexError: the first thing in it that is not a condition.
    """
    return _Parser(text, max_depth).condition()


def parse_field(text: Text) -> FieldName | Call:
    """Return the field or transformer that is the whole of a text, as outputs and exceptions hold them.

    Raises:
        LexError: it is something else.
    """
    parser = _Parser(text, MAX_DEPTH)
    operand = parser.left()
    if operand is None or parser.lexer.at != len(text.value):
        raise LexError("E124", parser.lexer.rest(), found=show(text.value))
    return operand


@dataclass(slots=True)
class _Group:
    """What has been read between one pair of parentheses; the whole condition is a group too."""

    start: int
    paren: int = -1
    ors: list[Cond] = field(default_factory=list)
    ands: list[Cond] = field(default_factory=list)
    negated: bool = False
    not_at: int = -1
    sealed: bool = False  # came directly after `or`: `or(x)` is a whole alternative, no `and` may follow it
    after_sealed: bool = False


class _Parser:
    def __init__(self, text: Text, max_depth: int) -> None:
        self.lexer = Lexer(text)
        self.max_depth = max_depth
        self.depth = 0

    # -- boolean structure ---------------------------------------------------------------------------------------

    def condition(self) -> Cond:
        lexer = self.lexer
        if not lexer.source.strip():
            self._fail("E120", lexer.text.span())
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
        """Read the ``not`` and ``(`` before a check, opening groups, then the check."""
        lexer = self.lexer
        while True:
            lexer.blanks()
            negated, not_at = self._nots()
            if not lexer.symbol("("):
                node = self._comparison()
                return Not(node, lexer.span(not_at)) if negated else node
            paren = lexer.at - 1
            if len(groups) > self.max_depth:
                self._fail("E133", lexer.span(paren), limit=self.max_depth)
            lexer.blanks()
            groups.append(_Group(lexer.at, paren, negated=negated, not_at=not_at, sealed=sealed))
            sealed = False

    def _nots(self) -> tuple[bool, int]:
        """Pass any number of ``not``; each toggles."""
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
        """Pass ``and`` or ``or``; return the word, with a parenthesis if one touches it, or an empty text."""
        lexer = self.lexer
        for name in ("and", "or"):
            if lexer.source.startswith(name, lexer.at) and not (name == "and" and group.after_sealed):
                start = lexer.at
                lexer.at += len(name)
                touching = lexer.peek() == "("
                if not touching and not lexer.blanks():
                    self._fail("E122", lexer.span(start), word=name)
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
        """Return the node of a group whose last check has been read."""
        start = group.start
        if not group.ors:
            terms = group.ands
            return terms[0] if len(terms) == 1 else And(tuple(terms), _around(terms, start))
        self._end_and(group)
        return Or(tuple(group.ors), _around(group.ors, start))

    def _negate(self, group: _Group, node: Cond) -> Cond:
        return Not(node, self.lexer.span(group.not_at)) if group.negated else node

    # -- checks --------------------------------------------------------------------------------------------------

    def _comparison(self) -> Check | MacroName:
        lexer = self.lexer
        start = lexer.at
        left = self.left()
        if left is None:
            name = lexer.take(IDENTIFIER)
            if name is None:
                self._fail("E124", lexer.rest(), found=self._found())
            return MacroName(name, lexer.span(start))
        lexer.blanks()
        op_at = lexer.at
        op = lexer.take(OPERATOR)
        if op is None:
            self._no_operator(left)
        shape = SHAPES[op]
        if shape == "none":
            return Check(left, op, None, None, lexer.span(start))
        modifier = None
        if shape == "text" and (modifier := self._modifier()) is not None:
            right: Operand | ListValue = self._list_or_name(op, start)
        else:
            lexer.blanks()
            right = self._right(op, shape, lexer.text.span(op_at, op_at + len(op)))
        return Check(left, op, modifier, right, lexer.span(start))

    def left(self) -> FieldName | Call | None:
        """Read a field or a transformer."""
        return self._field() or self._call(TRANSFORMERS)

    def _right(self, op: str, shape: str, op_span: Span) -> Operand | ListValue:
        lexer = self.lexer
        start = lexer.at
        if shape == "list":
            if (items := self._list()) is not None:
                return items
            if (call := self._call(("val", *TRANSFORMERS))) is not None:
                return call
            if (name := lexer.take(IDENTIFIER)) is not None:
                return Value(name.encode(), lexer.span(start))
            self._fail("E128", lexer.rest(), op=op, found=self._found())
        if (call := self._call(("val", *TRANSFORMERS))) is not None:
            return call
        if shape == "number":
            if (number := self._number()) is not None:
                return number
            self._fail("E126", lexer.rest(), op=op, found=self._found())
        value = lexer.string()
        if value is None:
            span = lexer.rest() if lexer.at < len(lexer.source) else op_span
            hint = (
                "use `in (…)` to compare with several values"
                if lexer.peek() == "("
                else "write a word, or text in quotes"
            )
            self._fail("E127", span, op=op, found=self._found(), suggestion=hint)
        return value

    def _number(self) -> Value | None:
        start = self.lexer.at
        digits = self.lexer.take(HEX) or self.lexer.take(NUMBER)
        return None if digits is None else Value(digits.encode(), self.lexer.span(start))

    def _modifier(self) -> str | None:
        """Pass ``oneof``, ``anyof`` or ``allof`` if blanks are around it and a list or name follows."""
        lexer = self.lexer
        start = lexer.at
        lexer.blanks()
        blank_before = start > 0 and lexer.source[lexer.at - 1] in " \t\b\r\n"
        word = lexer.take(IDENTIFIER) if blank_before else None
        if word in MODIFIERS and lexer.blanks():
            at = lexer.at
            if lexer.peek() == "(":
                return word
            name = lexer.take(IDENTIFIER)
            lexer.at = at
            if name is not None and name not in KEYWORDS:
                return word
        lexer.at = start
        return None

    def _list_or_name(self, op: str, start: int) -> Value | ListValue:
        items = self._list()
        if items is not None:
            return items
        at = self.lexer.at
        name = self.lexer.take(IDENTIFIER)
        if name is None:
            self._fail("E128", self.lexer.span(start), op=op, found=self._found())
        return Value(name.encode(), self.lexer.span(at))

    def _list(self) -> ListValue | None:
        """Read ``(a, 'b c', …)``."""
        lexer = self.lexer
        start = lexer.at
        if not lexer.symbol("("):
            return None
        lexer.blanks()
        if lexer.symbol(")"):
            return ListValue((), lexer.span(start))
        items: list[Value] = []
        while True:
            item = lexer.string()
            if item is None:
                self._fail("E136", lexer.rest(), found=self._found())
            items.append(item)
            lexer.blanks()
            if not lexer.symbol(","):
                break
            lexer.blanks()
        if not lexer.symbol(")"):
            self._fail("E137", lexer.rest() if lexer.at < len(lexer.source) else lexer.span(start), found=self._found())
        return ListValue(tuple(items), lexer.span(start))

    # -- fields and transformers ---------------------------------------------------------------------------------

    def _field(self) -> FieldName | None:
        lexer = self.lexer
        start = lexer.at
        name = lexer.take(FIELD)
        if name is None:
            return None
        arg = self._argument() if lexer.peek() == "[" else None
        return FieldName(name, arg, lexer.span(start))

    def _argument(self) -> str:
        lexer = self.lexer
        start = lexer.at
        lexer.symbol("[")
        quoted = lexer.quoted()
        arg = quoted.text if quoted is not None else lexer.take(ARGUMENT)
        if arg is None:
            self._fail("E129", lexer.span(start), found=self._found())
        if not lexer.symbol("]"):
            self._fail("E130", lexer.span(start), found=self._found())
        return arg

    def _call(self, names: tuple[str, ...]) -> Call | None:
        lexer = self.lexer
        start = lexer.at
        name = lexer.take(IDENTIFIER)
        if name not in names or not lexer.symbol("("):
            lexer.at = start
            return None
        self.depth += 1
        if self.depth > min(MAX_CALLS, self.max_depth):
            self._fail("E133", lexer.span(start), limit=min(MAX_CALLS, self.max_depth))
        args: list[Operand | CallList] = []
        lexer.blanks()
        if name == "val":
            field_ = self._field()
            if field_ is None:
                self._fail("E131", lexer.rest(), name=name, found=self._found())
            args.append(field_)
            lexer.blanks()
        else:
            while True:
                args.append(self._call_argument(name))
                lexer.blanks()
                if not lexer.symbol(","):
                    break
                lexer.blanks()
        if not lexer.symbol(")"):
            self._fail("E132", lexer.span(start), name=name, found=self._found())
        self.depth -= 1
        arg = self._argument() if lexer.peek() == "[" else None
        return Call(name, tuple(args), arg, lexer.span(start))

    def _call_argument(self, name: str) -> Operand | CallList:
        lexer = self.lexer
        start = lexer.at
        if not lexer.symbol("("):
            return self._call_item(name)
        items: list[Operand] = []
        lexer.blanks()
        if not lexer.symbol(")"):
            while True:
                items.append(self._call_item(name))
                lexer.blanks()
                if not lexer.symbol(","):
                    break
                lexer.blanks()
            if not lexer.symbol(")"):
                self._fail("E137", lexer.span(start), found=self._found())
        return CallList(tuple(items), lexer.span(start))

    def _call_item(self, name: str) -> Operand:
        lexer = self.lexer
        item = self._number() or lexer.quoted() or self._call(TRANSFORMERS) or self._field()
        if item is None:
            self._fail("E131", lexer.rest(), name=name, found=self._found())
        return item

    # -- findings ------------------------------------------------------------------------------------------------

    def _found(self) -> str:
        """Name what comes next, for a text."""
        span = self.lexer.rest()
        return f"`{show(span.value)}`" if span.value.strip() else "the end" if self._at_end() else "a blank"

    def _at_end(self) -> bool:
        return not self.lexer.source[self.lexer.at :].strip()

    def _fail(self, code: str, span: Span, **values: object) -> NoReturn:
        raise LexError(code, span, **values)

    def _unexpected(self, group: _Group) -> NoReturn:
        """Something other than ``and``, ``or`` or the end follows a check."""
        lexer = self.lexer
        rest, last = lexer.rest(), group.ands[-1]
        value = last.right if isinstance(last, Check) and isinstance(last.right, Value) else None
        if group.after_sealed and lexer.source.startswith("and", lexer.at):
            self._fail("E139", rest)
        if isinstance(last, MacroName):
            hint = _call_hint(last.name) if lexer.peek() == "(" else _MACRO_HINT
            self._fail("E140", last.span, name=show(last.name), found=self._found(), suggestion=hint)
        if lexer.peek() == "(" and value is not None:
            word = value.span.value
            self._fail("E141", value.span, word=show(word), suggestion=_call_hint(word))
        if lexer.peek() == ")":
            self._fail("E138", rest)
        quote = "put a value that contains blanks or `,` `=` in quotes" if value is not None else ""
        self._fail("E121", rest, found=self._found(), suggestion=quote)

    def _unclosed(self, group: _Group) -> NoReturn:
        if self._at_end():
            self._fail("E123", self.lexer.text.span(group.paren, group.paren + 1))
        self._unexpected(group)

    def _no_operator(self, left: FieldName | Call) -> NoReturn:
        lexer = self.lexer
        if lexer.at >= len(lexer.source) or lexer.peek() == ")":
            self._fail("E125", left.span, field=show(left.span.value), suggestion=_OPERATORS_HINT)
        word = lexer.source[lexer.at : lexer.at + 1]
        found = BARE.match(lexer.source, lexer.at)
        if found is not None:
            word = found[0]
        hint = suggest(word, SHAPES) or _ALIASES.get(word.lower(), "") or _OPERATORS_HINT
        if word in SHAPES:
            hint = f"put a blank after `{word}`"
        span = lexer.text.span(lexer.at, lexer.at + len(word))
        self._fail("E142", span, word=show(word), field=show(left.span.value), suggestion=hint)


_OPERATORS_HINT = "the operators are " + ", ".join(SHAPES)
_ALIASES = {
    "notin": "write `not field in (…)`",
    "not": "write `not` before the field: `not field = value`",
    "!": "write `not` before the field: `not field = value`",
    "~": "for patterns there are glob and regex",
    "=~": "for patterns there are glob and regex",
    "like": "for patterns there are glob and regex",
    "matches": "for patterns there are glob and regex",
    "is": "write `=`",
    "equals": "write `=`",
}
_MACRO_HINT = "a field has a dot in it, as `proc.name`; join checks with `and` or `or`"


def _call_hint(word: str) -> str:
    """Say what to do about a word that is followed by ``(`` and is no transformer there."""
    if word.lower() in MODIFIERS:
        return f"write `{word.lower()}` in small letters with a blank before and after it"
    if word in TRANSFORMERS:
        return f"write `{word}(` without a blank"
    if word == "val":
        return "`val(…)` stands on the right of an operator only"
    return suggest(word, TRANSFORMERS) or f"the transformers are {', '.join(TRANSFORMERS)}"


def _around(terms: list[Cond], start: int | None) -> Span:
    first, last = terms[0].span, terms[-1].span
    return Span(first.text, first.start if start is None else start, last.end)
