# SPDX-License-Identifier: Apache-2.0
"""Results of loading rule files, in the text and JSON forms of Falco."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from tiercel import compiler
from tiercel.compiler import Additions, Checked
from tiercel.escaping import visible, visible_lines
from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic
from tiercel.rules import Content, RuleFiles, load_files

__all__ = ["LoadResult", "load_each", "result_of"]

_ERRORS: Final = {
    "LOAD_ERR_FILE_READ": "File read error",
    "LOAD_ERR_YAML_PARSE": "YAML parse error",
    "LOAD_ERR_YAML_VALIDATE": "Error validating internal structure of YAML file",
    "LOAD_ERR_COMPILE_CONDITION": "Error compiling condition",
    "LOAD_ERR_COMPILE_OUTPUT": "Error compiling output",
    "LOAD_ERR_VALIDATE": "Error validating rule/macro/list/exception objects",
}
_WARNINGS: Final = {
    "LOAD_UNKNOWN_SOURCE": "Unknown event source",
    "LOAD_UNSAFE_NA_CHECK": "Unsafe <NA> comparison in condition",
    "LOAD_NO_EVTTYPE": "Condition has no event-type restriction",
    "LOAD_UNKNOWN_FILTER": "Unknown field or event-type in condition or output",
    "LOAD_UNUSED_MACRO": "Unused macro",
    "LOAD_UNUSED_LIST": "Unused list",
    "LOAD_UNKNOWN_ITEM": "Unknown rules file item",
    "LOAD_DEPRECATED_ITEM": "Used deprecated item",
    "LOAD_APPEND_NO_VALUES": "Overriding/appending with no values",
    "LOAD_EXCEPTION_NAME_NOT_UNIQUE": "Multiple exceptions defined with the same name",
    "LOAD_INVALID_MACRO_NAME": "Invalid macro name",
    "LOAD_INVALID_LIST_NAME": "Invalid list name",
    "LOAD_COMPILE_CONDITION": "Warning in rule condition",
    "LOAD_UNKNOWN_KEY": "Unknown key in item definition",
}
_OTHER_ERROR: Final = "LOAD_ERR_VALIDATE"  # for errors that Falco does not have
# Kinds of the innermost place, by Falco's code.
_KINDS: Final = {
    "LOAD_ERR_COMPILE_CONDITION": "condition expression",
    "LOAD_COMPILE_CONDITION": "condition expression",
    "LOAD_UNSAFE_NA_CHECK": "condition expression",
    "LOAD_NO_EVTTYPE": "condition expression",
    "LOAD_ERR_COMPILE_OUTPUT": "rule output",
    "LOAD_EXCEPTION_NAME_NOT_UNIQUE": "exception",
    "LOAD_APPEND_NO_VALUES": "exception",
}
_ITEM: Final = re.compile(r'(rule|macro|list) "(.*)"', re.DOTALL)
_KEY: Final = re.compile(r"\s*(?:-\s*)?(rule|macro|list):")  # the line that begins an item
# Findings about one entry of `exceptions`.
_OF_EXCEPTIONS: Final = frozenset({"E224", "E225", "E226", "E228"})
# Empty files are no error for Falco.
_EMPTY: Final = frozenset({"E155"})


class Lines:
    """Lines of a file, without their ends, and the offset of each in characters."""

    __slots__ = ("lines", "offsets")

    def __init__(self, text: str) -> None:
        whole = text.splitlines(keepends=True)
        self.lines = [line.rstrip("\r\n") for line in whole]
        self.offsets = [0, *accumulate(map(len, whole))]

    def position(self, name: str, line: int, column: int) -> dict[str, Any]:
        """Return a position of Falco's JSON."""
        offset = self.offsets[min(line, len(self.offsets) - 1)] + column
        return {"name": name, "line": line, "column": column, "offset": offset}

    def line_of(self, kind: str, name: str, before: int) -> int:
        """Return the line of an item of that name, the last one up to a line; that line without one."""
        for at in range(min(before, len(self.lines)) - 1, -1, -1):
            line = self.lines[at]
            if name in line and kind in line and (found := _KEY.match(line)) and found[1] == kind:
                return at
        return max(before - 1, 0)


@frozen
class LoadResult:
    """Result of loading one file after those before it.

    Attributes:
        name: the file.
        errors: errors, in file order.
        warnings: warnings that Falco has, too.
        texts: contents of the files by name.
    """

    name: str
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    texts: Mapping[str, Lines]

    @property
    def successful(self) -> bool:
        """True without errors."""
        return not self.errors

    @property
    def status(self) -> str:
        """``Ok``, ``Ok, with warnings`` or ``Invalid``, after the name of the file."""
        word = "Invalid" if self.errors else "Ok, with warnings" if self.warnings else "Ok"
        return f"{visible(self.name)}: {word}"

    def as_text(self) -> str:
        """Return the result with all findings, without a line end after the last line."""
        parts = [self.status]
        parts += self._section(self.errors, "Errors", _ERRORS)
        parts += self._section(self.warnings, "Warnings", _WARNINGS)
        return "\n".join(parts)

    def _section(self, found: Sequence[Diagnostic], title: str, names: Mapping[str, str]) -> list[str]:
        if not found:
            return []
        return [f"{len(found)} {title}:", *(self._finding(one, names) for one in found)]

    def _finding(self, found: Diagnostic, names: Mapping[str, str]) -> str:
        code = _code(found)
        lines = []
        for number, place in enumerate(_places(found, self.texts)):
            name = f" '{place['item_name']}'" if place["item_name"] else ""
            at = place["position"]
            start = "In" if number == 0 else "   "
            lines.append(visible(f"{start} {place['item_type']}{name}: ({at['name']}:{at['line']}:{at['column']})"))
        snippet = visible_lines(_snippet(found))
        lines += ["------", *snippet.splitlines(), "------"]
        lines.append(visible(f"{code} ({names.get(code, code)}): {_message(found)}"))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the result as an object of ``falco_load_results``."""
        return {
            "name": self.name,
            "successful": self.successful,
            "errors": [self._data(one, _ERRORS) for one in self.errors],
            "warnings": [self._data(one, _WARNINGS) for one in self.warnings],
        }

    def _data(self, found: Diagnostic, names: Mapping[str, str]) -> dict[str, Any]:
        code = _code(found)
        context = {"locations": _places(found, self.texts), "snippet": _snippet(found)}
        return {"context": context, "code": code, "codedesc": names.get(code, code), "message": _message(found)}


def load_each(contents: Sequence[Content], additions: Additions) -> tuple[list[LoadResult], RuleFiles, Checked]:
    """Load files one after the other; each result has the findings that its file adds.

    Returns:
        The results, and the definitions of all files together.
    """
    results: list[LoadResult] = []
    known: set[tuple[str, str, int, int]] = set()
    files, checked = load_files([]), Checked((), ())
    for number, content in enumerate(contents, start=1):
        files = load_files(contents[:number])
        checked = compiler.check_rules(files, additions=additions)
        found = [one for one in checked.diagnostics if _key(one) not in known]
        known.update(map(_key, found))
        results.append(result_of(content.name, found, contents))
    return results, files, checked


def result_of(name: str, found: Iterable[Diagnostic], contents: Iterable[Content]) -> LoadResult:
    """Return the result with some findings; warnings that Falco lacks are left out."""
    findings = [one for one in found if one.code not in _EMPTY]
    return LoadResult(
        name,
        tuple(one for one in findings if one.severity == "error"),
        tuple(one for one in findings if one.severity == "warning" and one.falco),
        {one.name: Lines(one.content.decode("utf-8-sig", "replace")) for one in contents},
    )


def _key(found: Diagnostic) -> tuple[str, str, int, int]:
    return found.code, found.file, found.line, found.column


def _code(found: Diagnostic) -> str:
    return found.falco or _OTHER_ERROR


def _message(found: Diagnostic) -> str:
    return f"{found.text} ({found.hint})" if found.hint else found.text


def _places(found: Diagnostic, texts: Mapping[str, Lines]) -> list[dict[str, Any]]:
    """Return the places of a finding from the outermost: file, item, and the part of the item; counts from 0."""
    lines = texts.get(found.file) or Lines("")
    here = lines.position(found.file, found.line - 1, found.column - 1)
    places = [_place("rules content", "", lines.position(found.file, 0, 0))]
    item = _ITEM.fullmatch(found.item or "")
    if item is not None:
        kind = "exception" if found.code in _OF_EXCEPTIONS else _KINDS.get(_code(found), "value for")
        line = lines.line_of(item[1], item[2], found.line)
        places.append(_place(item[1], item[2], lines.position(found.file, line, 0)))
        places.append(_place(kind, "", here))
    elif found.item:
        places.append(_place(found.item.removeprefix("the "), "", here))
    return places


def _place(kind: str, name: str, position: dict[str, Any]) -> dict[str, Any]:
    return {"item_type": kind, "item_name": name, "position": position}


def _snippet(found: Diagnostic) -> str:
    """Return the line of a finding, and a mark below its place."""
    if not found.snippet:
        return "<No context available>\n"
    return f"{found.snippet}\n{' ' * (found.column - found.snippet_column)}^\n"
