# SPDX-License-Identifier: Apache-2.0
"""Output templates: text with ``%field`` and ``%field[arg]`` in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.frontend.static_fields import with_statics
from tiercel.compiler.ir.program import OutputField, Read, Transform, reads
from tiercel.compiler.ir.tree import Failed
from tiercel.compiler.ir.types import typed_source
from tiercel.compiler.passes.resolve import bound_source
from tiercel.frozen import field, frozen, replace
from tiercel.lang.ast import Call
from tiercel.lang.checks import CheckParser
from tiercel.lang.diagnostics import Diagnostic, diagnose, show, word
from tiercel.lang.fields import BindError, bind
from tiercel.lang.grammar import TRANSFORMERS
from tiercel.lang.hints import call_hint
from tiercel.lang.lexer import ARGUMENT, FIELD, LexError, unescape
from tiercel.lang.text import Span, Text
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME, FieldNameError, field_ref
from tiercel.schema.types import T

__all__ = ["MAX_WIDTH", "FieldSegment", "Literal", "Segments", "Template", "parse_template"]

MAX_WIDTH: Final = 65_535
"""Limit of the padding of a value, characters."""

_MAX_MISTAKES: Final = 20
_NO_VALUE: Final = "<NA>"
_NETWORK: Final = "<IPNET>"
_MAX_NAME: Final = 100  # limit of a field name, characters; no field is longer
_WIDTH: Final = re.compile(r"[0-9]*")
_WORD: Final = re.compile(r"[a-zA-Z0-9_]*")
_CALL: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9_]*)\(")
_BROKEN_BRACKETS: Final = frozenset({"E129", "E130", "E135"})
_BRACKETS: Final = re.compile(rf"""\[(?:{ARGUMENT.pattern}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]""", re.ASCII)


@frozen
class Literal:
    """Literal text.

    Attributes:
        static: name of the static field with this value; None for other text.
        missing: name of the condition-only field that the text replaces.
    """

    text: str
    static: str | None = None
    missing: str | None = None


@frozen
class FieldSegment:
    """Value of a field, or of a transformer.

    Attributes:
        source: source in programs and alerts.
        width: characters to which the value is padded or cut, or None; applies to texts, not to ``output_fields``.
        span: its place, from the ``%``.
    """

    source: OutputField
    width: int | None
    span: Span = field(compare=False, repr=False)


Segment: TypeAlias = "Literal | FieldSegment"
Segments: TypeAlias = tuple[Segment, ...]
Findings: TypeAlias = tuple[Diagnostic, ...]


class _Found(NamedTuple):
    """A part of the output, its end, and its warnings."""

    segment: Segment
    end: int
    warning: Diagnostic | None = None


class _Named(NamedTuple):
    """The field or transformer after a ``%``, its end, and its warnings."""

    source: OutputField
    end: int
    warning: Diagnostic | None = None


class _Candidate(NamedTuple):
    """A possible spelling of a field: name, argument, and length."""

    name: str
    arg: str | None
    length: int


class _Static(NamedTuple):
    """The name of the static field after a ``%``, and its end."""

    name: str
    end: int


class _Missing(NamedTuple):
    """A condition-only field after a ``%``, its end, and its warnings."""

    name: str
    end: int
    warning: Diagnostic


@frozen
class Template:
    """Parsed output.

    Attributes:
        segments: texts and fields in order.
        raw: additional fields of alerts.
        texts: additional text fields of alerts by name, each with fields in it; no segments for no value.
        warnings: probable mistakes.
    """

    segments: Segments
    raw: tuple[OutputField, ...] = ()
    texts: tuple[tuple[str, Segments], ...] = ()
    warnings: Findings = field(default=(), compare=False, repr=False)

    @property
    def sources(self) -> tuple[OutputField, ...]:
        """Distinct sources of values: printed sources, fields in transformers, then additional fields."""
        added = [source for _, segments in self.texts for source in _shown(segments)]
        return tuple(dict.fromkeys([*_shown(self.segments), *self.listed, *added]))

    @property
    def listed(self) -> tuple[OutputField, ...]:
        """Sources that are fields of alerts: the fields in transformers, and additional fields."""
        inner = [read for source in _shown(self.segments) for read in reads(source)]
        return tuple(dict.fromkeys([*inner, *self.raw]))


def _shown(segments: Segments) -> list[OutputField]:
    return [part.source for part in segments if isinstance(part, FieldSegment)]


def parse_template(
    text: Text,
    statics: Mapping[str, str] = MappingProxyType({}),
    fields: Mapping[str, tuple[Text, bool]] = MappingProxyType({}),
) -> Template | Findings:
    """Return the template of an output, or the findings about it.

    Args:
        text: the output.
        statics: values of static fields by name.
        fields: additional alert fields by name: an output each, and whether it is a single field.
    """
    segments, warnings, findings = _segments(text, statics)
    raw: list[OutputField] = []
    named = dict.fromkeys(part.static for part in segments if isinstance(part, Literal) and part.static)
    texts: list[tuple[str, Segments]] = [(name, (Literal(statics[name]),)) for name in named if name]
    lacking = dict.fromkeys(part.missing for part in segments if isinstance(part, Literal) and part.missing)
    texts += [(name, ()) for name in lacking if name]
    for key, (written, as_it_is) in fields.items():
        parts, odd, bad = _segments(written, statics)
        warnings, findings = warnings + odd, findings + bad
        match parts:
            case _ if bad:
                continue
            case (FieldSegment(source),) if as_it_is:
                raw.append(source)
            case (Literal(_, str()),) if as_it_is:
                texts.append((key, parts))
            case (Literal(missing=str()),) if as_it_is:
                texts.append((key, ()))
            case _ if as_it_is:
                findings += (diagnose("E273", written.span(), name=show(key)),)
            case _:
                texts.append((key, parts))
    return findings or Template(segments, tuple(raw), tuple(texts), warnings)


def _segments(text: Text, statics: Mapping[str, str]) -> tuple[Segments, Findings, Findings]:
    """Parse an output; return its parts, warnings and errors."""
    value = text.value
    segments: list[Segment] = []
    warnings: list[Diagnostic] = []
    findings: list[Diagnostic] = []
    at = 1 if value.startswith("*") else 0  # Falco's mark "print despite missing values" has no effect here
    while (percent := value.find("%", at)) >= 0 and len(findings) < _MAX_MISTAKES:
        if percent > at:
            segments.append(Literal(value[at:percent]))
        found = _value(text, percent, statics)
        if isinstance(found, _Found):
            segments.append(found.segment)
            warnings += [found.warning] if found.warning else []
            at = found.end
        else:
            findings += found
            at = percent + 2 if value.startswith("%%", percent) else percent + 1
    if at < len(value):
        segments.append(Literal(value[at:]))
    if not value:
        findings.append(diagnose("E270", text.span()))
    return tuple(segments), tuple(warnings), tuple(findings)


def _value(text: Text, percent: int, statics: Mapping[str, str]) -> _Found | Findings:
    """Parse the text after a ``%``."""
    value = text.value
    digits = _WIDTH.match(value, percent + 1)
    assert digits is not None
    start = digits.end()
    if start == len(value):
        return (diagnose("E271" if digits[0] else "E143", text.span(percent, start)),)
    width = _width(digits[0])
    call = _CALL.match(value, start)
    if call is None:
        found = _static(value, start, statics) or _field(text, start)
    elif call[1] in TRANSFORMERS:
        found = _call(text, start, statics)
    else:
        hint = "print the field itself, as `%proc.name`" if call[1] == "val" else call_hint(call[1])
        return (diagnose("E272", text.span(start, call.end(1)), word=show(call[1]), suggestion=hint),)
    match found:
        case _Named(source, end, warning):
            return _Found(FieldSegment(source, width, text.span(percent, end)), end, warning)
        case _Static(name, end):
            shown = statics[name]
            return _Found(Literal(_fitted(shown, width), name), end)
        case _Missing(name, end, warning):
            return _Found(Literal(_fitted(_NO_VALUE, width), missing=name), end, warning)
        case _:
            return found


def _fitted(text: str, width: int | None) -> str:
    return text if width is None else text[:width].ljust(width)


def _width(digits: str) -> int | None:
    """Return the width; a missing width counts as 0, and a large one is clamped."""
    number = digits.lstrip("0")
    return min(int(number[:9]), MAX_WIDTH) if number else None


# -- fields ------------------------------------------------------------------------------------------------------------


def _static(value: str, start: int, statics: Mapping[str, str]) -> _Static | None:
    """Parse the static field with the longest name at ``start``, if there is one."""
    found = max((name for name in statics if value.startswith(name, start)), key=len, default=None)
    return None if found is None else _Static(found, start + len(found))


def _field(text: Text, start: int) -> _Named | _Missing | Findings:
    """Parse the longest field at ``start``."""
    found = FIELD.match(text.value, start)
    if found is None:
        return (_no_field(text, start),)
    brackets = _BRACKETS.match(text.value, found.end())
    word_end = brackets.end() if brackets and "%" not in brackets[0] else found.end()
    for name, arg, length in _candidates(found[0], brackets[0] if brackets else ""):
        try:
            ref = field_ref(name, arg)
        except FieldNameError:
            continue
        end = start + length
        read = Read(ref.field.name, ref.arg)
        if not ref.field.filter_only:
            return _Named(read, end, _shortened(text, start, end, word_end))
        is_network = ref.field.type == T.IPNET and not ref.field.multi
        warning = diagnose(
            "W547",
            text.span(start, end),
            field=ref.field.name,
            shown=_NETWORK if is_network else _NO_VALUE,
            suggestion=_printable(ref.field.name),
        )
        return _Named(read, end, warning) if is_network else _Missing(str(ref), end, warning)
    span = text.span(start, found.end())
    return (_unbound(next(_candidates(found[0], brackets[0] if brackets else "")), span),)


def _candidates(name: str, brackets: str) -> Iterator[_Candidate]:
    """Yield possible fields, longest first: with the argument, without it, and every prefix that is a name."""
    if brackets:
        with suppress(LexError):  # an invalid escape
            arg = (
                unescape(brackets[1:-1]).decode("utf-8", "surrogateescape") if brackets[1] in "'\"" else brackets[1:-1]
            )
            yield _Candidate(name, arg, len(name) + len(brackets))
    yield _Candidate(name, None, len(name))
    for length in range(min(len(name) - 1, _MAX_NAME), 0, -1):
        if FIELD.fullmatch(name, 0, length):
            yield _Candidate(name[:length], None, length)


def _unbound(written: _Candidate, span: Span) -> Diagnostic:
    """Return the finding about a word that is not a field."""
    try:
        bind(written.name, written.arg)
    except BindError as error:
        values = {key: value if key in {"suggestion", "takes"} else show(value) for key, value in error.values.items()}
        return diagnose("E218", span, **values) if error.code == "E201" else _of_output(word(error.code, span, values))
    raise AssertionError(written)


def _shortened(text: Text, start: int, end: int, word_end: int) -> Diagnostic | None:
    """Warn that a field is only a prefix of the word."""
    if end >= word_end:
        return None
    whole, field_, rest = (show(text.value[a:b]) for a, b in ((start, word_end), (start, end), (end, word_end)))
    return diagnose("W535", text.span(start, word_end), whole=whole, field=field_, rest=rest)


def _no_field(text: Text, start: int) -> Diagnostic:
    word = _WORD.match(text.value, start)
    assert word is not None
    near = next((name for name in FIELD_BY_NAME if word[0] and name.endswith("." + word[0])), None)
    hint = "a `%` begins a field, as `%proc.name`; a plain `%` cannot be written"
    if near is not None:
        hint = f"did you mean `%{near}`?"
    elif word[0] in TRANSFORMERS:
        hint = call_hint(word[0])
    percent = text.value.rindex("%", 0, start)
    return diagnose("E144", text.span(percent, max(word.end(), percent + 1)), found=show(word[0]), suggestion=hint)


def _printable(name: str) -> str:
    """Return the printable fields of the class of a field that is not printable."""
    stem, _, last = name.rpartition(".")
    last = re.sub("net$", "ip", last)
    close = [row.name for row in FIELD_BY_NAME.values() if row.name.startswith(f"{stem}.") and row.name.endswith(last)]
    printable = [f"`%{other}`" for other in close if not FIELD_BY_NAME[other].filter_only]
    return f"print {' or '.join(printable)}" if printable else ""


# -- transformers ------------------------------------------------------------------------------------------------------


def _call(text: Text, start: int, statics: Mapping[str, str]) -> _Named | Findings:
    """Parse the transformer at ``start``; brackets are text after a transformer without option."""
    parser = CheckParser(text)
    parser.lexer.at = start
    try:
        written = parser.left()
    except LexError as error:
        bracket = error.span.start - (error.code == "E135")  # of a quote; it follows the bracket
        if error.code in _BROKEN_BRACKETS and text.value[bracket - 1 : bracket + 1] == ")[":
            shorter = _call(Text.join(text.pieces(start, bracket), text.item), 0, statics)
            if isinstance(shorter, _Named):
                return _Named(shorter.source, start + shorter.end)
        return (_of_output(word(error.code, error.span, error.values)),)
    assert isinstance(written, Call)
    if written.arg is not None and TRANSFORMER_BY_NAME[written.name].result != "options":
        end = text.value.index(")", written.args[-1].span.end) + 1
        written = replace(written, arg=None, span=text.span(start, end))
    bound = bound_source(with_statics(written, statics))
    typed = bound if isinstance(bound, Failed) else typed_source(bound)
    if isinstance(typed, Failed):
        return tuple(map(_of_output, typed.findings))
    assert isinstance(typed.source, Transform)
    return _Named(typed.source, written.span.end)


def _of_output(finding: Diagnostic) -> Diagnostic:
    """Convert a finding about a condition to one about an output."""
    return replace(finding, falco="LOAD_ERR_COMPILE_OUTPUT")
