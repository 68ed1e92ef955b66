# SPDX-License-Identifier: Apache-2.0
"""The rows against Falco's tables: names, types, order, numbers and flag names must be Falco's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.flags import FLAG_TABLES, VARIANT_TABLES
from tiercel.schema.names import EVENT_BY_NAME, FIELD_BY_NAME
from tiercel.schema.numbers import ERRNOS, SIGNALS
from tiercel.schema.render.core import all_types
from tiercel.schema.types import Event, Field, FlagTable

VISIBLE = [event for event in EVENTS if not event.internal]

# Fields of our own: Falco has one path where tiercel has two.
OWN_FIELDS = {"evt.path_binding", "fd.name_requested", "fd.name_resolved"}

FLAG_WORDS = {
    "EF_CREATES_FD": "creates_fd",
    "EF_USES_FD": "uses_fd",
    "EF_DESTROYS_FD": "destroys_fd",
    "EF_READS_FROM_FD": "reads",
    "EF_WRITES_TO_FD": "writes",
    "EF_MODIFIES_STATE": "modifies_state",
}
EVENT_FORMATS = {"PF_NA": "dec", "PF_DEC": "dec", "PF_HEX": "hex", "PF_OCT": "oct"}
FIELD_FORMATS = {"NA": "dec", "DIR": "dec", "DEC": "dec", "ID": "id", "HEX": "hex", "10_PADDED_DEC": "padded"}
ARGUMENTS = {
    "none": "none",
    "optional: [index]": "optional_index",
    "optional: [level]": "optional_index",
    "optional: [NAME]": "optional_key",
    "required: .<param name> or [<number>]": "param",
}

REQUIRED_EVENTS = """
    execve execveat clone clone3 fork vfork procexit open openat openat2 creat connect accept accept4 bind listen sendto
    unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat chmod fchmod fchmodat chown lchown fchown
    fchownat mkdir mkdirat rmdir mount umount2 setuid setgid setresuid setresgid setns unshare ptrace memfd_create
    init_module finit_module bpf dup dup2 dup3 kill socket prctl
"""

REQUIRED_FIELDS = """
    evt.num evt.time evt.type evt.dir evt.res evt.rawres evt.failed evt.is_open_read evt.is_open_write evt.is_open_exec
    evt.arg evt.args evt.category evt.path_binding proc.name proc.exe proc.exepath proc.cmdline proc.args proc.pid
    proc.ppid proc.pname proc.pcmdline proc.pexepath proc.aname proc.apid proc.aexepath proc.acmdline proc.cwd proc.tty
    proc.sid proc.vpid proc.env proc.is_exe_writable proc.is_exe_from_memfd proc.duration thread.tid user.uid user.name
    user.loginuid group.gid group.name fd.num fd.name fd.directory fd.filename fd.type fd.typechar fd.l4proto fd.ip
    fd.sip fd.cip fd.lip fd.rip fd.port fd.sport fd.cport fd.lport fd.rport fd.net fs.path.name fs.path.source
    fs.path.target container.id
"""


def load(shared_dir: Path, name: str) -> Any:
    return json.loads((shared_dir / "spec" / name).read_text())


@pytest.fixture(scope="session")
def falco_events(shared_dir: Path) -> dict[int, Any]:
    return {event["code"]: event for event in load(shared_dir, "events.json")}


@pytest.fixture(scope="session")
def falco_fields(shared_dir: Path) -> dict[str, Any]:
    return {field["name"]: field for field in load(shared_dir, "fields.json")["fields"]}


@pytest.fixture(scope="session")
def falco_flags(shared_dir: Path) -> Any:
    return load(shared_dir, "flags.json")


@pytest.mark.parametrize("event", VISIBLE, ids=lambda event: event.name)
class TestEvents:
    def test_is_the_current_form(self, event: Event, falco_events: dict[int, Any]) -> None:
        falco = falco_events[event.code]
        assert (falco["name"], falco["current"]) == (event.name, True)
        assert {"exit": "<", "enter": ">"}[falco["direction"]] == event.direction
        assert falco["category"] == f"EC_{event.category.upper()}"

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


@pytest.mark.parametrize("table", FLAG_TABLES, ids=lambda table: table.name)
def test_flag_table(table: FlagTable, falco_flags: Any) -> None:
    assert table.rows == tuple((row["name"], row["value"]) for row in falco_flags["flags"][table.name])


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


def test_type_codes(shared_dir: Path) -> None:
    constants = load(shared_dir, "constants.json")
    assert {vtype.name: vtype.code for vtype in all_types()} == {
        vtype.name: constants["PT_" + vtype.name] for vtype in all_types()
    }


@pytest.mark.parametrize("field", [f for f in FIELDS if f.name not in OWN_FIELDS], ids=lambda field: field.name)
def test_field(field: Field, falco_fields: dict[str, Any]) -> None:
    falco = falco_fields[field.name]
    assert (field.type.name, field.fmt) == (falco["type"], FIELD_FORMATS[falco["print_format"]])
    assert (field.arg, field.filter_only) == (ARGUMENTS[falco["arg"]], falco["filter_only"])
    assert not falco["list"]


def test_own_fields_do_not_hide_one_of_falco(falco_fields: dict[str, Any]) -> None:
    assert not OWN_FIELDS & falco_fields.keys()
    assert FIELD_BY_NAME.keys() >= OWN_FIELDS


def test_nothing_is_missing() -> None:
    assert set(REQUIRED_EVENTS.split()) == {event.name for event in VISIBLE}
    assert set(REQUIRED_FIELDS.split()) <= FIELD_BY_NAME.keys()


@pytest.mark.parametrize(
    ("event", "fd_param"),
    [("bind", 2), ("sendto", 2), ("connect", 2), ("symlinkat", 2), ("unlinkat", 1), ("openat", 0), ("dup", 0)],
)
def test_place_of_the_descriptor(event: str, fd_param: int) -> None:
    assert EVENT_BY_NAME[event].fd_param == fd_param
