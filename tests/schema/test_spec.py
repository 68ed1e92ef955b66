# SPDX-License-Identifier: Apache-2.0
"""The rows against Falco's tables: names, types, order, numbers and flag names must be Falco's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiercel.schema.events import EVENTS
from tiercel.schema.flags import FLAG_TABLES, VARIANT_TABLES
from tiercel.schema.known_params import PARAM_TYPES
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.numbers import ERRNOS, SIGNALS
from tiercel.schema.render.core import all_types
from tiercel.schema.syscall_codes import SYSCALLS
from tiercel.schema.types import INTERNAL_CODES, OWN_CODES, Event, FlagTable

VISIBLE = [event for event in EVENTS if not event.internal and not event.is_own]

FLAG_WORDS = {
    "EF_CREATES_FD": "creates_fd",
    "EF_USES_FD": "uses_fd",
    "EF_DESTROYS_FD": "destroys_fd",
    "EF_READS_FROM_FD": "reads",
    "EF_WRITES_TO_FD": "writes",
    "EF_MODIFIES_STATE": "modifies_state",
    "EF_WAITS": "waits",
    "EF_SKIPPARSERESET": "no_thread",
    "EF_LARGE_PAYLOAD": "large",
}
EVENT_FORMATS = {"PF_NA": "dec", "PF_DEC": "dec", "PF_HEX": "hex", "PF_OCT": "oct"}

# What the probe reports when a call begins, for the state only: rules never see it.
HIDDEN = {"open_e": 2, "connect_e": 22, "creat_e": 58, "openat_e": 306, "openat2_e": 326}
FALCO = [event for event in EVENTS if event.code < INTERNAL_CODES]
OWN = [event for event in EVENTS if event.is_own]


def load(shared_dir: Path, name: str) -> Any:
    return json.loads((shared_dir / "spec" / name).read_text())


@pytest.fixture(scope="session")
def falco_events(shared_dir: Path) -> dict[int, Any]:
    return {event["code"]: event for event in load(shared_dir, "events.json")}


@pytest.fixture(scope="session")
def falco_flags(shared_dir: Path) -> Any:
    return load(shared_dir, "flags.json")


@pytest.mark.parametrize("event", FALCO, ids=lambda event: event.ident)
class TestEvents:
    def test_is_the_current_form(self, event: Event, falco_events: dict[int, Any]) -> None:
        falco = falco_events[event.code]
        assert (falco["name"] + "_e" * (event.name in HIDDEN), falco["current"]) == (event.name, True)
        assert {"exit": "<", "enter": ">"}[falco["direction"]] == event.direction
        assert falco["category"] == f"EC_{event.category.upper()}"
        assert falco["origin"] == {"meta": "EC_METAEVENT"}.get(event.origin, f"EC_{event.origin.upper()}")

    def test_has_the_same_flags(self, event: Event, falco_events: dict[int, Any]) -> None:
        assert event.flags == {FLAG_WORDS[flag] for flag in falco_events[event.code]["flags"] if flag in FLAG_WORDS}

    def test_has_the_same_params(self, event: Event, falco_events: dict[int, Any]) -> None:
        ours = [(p.name, "PT_" + p.type.name, p.fmt, p.flags, p.dirfd, p.variants) for p in event.params]
        assert ours == [
            (
                param["name"],
                param["type"],
                EVENT_FORMATS[param["format"]],
                param.get("flags_table"),
                param.get("dirfd_param"),
                param.get("dyn_table"),
            )
            for param in falco_events[event.code]["params"]
        ]


def test_syscalls_produce_the_events_that_they_produce_in_falco(shared_dir: Path) -> None:
    calls = {call["nr_x86_64"]: call["evt_type"] for call in load(shared_dir, "syscalls_x86_64.json")}
    for event in VISIBLE:
        for call in event.syscalls:
            assert call.x86_64 is None or calls[call.x86_64] == event.name


def test_own_events_collide_with_none(shared_dir: Path, falco_events: dict[int, Any]) -> None:
    assert max(falco_events) < INTERNAL_CODES
    assert not {event.name for event in OWN} & {event["name"] for event in falco_events.values()}
    assert sorted(event.code for event in OWN) == list(range(OWN_CODES, OWN_CODES + len(OWN)))
    calls = {call["syscall"]: call for call in load(shared_dir, "syscalls_x86_64.json")}
    for event in OWN:
        (call,) = event.syscalls
        assert (call.name, calls[call.name]["generic"]) == (event.name, True)


def test_own_params_compare_as_those_of_the_same_name() -> None:
    for event in OWN:
        for param in event.params:
            assert param.type.kind == PARAM_TYPES[param.name].kind, param.name


@pytest.mark.parametrize("table", [table for table in FLAG_TABLES if not table.own], ids=lambda table: table.name)
def test_flag_table(table: FlagTable, falco_flags: Any) -> None:
    assert table.rows == tuple((row["name"], row["value"]) for row in falco_flags["flags"][table.name])


def test_own_flag_tables(falco_flags: Any) -> None:
    assert not {table.name for table in FLAG_TABLES if table.own} & falco_flags["flags"].keys()
    used = {param.flags for event in FALCO for param in event.params}
    assert not used & {table.name for table in FLAG_TABLES if table.own}


def test_variants(falco_flags: Any) -> None:
    for table in VARIANT_TABLES:
        falco = falco_flags["dynamic_params"][table.name]
        assert [("PT_" + vtype.name, fmt) for vtype, fmt in table.rows] == [
            (row["type"], EVENT_FORMATS[row["format"]]) for row in falco
        ]


def test_numbers(shared_dir: Path) -> None:
    names = load(shared_dir, "names.json")
    assert {row["value"]: row["name"] for row in names["errno"]} == ERRNOS
    assert {row["value"]: row["name"] for row in names["signals"]} == SIGNALS


def test_params_of_all_events(shared_dir: Path) -> None:
    """The type of a name is that of the first event in the table that has it; own events come last."""
    types: dict[str, str] = {}
    for event in load(shared_dir, "events.json"):
        for param in event["params"]:
            types.setdefault(param["name"], param["type"])
    for own in OWN:
        for row in own.params:
            types.setdefault(row.name, "PT_" + row.type.name)
    assert {name: "PT_" + vtype.name for name, vtype in PARAM_TYPES.items()} == types


def test_type_codes(shared_dir: Path) -> None:
    constants = load(shared_dir, "constants.json")
    assert {vtype.name: vtype.code for vtype in all_types()} == {
        vtype.name: constants["PT_" + vtype.name] for vtype in all_types()
    }


def test_nothing_is_missing(falco_events: dict[int, Any]) -> None:
    assert {event.code for event in FALCO} == {code for code, event in falco_events.items() if event["current"]}
    assert {event.name: event.code for event in FALCO if event.internal} == HIDDEN


def test_every_call_has_its_event(shared_dir: Path) -> None:
    produced = {call.x86_64: event.name for event in VISIBLE for call in event.syscalls}
    calls = load(shared_dir, "syscalls_x86_64.json")
    own = {call["nr_x86_64"]: call["evt_type"] for call in calls if not call["generic"]}
    assert own | {None: ""} == produced | {None: ""}


def test_codes_of_calls(shared_dir: Path) -> None:
    codes = {row["ppm_sc"]: row["name"] for row in load(shared_dir, "ppm_sc.json")}
    assert {row.code: row.name for row in SYSCALLS} == codes
    numbers = {call["nr_x86_64"]: call["ppm_sc"] for call in load(shared_dir, "syscalls_x86_64.json")}
    assert {row.x86_64: row.name for row in SYSCALLS} | {None: ""} == numbers | {None: ""}


@pytest.mark.parametrize(
    ("event", "fd_param"),
    [
        ("bind", 2),
        ("sendto", 2),
        ("connect", 2),
        ("symlinkat", 2),
        ("unlinkat", 1),
        ("openat", 0),
        ("dup", 0),
        ("recvfrom", 3),
        ("recvmsg", 5),
        ("mmap", 8),
        ("close", 1),
        ("epoll_create", 0),
    ],
)
def test_place_of_the_descriptor(event: str, fd_param: int) -> None:
    assert EVENT_BY_NAME[event].fd_param == fd_param
