# SPDX-License-Identifier: Apache-2.0
"""Every row has what it needs in other folders, and nothing there lacks a row."""

from __future__ import annotations

import re
from pathlib import Path

from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS

# Rows that a tracepoint produces, not the end of a system call.
REPORTED = [event for event in EVENTS if not event.pending and not event.generated_as]
TRACEPOINTS = {event.name for event in REPORTED if not event.syscalls and event.name != "syscall"}
FILLED = {event.name for event in REPORTED if event.name not in TRACEPOINTS}
VISIBLE = {event.name for event in REPORTED if not event.internal}


def names(folder: Path, pattern: str, prefix: str, suffix: str) -> set[str]:
    return {path.name.removeprefix(prefix).removesuffix(suffix) for path in folder.glob(pattern)}


def test_every_event_has_a_filler(repository: Path) -> None:
    assert names(repository / "bpf/events", "*.bpf.c", "", ".bpf.c") - TRACEPOINTS == FILLED


def test_tracepoints_fill_the_others(repository: Path) -> None:
    sources = [path for folder in ("hooks", "stages", "events") for path in (repository / "bpf" / folder).iterdir()]
    filled = {word for path in sources for word in re.findall(r"\bEV_([A-Z0-9_]+)\b", path.read_text())}
    assert {name for name in TRACEPOINTS if name.upper() not in filled} == set()


def test_the_probe_includes_every_filler(repository: Path) -> None:
    text = (repository / "bpf/probe.bpf.c").read_text()
    included = set(re.findall(r'^#include "events/(\w+)\.bpf\.c"$', text, re.MULTILINE))
    assert included == names(repository / "bpf/events", "*.bpf.c", "", ".bpf.c")


def test_every_event_has_a_test(repository: Path) -> None:
    tested = names(repository / "tests/events", "test_*.py", "test_", ".py")
    assert VISIBLE - tested == set()


def test_every_test_has_an_event(repository: Path) -> None:
    """A test of several events at once says so in its first line, by not naming one."""
    for path in (repository / "tests/events").glob("test_*.py"):
        name = path.stem.removeprefix("test_")
        docstring = path.read_text().partition('"""')[2].partition('"""')[0]
        assert name in {event.name for event in EVENTS} or not docstring.startswith(f"{name}."), path


def test_every_extractor_has_a_field(repository: Path) -> None:
    """The other direction is the build's: tables_gen.pyx cimports each by name."""
    declared = set()
    for path in (repository / "ext/tiercel/_core/fields").glob("*.pxd"):
        declared |= set(re.findall(r"^cdef bint (field_\w+)\(", path.read_text(), re.MULTILINE))
    assert declared - {"field_pending"} == {field.symbol for field in FIELDS if field.is_read}


def test_every_operator_function_has_a_row(repository: Path) -> None:
    text = (repository / "ext/tiercel/_core/values/operators.pxd").read_text()
    assert set(re.findall(r"^cdef bint op_(\w+)\(", text, re.MULTILINE)) == {row.symbol for row in OPERATORS}
