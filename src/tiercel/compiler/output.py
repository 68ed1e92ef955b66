# SPDX-License-Identifier: Apache-2.0
"""Output templates: text with ``%field`` and ``%field[arg]`` in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tiercel.compiler.program import OutputField, Read, reads
from tiercel.lang.ast import FieldName
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.lang.fields import BindError, bind
from tiercel.lang.grammar import TRANSFORMERS
from tiercel.lang.lexer import ARGUMENT, FIELD, LexError
from tiercel.lang.parser import parse_field
from tiercel.lang.text import Span, Text
from tiercel.schema.names import FIELD_BY_NAME, FieldRef

__all__ = ["MAX_WIDTH", "FieldSegment", "Literal", "Template", "parse_template"]

MAX_WIDTH: Final = 65_535
"""Characters to which a value is padded at most."""

_MAX_MISTAKES: Final = 20
_MAX_NAME: Final = 100  # characters of a field name; no field has so many
_WIDTH: Final = re.compile(r"[0-9]*")
_CALL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*\(")
_BRACKETS: Final = re.compile(rf"""\[(?:{ARGUMENT.pattern}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]""", re.ASCII)


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is printed as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldSegment:
    """The value of a field, or of a transformer.

    Attributes:
        source: how programs and alerts name the value.
        width: characters that the value is padded or cut to, or None.  Texts only, not ``output_fields``.
        span: where it is written, from the ``%``.
    """

    source: OutputField
    width: int | None
    span: Span = field(compare=False, repr=False)


Segment: TypeAlias = "Literal | FieldSegment"


@dataclass(frozen=True, slots=True)
class Template:
    """An output, taken apart.

    Attributes:
        segments: texts and fields in order.
    """

    segments: tuple[Segment, ...]

    @property
    def sources(self) -> tuple[OutputField, ...]:
        """What the values are taken from, each once, in order of appearance: transformers, then the fields in them."""
        shown = [part.source for part in self.segments if isinstance(part, FieldSegment)]
        return tuple(dict.fromkeys([*shown, *(read for source in shown for read in reads(source))]))


def parse_template(text: Text) -> Template | tuple[Diagnostic, ...]:
    """Return the template of an output, or the mistakes in it."""
    segments: list[Segment] = []
    findings: list[Diagnostic] = []
    value = text.value
    at = 1 if value.startswith("*") else 0  # Falco's mark for "print although a value is missing", which is always so
    while (percent := value.find("%", at)) >= 0 and len(findings) < _MAX_MISTAKES:
        if percent > at:
            segments.append(Literal(value[at:percent]))
        found = _field(text, percent)
        if isinstance(found, FieldSegment):
            segments.append(found)
            at = found.span.end
        else:
            findings.append(found)
            at = percent + 2 if value.startswith("%%", percent) else percent + 1
    if at < len(value):
        segments.append(Literal(value[at:]))
    return tuple(findings) if findings else Template(tuple(segments))


def _field(text: Text, percent: int) -> FieldSegment | Diagnostic:
    """Read the longest field behind a ``%``."""
    value = text.value
    digits = _WIDTH.match(value, percent + 1)
    assert digits is not None
    start = digits.end()
    if start == len(value):
        return diagnose("E143", text.span(percent, start))
    call = _CALL.match(value, start)
    if call is not None and call[0][:-1] in (*TRANSFORMERS, "val"):
        return diagnose("E219", text.span(start, call.end() - 1), name=call[0][:-1])
    name = FIELD.match(value, start)
    if name is None:
        return _no_field(text, percent, start)
    brackets = _BRACKETS.match(value, name.end())
    ends = [*([brackets.end()] if brackets else []), *range(min(name.end(), start + _MAX_NAME), start, -1)]
    hints: list[str] = []
    for end in ends:
        try:
            ref = _bind(text, start, end)
        except BindError as problem:
            hints.append(problem.values.get("suggestion", ""))
            continue
        if ref is None:
            continue
        span = text.span(percent, end)
        if ref.field.filter_only:
            return diagnose("E216", span, field=ref.field.name, suggestion=_printable(ref.field.name))
        return FieldSegment(Read(ref.field.name, ref.arg), _width(digits[0]), span)
    return diagnose("E218", text.span(start, name.end()), field=show(name[0]), suggestion=hints[0] if hints else "")


def _width(digits: str) -> int | None:
    """Return the width that is written; none counts as 0 does, and too large ones as the largest."""
    number = digits.lstrip("0")
    return min(int(number[:9]), MAX_WIDTH) if number else None


def _bind(text: Text, start: int, end: int) -> FieldRef | None:
    """Return the field that a piece of the text is, or None if it is not written as one."""
    try:
        operand = parse_field(Text.join(text.pieces(start, end)))
    except LexError:
        return None
    assert isinstance(operand, FieldName)
    return bind(operand.name, operand.arg)


def _no_field(text: Text, percent: int, start: int) -> Diagnostic:
    word = re.compile(r"[a-zA-Z0-9_]*").match(text.value, start)
    assert word is not None
    near = next((name for name in FIELD_BY_NAME if word[0] and name.endswith("." + word[0])), None)
    hint = (
        f"did you mean `%{near}`?" if near else "a `%` begins a field, as `%proc.name`; a plain `%` cannot be written"
    )
    return diagnose("E144", text.span(percent, max(word.end(), percent + 1)), found=show(word[0]), suggestion=hint)


def _printable(name: str) -> str:
    """Name the fields of the same class that can be printed in the place of one that cannot."""
    stem, _, last = name.rpartition(".")
    close = [row.name for row in FIELD_BY_NAME.values() if row.name.startswith(f"{stem}.") and row.name.endswith(last)]
    printable = [f"`%{other}`" for other in close if not FIELD_BY_NAME[other].filter_only]
    return f"print {' or '.join(printable)}" if printable else ""
