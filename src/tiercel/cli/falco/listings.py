# SPDX-License-Identifier: Apache-2.0
"""Listings of fields and events in Falco's forms: text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from tiercel.cli.falco.options import Format
from tiercel.errors import UsageError
from tiercel.operation.versions import SCHEMA_VERSION
from tiercel.rules.loader import SOURCES
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.known_events import SYSCALL_NAMES
from tiercel.schema.names import FLAG_TABLE_BY_NAME
from tiercel.schema.render.docs import CLASSES
from tiercel.schema.types import Event, Field, Param

__all__ = ["IGNORED", "check_source", "events", "field_names", "fields", "ignored_events"]

IGNORED: Final = frozenset(
    ("pread", "preadv", "pwrite", "pwritev", "read", "readv", "recv", "send", "sendfile", "write", "writev")
)
"""Events of the system calls that Falco ignores unless ``base_syscalls.all`` is set."""

_RIGHT: Final = 30  # column of descriptions
_WIDTH: Final = 90  # of descriptions
_RULE: Final = "-" * 31
_ORIGINS: Final = (
    ("Syscall events", "syscall"),
    ("Tracepoint events", "tracepoint"),
    ("Plugin events", "plugin"),
    ("Metaevents", "meta"),
)


def check_source(source: str) -> None:
    """Refuse a source that does not exist.

    Raises:
        UsageError: E601, no such source.
    """
    if source and source not in SOURCES:
        hint = f"the sources are {', '.join(sorted(SOURCES))}; `--list` alone lists all fields"
        raise UsageError("E601", f"Value for --list must be a valid source type, not {source!r}", hint=hint)


def ignored_events() -> str:
    """Return the system calls that Falco ignores by default."""
    return "Ignored syscall(s):\n" + "".join(f"- {name}\n" for name in sorted(IGNORED)) + "\n"


# -- fields ------------------------------------------------------------------------------------------------------------


def field_names(form: Format) -> str:
    """Return the names of the fields alone."""
    names = [row.name for _, rows in _classes() for row in rows]
    return _json({"fieldnames": names}) if form == "json" else "".join(f"{name}\n" for name in names)


def fields(form: Format, *, verbose: bool) -> str:
    """Return the fields by class; ``verbose`` adds their types to the text."""
    if form == "json":
        return _json({"fieldclasses": [_class_data(name, rows) for name, rows in _classes()]})
    if form == "markdown":
        return "\n".join(_class_markdown(name, rows) for name, rows in _classes()) + "\n"
    return "".join(_class_text(name, rows, verbose=verbose) + "\n" for name, rows in _classes())


def _classes() -> Iterator[tuple[str, list[Field]]]:
    """Yield the classes with their visible fields."""
    for name in CLASSES:
        rows = [row for row in FIELDS if row.name.partition(".")[0] == name and not row.hidden and not row.deprecated]
        if rows:
            yield name, rows


def _class_text(name: str, rows: Sequence[Field], *, verbose: bool) -> str:
    head = f"{_RULE}\n{'Field Class:':<{_RIGHT}}{name} ({CLASSES[name]})\n{'Event Sources:':<{_RIGHT}}syscall \n\n"
    return head + "".join(_field_text(row, verbose=verbose) for row in rows)


def _field_text(row: Field, *, verbose: bool) -> str:
    left = f"{row.name}\n{'':<{_RIGHT}}" if len(row.name) > _RIGHT else f"{row.name:<{_RIGHT}}"
    tags = f"({','.join(_tags(row))}) " if _tags(row) else ""
    kind = f"(Type: {row.type.name}) " if verbose else ""
    return f"{left}{_wrapped(f'{kind}{tags}{row.doc}')}\n"


def _wrapped(text: str) -> str:
    """Return a text broken into lines, each word with a blank after it."""
    lines, length = [""], 0
    for word in text.split():
        if length + len(word) + 1 > _WIDTH:
            lines.append("")
            length = 0
        lines[-1] += f"{word} "
        length += len(word) + 1
    return f"\n{'':<{_RIGHT}}".join(lines)


def _tags(row: Field) -> list[str]:
    """Return Falco's names for the traits of a field, in alphabetical order."""
    tags = {
        "FILTER_ONLY": row.filter_only,
        "EPF_NO_RHS": row.no_rhs,
        "EPF_NO_TRANSFORMER": row.no_transformer,
        "EPF_IS_LIST": row.multi == "list",
        "ARG_REQUIRED": "alone" not in row.forms,
        "ARG_ALLOWED": "alone" in row.forms and row.arg != "none",
        "ARG_INDEX": "index" in row.forms,
        "ARG_KEY": bool(row.forms & {"key", "dotted"}),
    }
    return sorted(name for name, is_set in tags.items() if is_set)


def _class_markdown(name: str, rows: Sequence[Field]) -> str:
    table = "".join(f"`{row.name}` | {_kind(row)} | {row.doc}\n" for row in rows)
    head = f"## Field Class: {name}\n\n{CLASSES[name]}\n\nEvent Sources: syscall \n\n"
    return f"{head}Name | Type | Description\n:----|:-----|:-----------\n{table}"


def _kind(row: Field) -> str:
    return f"LIST({row.type.name})" if row.multi == "list" else row.type.name


def _class_data(name: str, rows: Sequence[Field]) -> dict[str, Any]:
    return {
        "name": name,
        "desc": CLASSES[name],
        "event_sources": ["syscall"],
        "fields": [_field_data(row) for row in rows],
    }


def _field_data(row: Field) -> dict[str, Any]:
    tags = _tags(row)
    argument = None
    if row.arg != "none":
        kinds = [tag.removeprefix("ARG_") for tag in ("ARG_INDEX", "ARG_KEY") if tag in tags]
        argument = {"required": "ARG_REQUIRED" in tags, "type": kinds}
    return {
        "name": row.name,
        "type": row.type.name,
        "desc": row.doc,
        "is_list": row.multi == "list",
        "argument": argument,
    }


# -- events ------------------------------------------------------------------------------------------------------------


def events(form: Format) -> str:
    """Return the events of Falco's table, and the system calls without an event of their own."""
    if form == "json":
        data = {title: [_event_data(*row) for row in _rows(origin)] for title, origin in _ORIGINS}
        return _json({"schema_version": SCHEMA_VERSION, **data})
    table = "Default | Dir | Name | Params \n:-------|:----|:-----|:-----\n" if form == "markdown" else ""
    line = _event_markdown if form == "markdown" else _event_text
    parts = [f"The events below are valid for Falco *Schema Version*: {SCHEMA_VERSION}\n"]
    for title, origin in _ORIGINS:
        parts.append(f"## {title}\n\n{table}{''.join(line(*row) for row in _rows(origin))}\n")
    return "".join(parts)


def _rows(origin: str) -> Iterator[tuple[str, Event]]:
    """Yield the events of an origin with their names; system calls without an event have the name of the call."""
    found = sorted((row for row in EVENTS if row.origin == origin), key=lambda row: row.code)
    own = [row for row in found if not row.internal and not row.is_own]
    yield from ((row.name, row) for row in own if row.name != "syscall")
    for row in own:
        if row.name == "syscall":
            yield from ((name, row) for name in sorted(SYSCALL_NAMES))


def _available(name: str) -> bool:
    """Return whether Falco reports the event by default."""
    return name not in IGNORED


def _event_text(name: str, row: Event) -> str:
    return f"{row.direction} {name}({_params(row.params, '')})\n"


def _event_markdown(name: str, row: Event) -> str:
    default = "Yes" if _available(name) else "No"
    return f"{default} | `{row.direction}` | `{name}` | {_params(row.params, '*')}\n"


def _params(params: Iterable[Param], mark: str) -> str:
    return ", ".join(_param(param, mark) for param in params)


def _param(param: Param, mark: str) -> str:
    flags = ", ".join(f"{mark}{name}{mark}" for name in _flags(param))
    return f"{param.type.name} **{param.name}**{f': {flags}' if flags else ''}"


def _flags(param: Param) -> list[str]:
    table = FLAG_TABLE_BY_NAME.get(param.flags or "")
    return [name for name, _ in table.rows] if table else []


def _event_data(name: str, row: Event) -> dict[str, Any]:
    params = []
    for param in row.params:
        data: dict[str, Any] = {"type": param.type.name, "name": param.name}
        if names := _flags(param):
            data["flags"] = names
        params.append(data)
    return {"name": name, "dir": row.direction, "available": _available(name), "params": params}


def _json(data: object) -> str:
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
