# SPDX-License-Identifier: Apache-2.0
"""Conditions by event type."""

from __future__ import annotations

import pytest
from support.compiling import Passes, event_names, show

from tiercel.compiler.passes import specialize
from tiercel.compiler.passes.specialize import Part
from tiercel.schema.events import EVENTS
from tiercel.schema.known_events import SYSCALL_NAMES

ALL = {event.name for event in EVENTS if not event.internal}


def named(condition: str) -> dict[str, str]:
    """The residual condition for the events that plugins name."""
    return {"asyncevent": condition}


def parts(condition: str) -> dict[str, str]:
    return {name: show(part.cond) for part in Passes().split(condition) for name in event_names(part)}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("evt.type = open", {"open": "true"}),
        ("evt.type in (open, openat) and fd.num = 1", {"open": "fd.num = 1", "openat": "fd.num = 1"}),
        (
            "(evt.type = open and fd.num = 1) or (evt.type = execve and proc.name = a)",
            {"open": "fd.num = 1", "execve": "proc.name = a"},
        ),
        ("evt.type = open and evt.type = execve", {}),
        ("evt.type = open and not evt.type = open", {}),
        ("evt.type = close", {"close": "true"}),
        ("evt.type startswith openat", {"openat": "true", "openat2": "true", **named("evt.type startswith openat")}),
        ("evt.type endswith eat2", {"renameat2": "true", **named("evt.type endswith eat2")}),
        (
            "evt.type endswith at2",
            {
                "openat2": "true",
                "renameat2": "true",
                "syscall": "evt.type endswith at2",
                **named("evt.type endswith at2"),
            },
        ),
        ("evt.type icontains MEMFD_C", {"memfd_create": "true", **named("evt.type icontains MEMFD_C")}),
        ("evt.type = fsync", {"syscall": "evt.type = fsync"}),
        ("evt.type in (fsync, open)", {"open": "true", "syscall": "evt.type in (fsync, open)"}),
        ("evt.type = fsync and evt.type = getpid", {}),
        ("evt.type = open and evt.dir = <", {"open": "true"}),
        ("evt.type = open and evt.dir = >", {}),
        ("evt.type exists and evt.type = bind", {"bind": "true"}),
        ("syscall.type in (open, bind)", {"open": "true", "bind": "true"}),
        ("syscall.type exists and evt.type in (procexit, bind)", {"bind": "true"}),
        ("evt.type.is.open = 1", {"open": "true"}),
        ("evt.type in (open, bind) and evt.type.is.open = 0", {"bind": "true"}),
        ("evt.type in (open, bind) and evt.rawarg.flags > 1", {"open": "evt.rawarg.flags > 1"}),
        ("evt.type = bind and not tolower(evt.arg.flags) = val(proc.name)", {"bind": "true"}),
        ("evt.type = bind and not proc.name = val(evt.arg.flags)", {"bind": "true"}),
        ("evt.type = open and evt.arg.flags exists", {"open": "evt.arg.flags exists"}),
        ("evt.type in (open, bind) and evt.arg.flags exists", {"open": "evt.arg.flags exists"}),
        ("evt.type = bind and not evt.arg.flags contains x", {"bind": "true"}),
        ("evt.type = bind and evt.arg[99] exists", {}),
        ("evt.type = open and evt.arg[0] = 3", {"open": "evt.arg[0] = 3"}),
    ],
)
def test_decided_by_type(condition: str, expected: dict[str, str]) -> None:
    assert parts(condition) == expected


def test_without_a_type_all_events_are_meant() -> None:
    assert parts("proc.name = a") == dict.fromkeys(ALL, "proc.name = a")
    assert parts("evt.type != open").keys() == ALL - {"open"}
    assert parts("not evt.type in (open, bind)").keys() == ALL - {"open", "bind"}


def test_patterns_on_the_type_are_left_to_the_core() -> None:
    assert parts("evt.type glob open*") == dict.fromkeys(ALL, "evt.type glob open*")


@pytest.mark.parametrize(
    ("condition", "calls"),
    [
        ("evt.type = fsync", {"fsync"}),
        ("evt.type in (fsync, getpid, open)", {"fsync", "getpid"}),
        ("evt.type in (fsync, getpid) and not evt.type = getpid", {"fsync"}),
        ("evt.type in (fsync, getpid) and not evt.type in (getpid, fsync)", set()),
        ("proc.name = a and (evt.type = fsync or (evt.type = getpid and fd.num = 1))", {"fsync", "getpid"}),
        ("proc.name = a or evt.type = fsync", set(SYSCALL_NAMES)),
        ("evt.type startswith sched_get_priority", {"sched_get_priority_max", "sched_get_priority_min"}),
        ("evt.type glob fsync*", set(SYSCALL_NAMES)),
        ("evt.type = open", set()),
        ("evt.type = fallocate", {"fallocate"}),
        ("evt.type = fallocate and evt.arg.len > 1", set()),
        ("evt.type in (getpgid, fsync) and not (evt.type = getpgid and proc.name = a)", {"getpgid", "fsync"}),
        ("evt.type in (getpgid, fsync) and not (evt.type = getpgid or proc.name = a)", {"fsync"}),
        ("evt.type in (getpgid, fsync) and not (evt.type = getpgid and not proc.name = a)", {"getpgid", "fsync"}),
        ("not (evt.type = getpgid and proc.name = a)", set(SYSCALL_NAMES)),
        ("not (evt.type = getpgid or proc.name = a)", set(SYSCALL_NAMES) - {"getpgid"}),
    ],
)
def test_calls_without_an_event_of_their_own(condition: str, calls: set[str]) -> None:
    assert {name for part in Passes().split(condition) for name in part.calls} == calls


@pytest.mark.parametrize(
    ("condition", "types"),
    [
        ("evt.type = fallocate", {"fallocate", "syscall"}),
        ("evt.type = fallocate and evt.arg.offset > 1", {"fallocate"}),
        ("evt.type = fallocate and evt.arg.nativeID > 1", {"syscall"}),
    ],
)
def test_name_of_a_call_with_an_event_that_falco_lacks(condition: str, types: set[str]) -> None:
    codes = {code for part in Passes().split(condition) for code in part.codes}
    assert {event.name for event in EVENTS if event.code in codes} == types


@pytest.mark.parametrize(
    ("condition", "frequent"),
    [
        ("proc.name = a", set()),
        ("not evt.type = open", set()),
        ("evt.type = switch", {"switch"}),
        ("evt.type in (open, page_fault) and proc.name = a", {"page_fault"}),
        ("evt.type != open and not evt.type = switch", set()),
        ("evt.type.is.switch = 1", {"switch"}),
    ],
)
def test_events_without_end_must_be_named(condition: str, frequent: set[str]) -> None:
    passes = Passes()
    parts = passes.split(condition)
    required = specialize.required_events(passes.fold(condition), parts)
    assert required <= {code for part in parts for code in part.codes}
    assert {event.name for event in EVENTS if event.code in required} & {"switch", "page_fault"} == frequent


def test_events_with_the_same_rest_share_a_part() -> None:
    (part,) = Passes().split("evt.type in (open, openat, execve) and proc.name = a")
    assert event_names(part) == {"open", "openat", "execve"}


@pytest.mark.parametrize(
    ("condition", "paths"),
    [
        ("evt.type = open and fd.name = /x", {"open"}),
        ("evt.type = open and fd.num = 1", set()),
        ("evt.type in (open, chmod) and evt.arg.mode = 1", set()),
        ("evt.type in (unlinkat, execve) and (evt.arg.name = /x or proc.name = a)", {"unlinkat"}),
        ("evt.type in (open, execve) and evt.arg[1] = /x", {"open"}),
        ("evt.type = open and (fd.name = /x or evt.num >= 0)", set()),
    ],
)
def test_paths(condition: str, paths: set[str]) -> None:
    found: tuple[Part, ...] = Passes().split(condition)
    assert {name for part in found if part.uses_path for name in event_names(part)} == paths


@pytest.mark.parametrize("name", ["sigreturn", "statfs64", "socketcall"])
def test_calls_of_other_machines_are_in_captures(name: str) -> None:
    assert parts(f"evt.type = {name}") == {"syscall": f"evt.type = {name}"}
