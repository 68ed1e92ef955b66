# SPDX-License-Identifier: Apache-2.0
"""A program that makes every decoded system call: each of them arrives, with every param."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.calls import Step, call, call32, child
from support.recorder import Live, Run

from tiercel.schema.events import EVENTS
from tiercel.schema.types import Event, Syscall

DECODED = [event for event in EVENTS if event.is_live and event.syscalls]
SOCKETCALL = 102
FORKS = {"clone", "clone3", "fork", "vfork"}

# Numbers that no call takes, so that none of them does anything.
NOTHING = (-1,) * 6


def steps() -> Iterator[tuple[Event, Step | list[Step]]]:
    """Every native call of each event, through all doors."""
    for event in DECODED:
        for row in event.syscalls:
            for step in doors(row):
                yield event, list(child(step)) if event.name in FORKS else step


def doors(row: Syscall) -> Iterator[Step]:
    if row.x86_64 is not None:
        yield call(f"nr:{row.x86_64}", *NOTHING)
    if row.ia32 is not None:
        yield call32(row.ia32, *NOTHING)
    if row.socketcall is not None:
        yield call32(SOCKETCALL, row.socketcall, list(NOTHING))


@pytest.fixture(scope="module")
def made() -> list[tuple[Event, Step | list[Step]]]:
    return list(steps())


@pytest.fixture
def run(live: Live, made: list[tuple[Event, Step | list[Step]]]) -> Run:
    return live.run(*(step for _, step in made))


def test_every_event_arrives_with_every_param(run: Run, made: list[tuple[Event, Step | list[Step]]]) -> None:
    assert {event.name for event, _ in made} == {event.name for event in DECODED}
    missing = []
    for event in DECODED:
        wanted = {
            (number, ia32)
            for row in event.syscalls
            for number, ia32 in ((row.x86_64, False), (row.ia32, True), (row.socketcall and SOCKETCALL, True))
            if number is not None
        }
        seen = {(found.syscall, found.ia32) for found in run.events(event.name)}
        if not wanted <= seen:
            missing.append((event.name, wanted - seen))
        for found in run.events(event.name):
            assert list(found.params) == [param.name for param in event.params], event.name
            names = [f"{param.name}=" for param in event.params]
            assert all(name in found.fields["evt.args"] for name in names), event.name
    assert missing == []


def test_nothing_happened(run: Run, made: list[tuple[Event, Step | list[Step]]]) -> None:
    """The program lived to make the last call."""
    _, last = made[-1]
    assert (last if isinstance(last, Step) else last[0]).reports
    assert run.own[-1].type == "procexit"
