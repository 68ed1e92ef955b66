# SPDX-License-Identifier: Apache-2.0
"""Alerts: one match each, formatted on first access."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn, TypeAlias

from tiercel.errors import EventError
from tiercel.formats.registry import formatter
from tiercel.formats.values import (
    TIMES,
    escape,
    iso_time,
    json_line,
    local_time,
    readable,
    utc_time,
    value_json,
    value_text,
)
from tiercel.frozen import frozen, replace
from tiercel.response.process import UNKNOWN, Process
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["Alert", "AlertEvent", "Column", "Layout", "Segments", "Shown", "Style", "derived", "hostname"]


@frozen
class Style:
    """Format of alerts.

    Attributes:
        iso_time: date and time in UTC at the start of the text, instead of the local time of day.
        json_output: JSON has the key ``output``: the whole text.
        json_message: JSON has the key ``message``: the text without time and priority.
        json_fields: JSON has the key ``output_fields``.
        json_tags: JSON has the key ``tags``.
        base64_buffers: byte buffers are written in base64, instead of their printable characters.
    """

    iso_time: bool = False
    json_output: bool = True
    json_message: bool = False
    json_fields: bool = True
    json_tags: bool = True
    base64_buffers: bool = False


@frozen
class Column:
    """One value of an alert.

    Attributes:
        key: name of the field with the argument as in a rule (``proc.aname[2]``), or the transformer.
        fmt: print format of the field, or one of :data:`~tiercel.formats.values.TIMES`; ``base64`` for byte buffers in
            base64, ``none`` for a number without a print format.
        listed: the value is one of the alert's fields; the result of a transformer appears in texts only.
    """

    key: str
    fmt: str = "dec"
    listed: bool = True


class Shown(NamedTuple):
    """A column in a message: its number, and the width to which it is padded or cut."""

    column: int
    width: int | None = None


Segments: TypeAlias = tuple[str | Shown, ...]


@frozen
class Layout:
    """Common data of all alerts of one rule.

    Attributes:
        segments: the message: literal texts, and columns.
        columns: in the order of an alert's values.
        extras: more fields, each a text with columns in it.
    """

    rule: str
    priority: Priority
    source: str
    tags: tuple[str, ...]
    segments: Segments
    columns: tuple[Column, ...]
    style: Style = Style()
    extras: tuple[tuple[str, Segments], ...] = ()


class Fields(dict[str, Any]):
    """The fields of an alert: an immutable ``dict``, so that :mod:`json` and :mod:`pickle` accept it."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the fields of an alert cannot be changed; dict(alert.fields) can")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Fields], tuple[dict[str, Any]]]:
        return Fields, (dict(self),)


class AlertEvent:
    """The event of an alert, decoded on first access.

    Texts are decoded like file names in :mod:`os`: bytes that are not UTF-8 become lone surrogates, and
    :func:`os.fsencode` gives the bytes back.
    """

    __slots__ = ("_decode", "_decoded")

    def __init__(self, decode: Callable[[], Mapping[str, Any]]) -> None:
        self._decode = decode
        self._decoded: Mapping[str, Any] | None = None

    @property
    def type(self) -> str:
        """Name of the event, as in ``evt.type``."""
        return str(self._all()["type"])

    @property
    def params(self) -> Mapping[str, Any]:
        """The params of the event by name, in Falco's order; see ``tiercel events``."""
        return MappingProxyType(self._all()["params"])

    @property
    def header(self) -> Mapping[str, Any]:
        """Header of every event: ids of process, thread, user and group, namespaces, control group, processor."""
        return MappingProxyType({key: value for key, value in self._all().items() if key not in ("type", "params")})

    def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], AlertEvent], tuple[dict[str, Any]]]:
        return _decoded_event, (dict(self._all()),)

    def __repr__(self) -> str:
        return f"<AlertEvent {self.type} {dict(self.params)!r}>"

    def _all(self) -> Mapping[str, Any]:
        if self._decoded is None:
            self._decoded = self._decode()
        return self._decoded


def _decoded_event(decoded: Mapping[str, Any]) -> AlertEvent:
    return AlertEvent(lambda: decoded)


class Alert:
    """One match of one rule.  Immutable.

    Attributes:
        time_ns: time of the event, nanoseconds since 1970 (UTC).
        hostname: name of this machine, or ``$FALCO_HOSTNAME``.
        event: the event that matched.
    """

    __slots__ = ("_event", "_fields", "_hostname", "_is_live", "_layout", "_message", "_time_ns", "_values")

    def __init__(
        self,
        layout: Layout,
        values: tuple[Any, ...],
        *,
        time_ns: int,
        hostname: str,
        event: AlertEvent,
        is_live: bool = False,
    ) -> None:
        self._layout = layout
        self._values = values
        self._time_ns = time_ns
        self._hostname = hostname
        self._event = event
        self._is_live = is_live
        self._fields: Mapping[str, Any] | None = None
        self._message: str | None = None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self._layout.rule

    @property
    def priority(self) -> Priority:
        """Priority of the rule; the smaller, the more urgent: ``alert.priority <= Priority.WARNING``."""
        return self._layout.priority

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the rule, sorted."""
        return self._layout.tags

    @property
    def source(self) -> str:
        """Source of the event: ``syscall``, or ``internal`` for internal alerts."""
        return self._layout.source

    @property
    def is_internal(self) -> bool:
        """True for a notice as an alert (``tiercel internal event: …``): ``Sensor(internal_alerts=True)``.

        No rule matched: programs that react to matches ignore such alerts, independently of their priority.
        """
        return self._layout.source == "internal"

    @property
    def time_ns(self) -> int:
        return self._time_ns

    @property
    def hostname(self) -> str:
        return self._hostname

    @property
    def event(self) -> AlertEvent:
        return self._event

    @property
    def process(self) -> Process:
        """The process that caused the event, with ``kill()``, ``stop()``, ``kill_cgroup()`` and ``freeze()``.

        Alerts of replays, given events and the sensor itself have none: ``process.pid`` is None, and every action
        returns ``unidentified``. Actions follow the event; they cannot prevent it.
        """
        if not self._is_live:
            return UNKNOWN
        try:
            return Process.of_header(self._event.header)
        except EventError:
            return UNKNOWN

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the message and of the match, by name (``proc.aname[2]``); None for a field without a value.

        Times of the event are nanoseconds since 1970, independently of the format in the message. The fields inside a
        transformer are included; its result is only in the message.

        Texts and byte buffers are decoded like file names in :mod:`os`, so ``os.stat(alert.fields["fd.name"])`` finds
        any file. The mapping is an immutable ``dict``: ``json.dumps(alert.fields)`` works.
        """
        if self._fields is None:
            pairs = zip(self._layout.columns, self._values, strict=True)
            found = {column.key: _field(value) for column, value in pairs if column.listed}
            self._fields = Fields(found | self._extras())
        return self._fields

    @property
    def message(self) -> str:
        """The rule's output text with its fields filled in; ``<NA>`` stands for a missing value."""
        if self._message is None:
            self._message = self._text(self._layout.segments)
        return self._message

    def _extras(self) -> dict[str, str | None]:
        return {key: self._text(segments) if segments else None for key, segments in self._layout.extras}

    def _text(self, segments: Segments) -> str:
        return "".join(part if isinstance(part, str) else self._shown(part) for part in segments)

    def _shown(self, part: Shown) -> str:
        text = value_text(self._values[part.column], self._layout.columns[part.column].fmt)
        return text if part.width is None else text[: part.width].ljust(part.width)

    @property
    def output(self) -> str:
        """Time, priority and message: ``10:12:06.123456789: Warning Sensitive file …``.  May span lines."""
        when = iso_time(self._time_ns) if self._layout.style.iso_time else local_time(self._time_ns)
        return f"{when}: {self.priority.label} {self.message}"

    def to_text(self) -> str:
        """Return :attr:`output` as one line: control characters, quotes and backslashes are escaped as in JSON."""
        return escape(self.output)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of :meth:`to_json` as a dict, with Falco's keys."""
        style = self._layout.style
        found: dict[str, Any] = {
            "hostname": self.hostname,
            "priority": self.priority.label,
            "rule": readable(self.rule),
            "source": self.source,
            "time": f"{utc_time(self._time_ns)}Z",
        }
        if style.json_output:
            found["output"] = self.output
        if style.json_message:
            found["message"] = self.message
        if style.json_tags:
            found["tags"] = [readable(tag) for tag in self.tags]
        if style.json_fields:
            found["output_fields"] = self.json_fields()
        return dict(sorted(found.items()))

    def json_fields(self) -> dict[str, Any]:
        """Return :attr:`fields` with the values of ``output_fields`` in :meth:`to_json`: text without surrogates."""
        pairs = zip(self._layout.columns, self._values, strict=True)
        fields = {column.key: value_json(value, column.fmt) for column, value in pairs if column.listed}
        return fields | self._extras()

    def to_json(self) -> str:
        """Return one line of JSON with Falco's keys, sorted."""
        return json_line(self.to_dict())

    def render(self, format: AlertFormat) -> str:
        """Return the alert as one line in one of the formats, without the line end.

        Args:
            format: ``text`` as :meth:`to_text`, ``falco`` as :meth:`to_json`, ``ocsf`` (a Detection Finding) or
                ``ecs`` (Elastic Common Schema), both JSON made of the alert's fields.

        Raises:
            UsageError: E607, there is no such format.
        """
        return formatter(format)(self)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Alert {self.rule!r} {self.priority.label} {self.message!r}>"


def derived(alert: Alert, message: str, fields: Mapping[str, Any], time_ns: int) -> Alert:
    """Return an alert of the same rule with another message, other fields and another time, and without its event."""
    before = alert._layout
    formats = {column.key: column.fmt for column in before.columns}
    time = tuple(column for column in before.columns[:1] if column.fmt in TIMES.values())
    columns = (*time, *(Column(name, formats.get(name, "dec")) for name in fields))
    layout = replace(before, segments=(readable(message),), columns=columns, extras=())
    values = (*(time_ns for _ in time), *fields.values())
    event = AlertEvent(lambda: {"type": "summary", "params": dict(fields)})
    return Alert(layout, values, time_ns=time_ns, hostname=alert.hostname, event=event)


def _field(value: Any) -> Any:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def hostname() -> str:
    """Return the name of this machine in alerts: ``$FALCO_HOSTNAME``, or the kernel's host name."""
    return os.environ.get("FALCO_HOSTNAME") or socket.gethostname()
