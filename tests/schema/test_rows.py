# SPDX-License-Identifier: Apache-2.0
"""Invariants of every row, and the numbers of system calls against the kernel's headers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from support.cc import macros

from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.flags import FLAG_TABLES
from tiercel.schema.names import FLAG_TABLE_BY_NAME, VARIANTS_BY_NAME
from tiercel.schema.operators import OPERATORS
from tiercel.schema.render import core
from tiercel.schema.render.core import all_types
from tiercel.schema.syscall_codes import SYSCALLS
from tiercel.schema.types import INTERNAL_CODES, OWN_CODES, TRAITS, Event, Field, T

PARAMS = [(event, param) for event in EVENTS for param in event.params + event.extra]


def repeated(values: list[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_names_and_numbers_are_unique() -> None:
    assert repeated([event.name for event in EVENTS]) == ["drop"]
    assert not repeated([event.ident for event in EVENTS])
    assert not repeated([event.code for event in EVENTS])
    assert not repeated([field.name for field in FIELDS])
    assert not repeated([field.symbol for field in FIELDS if field.is_read])
    assert not repeated([name for row in OPERATORS for name in (row.name, *row.aliases)])
    assert not repeated([row.symbol for row in OPERATORS])
    assert not repeated([table.name for table in FLAG_TABLES])
    for event in EVENTS:
        assert not repeated([param.name for param in event.params + event.extra])


def test_internal_events_have_codes_of_their_own() -> None:
    own = [event for event in EVENTS if INTERNAL_CODES <= event.code < OWN_CODES]
    assert all(event.internal and event.lifecycle for event in own)
    assert all(event.pending for event in EVENTS if event.internal and event not in own)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_event(event: Event) -> None:
    assert event.doc.endswith(".")
    assert event.category in core.CATEGORIES
    assert event.flags <= set(core.EVENT_FLAGS)
    assert event.traits <= TRAITS.keys()
    assert len(event.fs_path) <= 2
    assert set(event.fs_path) <= {param.name for param in event.params}
    assert event.origin in core.ORIGINS
    assert not event.pending.endswith(".")
    # The absent mask of the header has 32 bits.
    assert len(event.params) <= 32
    uses_fd = bool(event.flags & {"creates_fd", "uses_fd", "destroys_fd"}) and not event.internal
    assert uses_fd == (event.fd_param is not None) == event.file
    if event.fd_param is not None:
        assert event.params[event.fd_param].type in {T.FD, T.ERRNO}
    if core.result_param(event) == 0:
        assert event.params[0].type in {T.ERRNO, T.FD, T.PID, T.INT64, T.UINT64, T.UID, T.GID}


def test_params() -> None:
    for event, param in PARAMS:
        where = f"{event.name}.{param.name}"
        assert param.doc, where
        assert not param.doc.endswith("."), where
        assert param.fmt in core.FORMATS, where
        assert param.flags is None or param.flags in FLAG_TABLE_BY_NAME, where
        assert param.variants is None or param.variants in VARIANTS_BY_NAME, where
        assert (param.variants is not None) == (param.type is T.DYN), where
        assert (param.dirfd is not None) == (param.type is T.FSRELPATH), where
        assert param.dirfd is None or event.params[param.dirfd].type is T.FD, where
        assert param.type.size > 0, where


def test_every_flag_table_is_used() -> None:
    # The flags of poll follow each descriptor of an FDLIST.
    assert {table.name for table in FLAG_TABLES} == {param.flags for _, param in PARAMS} - {None} | {"poll_flags"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_field(field: Field) -> None:
    assert field.doc.endswith(".")
    assert not field.missing_when.endswith(".")
    assert field.fmt in core.FORMATS
    assert (field.multi or "none") in core.MULTI
    assert 1 <= field.cost <= 10
    assert field.type.kind in core.KINDS


def test_operators() -> None:
    for operator in OPERATORS:
        assert operator.doc.endswith(".")
        assert operator.operand in core.OPERANDS
        assert operator.kinds <= set(core.KINDS)


def test_types_are_distinct() -> None:
    types = all_types()
    assert len(set(types)) == len(types) == len({vtype.name for vtype in types})


def test_syscall_numbers(tmp_path: Path) -> None:
    calls = [call for event in EVENTS for call in event.syscalls]
    for header, numbers in (
        ("asm/unistd_64.h", {call.name: call.x86_64 for call in calls}),
        ("asm/unistd_32.h", {call.name: call.ia32 for call in calls}),
    ):
        kernel = macros(tmp_path, [header], [f"__NR_{name}" for name in numbers])
        assert {name: kernel.get(f"__NR_{name}") for name in numbers} == numbers


def test_socketcall_numbers(tmp_path: Path) -> None:
    split = {call.name: call.socketcall for event in EVENTS for call in event.syscalls if call.socketcall is not None}
    kernel = macros(tmp_path, ["linux/net.h"], [f"SYS_{name.upper()}" for name in split])
    assert {name: kernel[f"SYS_{name.upper()}"] for name in split} == split


def test_syscalls_with_16_bit_ids(tmp_path: Path) -> None:
    """A 32-bit call takes 16-bit ids exactly where the kernel has a second one whose name ends in 32."""
    calls = [call for event in EVENTS for call in event.syscalls]
    wide = macros(tmp_path, ["asm/unistd_32.h"], [f"__NR_{call.name}32" for call in calls])
    assert {call.name for call in calls if call.ids16} == {name.removeprefix("__NR_")[:-2] for name in wide}
    assert {name.removeprefix("__NR_") for name in wide} <= {call.name for call in calls}


def test_numbers_of_32_bit_calls() -> None:
    """The kernel's name is Falco's, or has a suffix for wider types."""
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_32.h").read_text()
    rows = re.findall(r"^#define __NR_(\w+) (\d+)$", header, re.MULTILINE)
    kernel = {int(number): name for name, number in rows}
    for row in SYSCALLS:
        for number in row.ia32:
            assert re.fullmatch(rf"{row.name}(32|64|_time64|time64)?", kernel[number])
    numbers = [number for row in SYSCALLS for number in row.ia32]
    assert len(numbers) == len(set(numbers)) > 430
