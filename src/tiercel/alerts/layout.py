# SPDX-License-Identifier: Apache-2.0
"""Layout of the alerts of each rule, and conversion of captured bytes to alerts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from tiercel._core.alerts.unpack import RawAlert, decode
from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Segments, Shown, Style
from tiercel.compiler import PATHS, Compiled, Template
from tiercel.compiler.frontend.output_template import FieldSegment
from tiercel.compiler.frontend.output_template import Segments as OutputSegments
from tiercel.compiler.ir.program import Items, OutputField, Read, Source, Transform
from tiercel.formats.values import TIMES, readable
from tiercel.frozen import replace
from tiercel.lang.printer import escape
from tiercel.rules import Rule
from tiercel.schema.names import FIELD_BY_NAME

__all__ = ["make_alert", "make_layouts"]

_TIME_FORMATS: Final = frozenset(TIMES.values())


def make_layouts(compiled: Compiled, style: Style) -> tuple[Layout, ...]:
    """Return the layout of each rule, by its index in the program."""
    assert compiled.program is not None
    outputs = compiled.program.outputs
    added = frozenset(PATHS) if compiled.program.path_matching != "requested" else frozenset()
    return tuple(map(partial(_layout, style=style, added=added), compiled.rules, compiled.templates, outputs))


def make_alert(
    layouts: tuple[Layout, ...],
    raw: RawAlert,
    hostname: str,
    event: AlertEvent | None = None,
    *,
    is_live: bool = False,
) -> Alert:
    """Return the alert that the core captured; ``event`` replaces a missing record.

    ``is_live``: the event is one of this machine, so its process can be acted on.
    """
    layout = _uncertain(layouts[raw.rule]) if raw.is_uncertain else layouts[raw.rule]
    values = tuple(
        raw.time_ns if column.fmt in _TIME_FORMATS else value
        for column, value in zip(layout.columns, (raw.time_ns, *raw.values), strict=True)
    )
    event = event or AlertEvent(partial(decode, raw.event))
    return Alert(layout, values, time_ns=raw.time_ns, hostname=hostname, event=event, is_live=is_live)


@lru_cache(maxsize=1024)
def _uncertain(layout: Layout) -> Layout:
    """Return the layout of uncertain matches, which depend on missing metadata: a field marks them."""
    return replace(layout, extras=(*layout.extras, ("container.metadata", ("unknown",))))


def _layout(
    rule: Rule, template: Template, output: tuple[OutputField, ...], *, style: Style, added: frozenset[OutputField]
) -> Layout:
    time_key = "evt.time.iso8601" if style.iso_time else "evt.time"
    numbers = {source: number for number, source in enumerate(output, start=1)}
    hidden = frozenset(template.sources) - frozenset(template.listed) - added
    columns = (_column(source, style, listed=source not in hidden) for source in output)
    return Layout(
        rule=rule.name,
        priority=rule.priority,
        source=rule.source,
        tags=tuple(sorted(rule.tags)),
        segments=_segments(template.segments, numbers),
        columns=(Column(time_key, TIMES[time_key]), *columns),
        style=style,
        extras=tuple((key, _segments(segments, numbers)) for key, segments in template.texts),
    )


def _segments(segments: OutputSegments, numbers: Mapping[OutputField, int]) -> Segments:
    return tuple(
        Shown(numbers[part.source], part.width) if isinstance(part, FieldSegment) else readable(part.text)
        for part in segments
    )


def _column(source: OutputField, style: Style, *, listed: bool) -> Column:
    key = _key(source) if isinstance(source, Read) else str(source)
    return Column(key, "base64" if style.base64_buffers and _is_buffer(source) else _format(source), listed)


def _format(source: OutputField) -> str:
    if isinstance(source, Read):
        return TIMES.get(source.field) or source.ref.fmt
    return "none" if _is_length_of_text(source) else "dec"


def _key(read: Read) -> str:
    """Return the name of a field as in conditions, with quotes around an argument only if necessary."""
    if isinstance(read.arg, str) and str(read).endswith("]"):
        return f"{read.field}[{escape(read.arg.encode('utf-8', 'surrogateescape')).decode('utf-8', 'surrogateescape')}]"
    return str(read)


def _is_buffer(source: object) -> bool:
    match source:
        case Read():
            return source.ref.type.kind == "bytes"
        case Transform("b64", args):
            return _is_buffer(args[0])
        case _:
            return False


def _is_length_of_text(source: Source) -> bool:
    """Return whether a source is a number without a print format in Falco, which prints it as missing."""
    return isinstance(source, Transform) and source.name == "len" and not _is_list(source.args[0])


def _is_list(source: object) -> bool:
    match source:
        case Read(name):
            return FIELD_BY_NAME[name].multi == "list"
        case Transform("getopt", _, option):
            return option is None
        case Transform("tolower" | "toupper" | "b64", args):
            return _is_list(args[0])
        case _:
            return isinstance(source, Items)
