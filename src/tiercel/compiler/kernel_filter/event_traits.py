# SPDX-License-Identifier: Apache-2.0
"""Traits of event types on which the kernel filter depends."""

from __future__ import annotations

from functools import cache
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.names import EVENT_BY_CODE
from tiercel.schema.types import Event

__all__ = ["HIGH_RATE_EVENTS", "EventTraits", "is_filtered", "traits_of"]

HIGH_RATE_EVENTS: Final = frozenset(event.code for event in EVENT_BY_CODE.values() if "high_rate" in event.traits)
"""Codes of the events that busy machines produce thousands of times a second."""

_WORD_SIZE: Final = 8


@frozen
class EventTraits:
    """Traits of an event type; types with equal traits are filtered in the same way.

    Attributes:
        result: name of the param that is the return value; empty if another number is the result; None without one.
        is_signed: the first param is a signed number.
        opens: the event opens a file by its path.
        has_flags: the event has the flags of open(2), or is ``creat``.
        is_creat: the event is ``creat``, which Falco treats as an open without flags.
        has_paths: the probe tests the paths of the event.
        has_fd: the event is about a descriptor.
        fd_is_result: the descriptor is the return value.
        has_file: the record describes the file of the descriptor.
        path: name of the path param, if the event opens a path.
        fs: the ``fs.path.*`` fields with values: ``name``, ``ends`` or none.
        reads: the event reads from its descriptor.
        writes: the event writes to its descriptor.
        waits: the call can wait.
        category: category in the schema.
        direction: direction in the schema.
        is_meta: neither the kernel nor an event source produced the event.
    """

    result: str | None
    is_signed: bool
    opens: bool
    has_flags: bool
    is_creat: bool
    has_paths: bool
    has_fd: bool
    fd_is_result: bool
    has_file: bool
    path: str | None
    fs: str
    reads: bool
    writes: bool
    waits: bool
    category: str
    direction: str
    is_meta: bool


def is_filtered(code: int) -> bool:
    """Return whether the probe may drop events of a type at the end of the call."""
    event = EVENT_BY_CODE[code]
    return event.is_probed and not event.lifecycle and event.traits.isdisjoint({"keeps_state", "ends_in_probe"})


@cache
def traits_of(code: int) -> EventTraits:
    """Return the traits of an event type."""
    event = EVENT_BY_CODE[code]
    opens = "opens_path" in event.traits
    path = next((param.name for param in event.params if param.type.is_path), None)
    return EventTraits(
        result=_result(event),
        is_signed=bool(event.params) and event.params[0].type.kind == "int",
        opens=opens,
        has_flags="open_flags" in event.traits or event.name == "creat",
        is_creat=event.name == "creat",
        has_paths=opens or "open_flags" in event.traits,
        has_fd=not event.flags.isdisjoint({"creates_fd", "uses_fd", "destroys_fd"}),
        fd_is_result=event.fd_param == 0,
        has_file=event.file,
        path=path if opens else None,
        fs=("", "name", "ends")[len(event.fs_path)],
        reads="reads" in event.flags,
        writes="writes" in event.flags,
        waits="waits" in event.flags,
        category=event.category,
        direction=event.direction,
        is_meta=event.origin == "meta",
    )


def _result(event: Event) -> str | None:
    if event.origin != "syscall" or event.direction != "<" or not event.params or event.is_named or event.internal:
        return None
    first = event.params[0]
    is_number = first.type.kind in {"int", "uint"} and first.type.size == _WORD_SIZE
    return first.name if is_number and "other_result" not in event.traits else ""
