# SPDX-License-Identifier: Apache-2.0
"""System calls without an event of their own, which are the event ``syscall`` with the call's name as ``evt.type``.

In captures, the calls of the events that Falco lacks are among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.events import EVENTS
from tiercel.schema.known_events import SYSCALL_NAMES
from tiercel.schema.syscall_codes import SYSCALLS
from tiercel.schema.types import Event

__all__ = ["GENERIC", "GenericCall", "generic_rows", "own_rows"]

# Calls of 32-bit programs that are reported under the name that the call has for 64-bit programs.
_FORM_OF: Final = {"fstatfs64": "fstatfs", "statfs64": "statfs"}

# From this number on, calls have the same number in all tables.
_COMMON: Final = 424


@frozen
class GenericCall:
    """A native call without an event of its own.

    Attributes:
        name: value of ``evt.type``.
        code: Falco's number, which is the param ``ID``.
        x86_64: its number for 64-bit programs, or None.
        ia32: its number for 32-bit programs, or None.
    """

    name: str
    code: int
    x86_64: int | None
    ia32: int | None


def generic_rows() -> Iterator[GenericCall]:
    """Yield every such call, once for each native number."""
    calls = [call for event in EVENTS for call in event.syscalls]
    wide, narrow = {call.x86_64 for call in calls}, {call.ia32 for call in calls}
    codes = {row.name: row.code for row in SYSCALLS}
    for row in SYSCALLS:
        if row.name not in SYSCALL_NAMES or row.name == "socketcall":  # decoded into its calls
            continue
        name = _FORM_OF.get(row.name, row.name)
        common = row.x86_64 is not None and row.x86_64 >= _COMMON and not row.ia32
        if row.x86_64 is not None and row.x86_64 not in wide:
            yield GenericCall(name, codes[name], row.x86_64, None)
        for number in (row.x86_64,) if common else row.ia32:
            if number not in narrow:
                yield GenericCall(name, codes[name], None, number)


def own_rows() -> Iterator[tuple[Event, int, int | None]]:
    """Yield every event that Falco lacks, with the numbers that Falco's ``syscall`` has for its call."""
    codes = {row.name: row.code for row in SYSCALLS}
    for event in EVENTS:
        if event.is_own:
            (call,) = event.syscalls
            yield event, codes[call.name], call.x86_64


GENERIC: Final[Mapping[str, int]] = MappingProxyType({row.name: row.code for row in generic_rows()})
"""Falco's numbers of the calls, by name."""
