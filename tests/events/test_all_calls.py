# SPDX-License-Identifier: Apache-2.0
"""Every system call that has an event, done once: the event arrives, with every param."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from support.calls import Step, Steps, call, call32, child
from support.recorder import Live, Recorded

from tiercel.schema.events import EVENTS
from tiercel.schema.types import Event, Syscall

OWN = [(event, row) for event in EVENTS if event.is_live for row in event.syscalls]
WIDE = [(event, row) for event, row in OWN if row.x86_64 is not None]
NARROW = [(event, row) for event, row in OWN if row.ia32 is not None]
THROUGH = [(event, row) for event, row in OWN if row.socketcall is not None]
SOCKETCALL = 102
STEPS = 40  # of one run

# With -1 for all arguments, calls do nothing: they fail, or take it for "as it is".
NOTHING = [-1] * 6
FORKS = {"fork", "vfork", "clone", "clone3"}


def single(row: Syscall, step: Step) -> Step | Steps:
    return child(step) if row.name in FORKS else step


def wide(row: Syscall) -> Step | Steps:
    return single(row, call(f"nr:{row.x86_64}", *NOTHING))


def narrow(row: Syscall) -> Step | Steps:
    assert row.ia32 is not None
    return single(row, call32(row.ia32, *NOTHING))


def through(row: Syscall) -> Step | Steps:
    return call32(SOCKETCALL, row.socketcall, NOTHING)


def by_type(events: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = {}
    for event in events:
        found.setdefault(event.type, []).append(event)
    return found


@pytest.mark.parametrize(
    ("rows", "make"),
    [(WIDE, wide), (NARROW, narrow), (THROUGH, through)],
    ids=["64-bit", "32-bit", "socketcall"],
)
def test_arrives(live: Live, rows: list[tuple[Event, Syscall]], make: Callable[[Syscall], Step | Steps]) -> None:
    missing = []
    for start in range(0, len(rows), STEPS):
        batch = rows[start : start + STEPS]
        run = live.run(*[make(row) for _, row in batch])
        found = by_type(run.own[1:])
        for event, row in batch:
            seen = found.get(event.name, [])
            if not any(one.params.keys() == {param.name for param in event.params} for one in seen):
                missing.append((row.name, [one.params for one in seen]))
    assert missing == []
