# SPDX-License-Identifier: Apache-2.0
"""From compiled rules to alerts: how the alerts of each rule look, and what the core's bytes mean."""

from __future__ import annotations

from functools import partial
from typing import Final

from tiercel._core.record import RawAlert, decode
from tiercel.compiler import Compiled, Template
from tiercel.compiler.output import FieldSegment
from tiercel.compiler.program import OutputField, Read
from tiercel.engine.alert import Alert, AlertEvent, Column, Layout, Shown, Style
from tiercel.rules import Rule
from tiercel.schema.names import FIELD_BY_NAME

__all__ = ["make_alert", "make_layouts"]

_TIME: Final = "evt.time"


def make_layouts(compiled: Compiled, style: Style) -> tuple[Layout, ...]:
    """Return the layout of each rule, by its index in the program."""
    assert compiled.program is not None
    outputs = compiled.program.outputs
    return tuple(map(partial(_layout, style=style), compiled.rules, compiled.templates, outputs))


def make_alert(layouts: tuple[Layout, ...], raw: RawAlert, hostname: str, event: AlertEvent | None = None) -> Alert:
    """Return the alert that the core captured; ``event`` stands in for the record where there is none."""
    layout = layouts[raw.rule]
    values = tuple(
        raw.time_ns if column.fmt in ("time", "iso") else value
        for column, value in zip(layout.columns, raw.values, strict=True)
    )
    event = event or AlertEvent(partial(decode, raw.event))
    return Alert(layout, values, time_ns=raw.time_ns, hostname=hostname, event=event)


def _layout(rule: Rule, template: Template, output: tuple[OutputField, ...], *, style: Style) -> Layout:
    numbers = {key: number for number, key in enumerate(output)}
    segments = tuple(
        Shown(numbers[part.key], part.width) if isinstance(part, FieldSegment) else part.text
        for part in template.segments
    )
    printed = {part.key for part in template.segments if isinstance(part, FieldSegment)}
    iso = style.iso_time and Read(_TIME) not in printed
    columns = tuple(_column(source, iso=iso) for source in output)
    return Layout(
        rule=rule.name,
        priority=rule.priority,
        source=rule.source,
        tags=tuple(sorted(rule.tags)),
        segments=segments,
        columns=columns,
        style=style,
    )


def _column(source: OutputField, *, iso: bool) -> Column:
    if source == Read(_TIME):
        return Column("evt.time.iso8601", "iso") if iso else Column(_TIME, "time")
    return Column(str(source), FIELD_BY_NAME[source.field].fmt if isinstance(source, Read) else "dec")
