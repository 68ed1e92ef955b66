# SPDX-License-Identifier: Apache-2.0
"""Lexer of conditions.

The kind of a token depends on its context: ``1.5`` is a number after ``>`` and text after ``=``. So the parser requests
the kind that it expects, and the lexer returns the token if it is next.
"""

from __future__ import annotations

import re
from typing import Final

from tiercel.lang.ast import Check, MacroName, Value
from tiercel.lang.text import Span, Text

__all__ = ["LexError", "Lexer", "unescape"]

BLANKS: Final = re.compile(r"[ \t\b\r\n]+")
IDENTIFIER: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
FIELD: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+")
ARGUMENT: Final = re.compile(r"[^\]\[\"'\s]+", re.ASCII)
BARE: Final = re.compile(r"[^()\"'\s=,]+", re.ASCII)
HEX: Final = re.compile(r"0[xX][0-9a-fA-F]+")
NUMBER: Final = re.compile(r"[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?")

_ESCAPES: Final = {"b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", "/": b"/", " ": b"\\"}
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")


class LexError(Exception):
    """Malformed token.

    Attributes:
        code: a key of the wording table.
        span: characters with the problem.
        values: values for the placeholders in the texts of the code.
        before: checks and macros of the condition before it.
    """

    def __init__(self, code: str, span: Span, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.span = span
        self.values = values
        self.before: tuple[Check | MacroName, ...] = ()


class Lexer:
    """Position in the text of one condition.

    Attributes:
        text: the condition.
        source: its characters.
        at: offset of the next character.
    """

    __slots__ = ("at", "source", "text")

    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.value
        self.at = 0

    def blanks(self) -> bool:
        """Consume blanks; return whether there was one."""
        found = BLANKS.match(self.source, self.at)
        if found is None:
            return False
        self.at = found.end()
        return True

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """Return and consume the match at this position, or return None."""
        found = pattern.match(self.source, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def symbol(self, char: str) -> bool:
        """Consume one character if it is the next; return whether it is."""
        if self.source.startswith(char, self.at):
            self.at += 1
            return True
        return False

    def peek(self) -> str:
        """Return the next character, or an empty text at the end."""
        return self.source[self.at : self.at + 1]

    def span(self, start: int) -> Span:
        """Return the characters from ``start`` to here."""
        return Span(self.text, start, self.at)

    def rest(self) -> Span:
        """Return the next word or sign, for a finding about it; one position at the end."""
        found = BARE.match(self.source, self.at)
        end = found.end() if found else min(self.at + 1, len(self.source))
        return Span(self.text, self.at, end)

    def string(self) -> Value | None:
        """Return and consume a quoted or bare string, or return None if neither is next."""
        quote = self.peek()
        if quote in {"'", '"'} and quote:
            return self.quoted()
        start = self.at
        found = self.take(BARE)
        return None if found is None else Value(encode(found), self.span(start))

    def quoted(self) -> Value | None:
        """Return and consume a quoted string, or return None if no quote is next.

        A quote ends the string unless the character before it is a backslash, even an escaped one.
        """
        quote = self.peek()
        if quote not in {"'", '"'} or not quote:
            return None
        start = self.at
        end = self.source.find(quote, start + 1)
        while end > 0 and self.source[end - 1] == "\\":
            end = self.source.find(quote, end + 1)
        if end < 0:
            raise LexError("E135", Span(self.text, start, len(self.source)), quote=quote)
        self.at = end + 1
        content = self.source[start + 1 : end]
        if "\\" not in content:
            return Value(encode(content), self.span(start))
        return Value(self._unescape(content, start + 1, quote), self.span(start))

    def _unescape(self, content: str, start: int, quote: str) -> bytes:
        parts: list[bytes] = []
        at = 0
        while (slash := content.find("\\", at)) >= 0:
            parts.append(encode(content[at:slash]))
            char = content[slash + 1 : slash + 2]
            at = slash + 2
            if char == "x":
                digits = content[at : at + 2]
                if len(digits) < 2 or not _HEX_DIGITS.issuperset(digits):
                    raise LexError(
                        "E134", Span(self.text, start + slash, start + at + len(digits)), escape="\\x" + digits
                    )
                parts.append(bytes.fromhex(digits))
                at += 2
            elif char in _ESCAPES:
                parts.append(_ESCAPES[char])
            elif char == quote:
                parts.append(char.encode())
            else:
                raise LexError("E134", Span(self.text, start + slash, start + at), escape="\\" + char)
        parts.append(encode(content[at:]))
        return b"".join(parts)


def encode(characters: str) -> bytes:
    """Return characters as UTF-8; lone surrogates, which only escapes produce, become the bytes that they represent."""
    try:
        return characters.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return characters.encode("utf-8", "surrogatepass")


def unescape(quoted: str) -> bytes:
    """Return the value of one whole quoted string.

    Raises:
        LexError: it is not quoted, or contains an invalid escape.
    """
    lexer = Lexer(Text.of(quoted))
    value = lexer.quoted()
    if value is None or lexer.at != len(quoted):
        raise LexError("E135", lexer.rest(), quote=quoted[:1])
    return value.data
