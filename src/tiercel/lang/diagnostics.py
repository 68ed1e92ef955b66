# SPDX-License-Identifier: Apache-2.0
"""Findings about rules: position, problem, and hint.

Code that detects a problem contains no text: :data:`tiercel.lang.wording.WORDING` contains the text and the hint of
every code, and :meth:`Report.add` fills them in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from tiercel.escaping import HIDDEN, visible
from tiercel.frozen import frozen, replace
from tiercel.lang.text import Place, Span
from tiercel.lang.wording import WORDING

__all__ = ["Diagnostic", "Note", "Report", "Severity", "as_warning", "diagnose", "note", "point", "show", "word"]

Severity = Literal["error", "warning", "note"]

MAX_FINDINGS: Final = 500
"""Limit of the reported errors, and of the reported warnings, of one run."""

_SEVERITIES: Final[Mapping[str, Severity]] = {"E": "error", "W": "warning", "N": "note"}
_MAX_SHOWN = 60
_MAX_SNIPPET = 160


@frozen
class Note:
    """Second position that explains a diagnostic."""

    text: str
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.text} ({self.file}:{self.line}:{self.column})"


@frozen
class Diagnostic:
    """One finding.

    Attributes:
        code: stable code: E1xx syntax, E2xx names and types, W5xx lints, N5xx cost of rules.
        severity: ``error``, ``warning`` or ``note``.
        file: name of the file, or ``<text>``.
        line: counts from 1.
        column: counts from 1, in characters.
        text: the problem.
        hint: a remedy, or None.
        falco: Falco's name for the finding (``LOAD_ERR_COMPILE_CONDITION``), or None without a name.
        item: rule, macro or list with the problem (``rule "Read sensitive file"``), or None.
        length: number of characters from the column that belong to the problem.
        snippet: the line of the file, or the part of a long one around the column.
        snippet_column: first column of the snippet.
        notes: related positions.
    """

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    text: str
    hint: str | None = None
    falco: str | None = None
    item: str | None = None
    length: int = 1
    snippet: str = ""
    snippet_column: int = 1
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """Return the diagnostic over several lines, with the line of the file and a mark below it."""
        item = f", {self.item}" if self.item else ""
        place = f" --> {self.file}:{self.line}:{self.column}{item}"
        lines = [visible(f"{self.severity}[{self.code}]: {self.text}"), visible(place)]
        if self.snippet:
            number, snippet = str(self.line), HIDDEN.sub(_replacement, self.snippet)
            before = snippet[: self.column - self.snippet_column]
            marked = snippet[len(before) : len(before) + self.length]
            pad = "".join("\t" if char == "\t" else " " * _cells(char) for char in before)
            lines.append(f"{number} | {snippet}")
            lines.append(f"{' ' * len(number)} | {pad}{'^' * max(sum(map(_cells, marked)), 1)}")
        lines.extend(visible(f"   = note: {note}") for note in self.notes)
        if self.hint:
            lines.append(visible(f"   = help: {self.hint}"))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnostic as a dict for ``tiercel check --json``."""
        return {
            "code": self.code,
            "severity": self.severity,
            "falco_code": self.falco,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "item": self.item,
            "text": self.text,
            "hint": self.hint,
            "notes": [
                {"text": note.text, "file": note.file, "line": note.line, "column": note.column} for note in self.notes
            ],
        }


class Report:
    """Collection of distinct findings.

    It keeps :data:`MAX_FINDINGS` errors, and as many warnings; another finding reports that more follow.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, int, str], Diagnostic] = {}
        self.errors = 0
        self.warnings = 0

    def add(self, code: str, span: Span, *, item: str | None = None, **values: object) -> None:
        """Add a finding with the text of its code.

        Args:
            code: a key of :data:`~tiercel.lang.wording.WORDING`.
            span: characters with the problem.
            item: rule, macro or list with the problem; by default that of the span's text.
            values: values for the placeholders in the texts of the code.
        """
        if not self._full(code):
            self.keep(word(code, span, values, item))

    def keep(self, diagnostic: Diagnostic) -> None:
        """Add an existing diagnostic."""
        key = (diagnostic.code, diagnostic.file, diagnostic.line, diagnostic.column, diagnostic.text)
        if key in self._found:
            return
        is_error = diagnostic.severity == "error"
        count = self.errors if is_error else self.warnings
        if count >= MAX_FINDINGS:
            if count > MAX_FINDINGS:
                return
            code = "E146" if is_error else "W518"
            diagnostic = replace(diagnostic, code=code, falco=None, text=WORDING[code].text, hint=None, notes=())
        self._found[key] = diagnostic
        self.errors += is_error
        self.warnings += not is_error

    def _full(self, code: str) -> bool:
        """Return whether the report is full for findings of this severity."""
        return (self.warnings if code.startswith("W") else self.errors) > MAX_FINDINGS

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)


def diagnose(code: str, span: Span, **values: object) -> Diagnostic:
    """Return a diagnostic with the text of its code.

    Args:
        code: a key of :data:`~tiercel.lang.wording.WORDING`.
        span: characters with the problem.
        values: values for the placeholders in the texts of the code.
    """
    return word(code, span, values)


def word(code: str, span: Span, values: Mapping[str, object], item: str | None = None) -> Diagnostic:
    """Like :func:`diagnose`, for callers that have the values in a mapping, or pass the item."""
    wording = WORDING[code]
    start = span.text.place(span.start)
    hint = wording.hint.format_map(values) if wording.hint else ""
    snippet, snippet_column = _excerpt(start)
    return Diagnostic(
        code=code,
        severity=_SEVERITIES[code[0]],
        file=start.file,
        line=start.line,
        column=start.column,
        text=wording.text.format_map(values),
        hint=hint or None,
        falco=wording.falco,
        item=item or span.text.item,
        length=_length(start, span),
        snippet=snippet,
        snippet_column=snippet_column,
    )


def as_warning(diagnostic: Diagnostic, code: str) -> Diagnostic:
    """Return an error converted to a warning; the warning's text contains the error's text as ``problem``."""
    wording = WORDING[code]
    text = wording.text.format(problem=diagnostic.text)
    return replace(diagnostic, code=code, severity="warning", falco=wording.falco, text=text)


def note(text: str, span: Span) -> Note:
    """Return a note about another position."""
    place = span.text.place(span.start)
    return Note(text, place.file, place.line, place.column)


def point(span: Span) -> str:
    """Return a position over several lines, as in a diagnostic: name, line of the file, and a mark below it."""
    start = span.text.place(span.start)
    snippet, snippet_column = _excerpt(start)
    found = Diagnostic(
        code="",
        severity="error",
        file=start.file,
        line=start.line,
        column=start.column,
        text="",
        item=span.text.item,
        length=_length(start, span),
        snippet=snippet,
        snippet_column=snippet_column,
    )
    return found.render().partition("\n")[2]


def show(value: str) -> str:
    """Return a piece of a file for one line of a terminal: cut, with visible control characters."""
    if len(value) > _MAX_SHOWN:
        value = value[: _MAX_SHOWN - 1] + "…"
    return visible(value)


def _replacement(found: re.Match[str]) -> str:
    """Return a replacement of the same width for a hidden character, so that columns stay."""
    return found[0] if found[0] == "\t" else "\ufffd"


def _cells(char: str) -> int:
    """Return the width of a character in terminal cells."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _length(start: Place, span: Span) -> int:
    """Return the characters from ``start`` to the end of the span, or of the line if the span continues elsewhere."""
    if span.end <= span.start:
        return 1
    rest = max(start.source.line_length(start.line) - start.column + 1, 1)
    last = span.text.place(span.end - 1)
    if last.source is start.source and last.line == start.line and last.column >= start.column:
        return min(last.column - start.column + 1, rest)
    return rest


def _excerpt(place: Place) -> tuple[str, int]:
    """Return the line of a position, or the part of a long line around it, and the first column of this part."""
    length = place.source.line_length(place.line)
    if length <= _MAX_SNIPPET:
        return place.source.line(place.line, 1, length), 1
    first = min(max(place.column - _MAX_SNIPPET // 3, 1), length - _MAX_SNIPPET + 1)
    part = place.source.line(place.line, first, _MAX_SNIPPET)
    if first > 1:
        part = "…" + part[1:]
    if first + _MAX_SNIPPET <= length:
        part = part[:-1] + "…"
    return part, first
