# SPDX-License-Identifier: Apache-2.0
"""Events written as mappings of fields, in YAML or JSON."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.compiler.ir.operands import KIND_WORDS
from tiercel.frozen import field, frozen
from tiercel.lang.ast import FieldName
from tiercel.lang.diagnostics import Report, show
from tiercel.lang.fields import BindError, bind
from tiercel.lang.lexer import LexError
from tiercel.lang.parser import parse_field
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Source, Span
from tiercel.rules.reader import describe
from tiercel.rules.yamlfile import Map, Node, Scalar, Seq, read_documents
from tiercel.schema.names import EVENT_BY_NAME, FIELD_BY_NAME, FieldRef
from tiercel.schema.syscalls import GENERIC

__all__ = ["Event", "read_event", "read_events", "read_fields"]

_FORMS: Final = ("requested", "resolved")
_TYPES: Final = (*(event.name for event in EVENT_BY_NAME.values() if not event.internal), *GENERIC)
_LIST: Final = "write `[a, b]`"


@frozen
class Event:
    """One event.

    Attributes:
        fields: values by field, as :meth:`tiercel.Engine.evaluate` takes them.
        span: where it is written.
    """

    fields: Mapping[str, Any]
    span: Span = field(compare=False, repr=False)


def read_events(source: Source, report: Report) -> list[Event]:
    """Return the events of a text: one mapping, a list of them, several documents, or one JSON object a line."""
    events = []
    for piece in _pieces(source):
        for document in read_documents(piece, report) or ():
            for node in document.items if isinstance(document, Seq) else (document,):
                event = read_event(node, {}, report, "the event")
                if event is not None:
                    events.append(event)
    return events


def _pieces(source: Source) -> Iterator[Source]:
    """Yield the lines of a text with one JSON object on each, in the place where they stand, or else the text."""
    lines = source.text.splitlines()
    objects = [line for line in lines if line.strip()]
    if len(objects) > 1 and all(line[0] == "{" and line.rstrip()[-1] == "}" for line in objects):
        for number, line in enumerate(lines):
            if line.strip():
                yield Source(source.name, "\n" * number + line)
    else:
        yield source


def read_event(node: Node, defaults: Mapping[str, Any], report: Report, owner: str) -> Event | None:
    """Return an event; fields that it does not name are those of ``defaults``.  None after reporting what is wrong."""
    fields = read_fields(node, report, owner)
    if fields is None:
        return None
    assert isinstance(node, Map)
    fields = {**defaults, **fields}
    if fields.get("evt.type") is None:
        report.add("E614", node.head, owner=owner)
        return None
    return Event(fields, node.head)


def read_fields(node: Node, report: Report, owner: str) -> dict[str, Any] | None:
    """Return a mapping of fields to values, or None after reporting what is wrong."""
    if not isinstance(node, Map):
        example = "write `{evt.type: openat, fd.name: /etc/shadow}`"
        report.add(
            "E616",
            node.span,
            key=owner.removeprefix("the "),
            takes="a mapping of fields",
            found=describe(node),
            suggestion=example,
        )
        return None
    before = report.errors
    fields: dict[str, Any] = {}
    for key, value in node.pairs.values():
        ref = _field(key, report)
        if ref is not None:
            fields[str(ref)] = _Value(ref, report).read(value)
    for key in node.repeated:
        report.add("E612", key.span, key=show(key.value))
    return fields if report.errors == before else None


def _field(key: Scalar, report: Report) -> FieldRef | None:
    """Return the field that a key names."""
    try:
        operand = parse_field(key.text())
        if isinstance(operand, FieldName):
            return bind(operand.name, operand.arg)
    except BindError as problem:
        report.add(problem.code, key.span, **{name: show(text) for name, text in problem.values.items()})
        return None
    except LexError:
        pass
    report.add("E201", key.span, field=show(key.value), suggestion=suggest(key.value, FIELD_BY_NAME))
    return None


class _Value:
    """Reads the value of one field."""

    def __init__(self, ref: FieldRef, report: Report) -> None:
        self._ref = ref
        self._report = report

    def read(self, node: Node) -> Any:
        """Return the value, None for none; also None after reporting that it does not fit."""
        many = self._ref.field.multi is not None and self._ref.arg is None
        match node:
            case Map(pairs) if self._ref.path and pairs.keys() and pairs.keys() <= set(_FORMS):
                return {form: self._one(value) for form, (_, value) in pairs.items()}
            case Seq(items) if many:
                return [self._one(item) for item in items]
        return self._one(node)

    def _one(self, node: Node) -> Any:
        kind = self._ref.type.kind
        if isinstance(node, Map) and node.pairs.keys() == {"hex"} and kind in {"str", "bytes"}:
            return self._hex(node.pairs["hex"][1])
        if not isinstance(node, Scalar):
            self._refuse(node, _LIST if self._ref.field.multi else "")
            return None
        if node.is_null:
            return None
        return _READERS[kind](self, node)

    def _hex(self, node: Node) -> bytes | None:
        try:
            return bytes.fromhex(node.value if isinstance(node, Scalar) else "-")
        except ValueError:
            self._refuse(node, "write pairs of hexadecimal digits: `{hex: 7f 45}`")
            return None

    def _text(self, node: Scalar) -> str | None:
        if self._ref.field.name == "evt.type" and node.value not in _TYPES:
            self._refuse(
                node, suggest(node.value, _TYPES) or "`tiercel events` lists the events", "the type of an event"
            )
        return node.value

    def _number(self, node: Scalar) -> int | None:
        try:
            value = int(node.value, 0)
        except ValueError:
            self._refuse(node, "write a whole number, `12` or `0xc`")
            return None
        if not (-(1 << 63) <= value < 1 << 63 if self._ref.type.kind == "int" else 0 <= value < 1 << 64):
            self._refuse(node, "this number is too large, or too small")
        return value

    def _bool(self, node: Scalar) -> bool | None:
        found = {"true": True, "false": False}.get(node.value.lower())
        if found is None:
            self._refuse(node, "write `true` or `false`")
        return found

    def _address(self, node: Scalar) -> str | None:
        try:
            ipaddress.ip_address(node.value)
        except ValueError:
            self._refuse(node, "write an address: `10.0.0.1` or `::1`")
        return node.value

    def _fraction(self, node: Scalar) -> float | None:
        try:
            return float(node.value)
        except ValueError:
            self._refuse(node, "write a number: `0.5`")
            return None

    def _refuse(self, node: Node, hint: str, takes: str = "") -> None:
        takes = takes or KIND_WORDS[self._ref.type.kind]
        field = show(str(self._ref))
        self._report.add("E613", node.span, field=field, takes=takes, found=describe(node), suggestion=hint)


_READERS: Final = {
    "str": _Value._text,
    "bytes": _Value._text,
    "uint": _Value._number,
    "int": _Value._number,
    "bool": _Value._bool,
    "ip": _Value._address,
    "net": _Value._address,
    "double": _Value._fraction,
}
