# SPDX-License-Identifier: Apache-2.0
"""Parser of single checks: fields, transformers, operators, operands.  :mod:`tiercel.lang.parser` joins checks."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from tiercel.lang.ast import Call, CallList, Check, FieldName, ListValue, MacroName, Operand, Value
from tiercel.lang.diagnostics import show
from tiercel.lang.grammar import KEYWORDS, MODIFIERS, OPERATOR, SHAPES, TRANSFORMERS
from tiercel.lang.hints import OPERATORS, check_hint, operator_hint, several_hint
from tiercel.lang.lexer import ARGUMENT, BARE, FIELD, HEX, IDENTIFIER, NUMBER, Lexer, LexError
from tiercel.lang.text import Span, Text

__all__ = ["MAX_CALLS", "MAX_CHECKS", "CheckParser"]

MAX_CHECKS: Final = 50_000
"""Limit of the checks of a condition."""

MAX_CALLS: Final = 50
"""Limit of the nesting of transformers, which is recursive."""

_MODIFIER: Final = re.compile(rf"[ \t\b\r\n]+({'|'.join(MODIFIERS)})[ \t\b\r\n]+")
_CALL: Final = re.compile(rf"({'|'.join(TRANSFORMERS)})\(")
_CALL_OR_VAL: Final = re.compile(rf"(val|{'|'.join(TRANSFORMERS)})\(")


class CheckParser:
    """Parser of one check after the other.

    Attributes:
        lexer: lexer with the current position.
        max_calls: limit of the nesting of transformers.
        checks: number of checks so far.
    """

    def __init__(self, text: Text, max_calls: int = MAX_CALLS) -> None:
        self.lexer = Lexer(text)
        self.max_calls = max_calls
        self.checks = 0
        self._calls = 0

    def comparison(self) -> Check | MacroName:
        """Parse a check, or the name of a macro in its place."""
        lexer = self.lexer
        start = lexer.at
        self.checks += 1
        if self.checks > MAX_CHECKS:
            self.fail("E211", lexer.text.span(), size=f"more than {MAX_CHECKS:,}", limit=f"{MAX_CHECKS:,}")
        left = self.left()
        if left is None:
            name = lexer.take(IDENTIFIER)
            if name is None:
                self.fail("E124", lexer.rest(), found=self.found(), suggestion=check_hint(lexer.peek()))
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
        """Parse a field or a transformer."""
        return self._field() or self._call(_CALL)

    def _right(self, op: str, shape: str, op_span: Span) -> Operand | ListValue:
        lexer = self.lexer
        start = lexer.at
        if shape == "list":
            if (items := self._list()) is not None:
                return items
            if (call := self._call(_CALL_OR_VAL)) is not None:
                return call
            if (name := lexer.take(IDENTIFIER)) is not None:
                return Value(name.encode(), lexer.span(start))
            self.fail("E128", lexer.rest(), op=op, found=self.found())
        if (call := self._call(_CALL_OR_VAL)) is not None:
            return call
        if shape == "number":
            if (number := self._number()) is not None:
                return number
            self.fail("E126", lexer.rest(), op=op, found=self.found())
        value = lexer.string()
        if value is None:
            span = lexer.rest() if lexer.at < len(lexer.source) else op_span
            hint = several_hint(op) if lexer.peek() == "(" else "write a word, or text in quotes"
            self.fail("E127", span, op=op, found=self.found(), suggestion=hint)
        return value

    def _number(self) -> Value | None:
        start = self.lexer.at
        digits = self.lexer.take(HEX) or self.lexer.take(NUMBER)
        return None if digits is None else Value(digits.encode(), self.lexer.span(start))

    def _modifier(self) -> str | None:
        """Consume ``oneof``, ``anyof`` or ``allof`` if blanks are around it and a list or name follows."""
        lexer = self.lexer
        found = _MODIFIER.match(lexer.source, lexer.at)
        if found is None:
            return None
        name = IDENTIFIER.match(lexer.source, found.end())
        if lexer.source.startswith("(", found.end()) or (name is not None and name[0] not in KEYWORDS):
            lexer.at = found.end()
            return found[1]
        return None

    def _list_or_name(self, op: str, start: int) -> Value | ListValue:
        items = self._list()
        if items is not None:
            return items
        at = self.lexer.at
        name = self.lexer.take(IDENTIFIER)
        if name is None:
            self.fail("E128", self.lexer.span(start), op=op, found=self.found())
        return Value(name.encode(), self.lexer.span(at))

    def _list(self) -> ListValue | None:
        """Parse ``(a, 'b c', …)``."""
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
                self.fail("E136", lexer.rest(), found=self.found())
            items.append(item)
            lexer.blanks()
            if not lexer.symbol(","):
                break
            lexer.blanks()
        if not lexer.symbol(")"):
            self.fail("E137", lexer.rest() if lexer.at < len(lexer.source) else lexer.span(start), found=self.found())
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
            self.fail("E129", lexer.span(start), found=self.found())
        if not lexer.symbol("]"):
            self.fail("E130", lexer.span(start), found=self.found())
        return arg

    def _call(self, begin: re.Pattern[str]) -> Call | None:
        lexer = self.lexer
        start = lexer.at
        found = begin.match(lexer.source, start)
        if found is None:
            return None
        name = found[1]
        lexer.at = found.end()
        self._calls += 1
        if self._calls > self.max_calls:
            self.fail("E133", lexer.span(start), limit=self.max_calls)
        args: list[Operand | CallList] = []
        lexer.blanks()
        if name == "val":
            field_ = self._field()
            if field_ is None:
                self.fail("E131", lexer.rest(), name=name, found=self.found())
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
            self.fail("E132", lexer.span(start), name=name, found=self.found())
        self._calls -= 1
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
                self.fail("E137", lexer.span(start), found=self.found())
        return CallList(tuple(items), lexer.span(start))

    def _call_item(self, name: str) -> Operand:
        lexer = self.lexer
        item = self._number() or lexer.quoted() or self._call(_CALL) or self._field()
        if item is None:
            self.fail("E131", lexer.rest(), name=name, found=self.found())
        return item

    # -- findings ------------------------------------------------------------------------------------------------

    def found(self) -> str:
        """Return the next word or character, for a message."""
        span = self.lexer.rest()
        return f"`{show(span.value)}`" if span.value.strip() else "the end" if self.at_end() else "a blank"

    def at_end(self) -> bool:
        """Return whether only blanks follow."""
        return not self.lexer.source[self.lexer.at :].strip()

    def fail(self, code: str, span: Span, **values: object) -> NoReturn:
        """Raise a finding."""
        raise LexError(code, span, **values)

    def _no_operator(self, left: FieldName | Call) -> NoReturn:
        lexer = self.lexer
        if lexer.at >= len(lexer.source) or lexer.peek() == ")":
            self.fail("E125", left.span, field=show(left.span.value), suggestion=OPERATORS)
        word = lexer.source[lexer.at : lexer.at + 1]
        found = BARE.match(lexer.source, lexer.at)
        if found is not None:
            word = found[0]
        span = lexer.text.span(lexer.at, lexer.at + len(word))
        rest = lexer.source[lexer.at + len(word) :].lstrip()
        if word in SHAPES and (not rest or rest[0] == ")"):
            hint = f"write a word, or text in quotes: `{word} value`"
            self.fail("E127", span, op=word, found="`)`" if rest else "the end", suggestion=hint)
        hint = operator_hint(word)
        self.fail("E142", span, word=show(word), field=show(left.span.value), suggestion=hint)
