# SPDX-License-Identifier: Apache-2.0
"""Programs made by hand, and events to hold them against: for tests of the core without the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Operand, Program, Read, Source
from tiercel.schema.events import EVENTS
from tiercel.schema.names import EVENT_BY_NAME, FIELD_BY_NAME
from tiercel.schema.wire import encode

VISIBLE = tuple(event.name for event in EVENTS if not event.internal)

# The process that the events of `event` happen in, and its parent.
PID, START = 4242, 7_000_000_000
PARENT, PARENT_START = 4200, 5_000_000_000
HEADER: dict[str, Any] = {
    "time_ns": 9_000_000_000,
    "start_ns": START,
    "tid": PID,
    "tgid": PID,
    "vtid": 7,
    "vpid": 7,
    "ptgid": PARENT,
    "uid": 1000,
    "gid": 100,
    "comm": "cat",
}


def event(name: str, params: Mapping[str, Any] | None = None, **parts: Any) -> bytes:
    """A record of the process ``PID``; ``header`` changes members of its header."""
    header = {**HEADER, **parts.pop("header", {})}
    return encode(name, params or {}, header=header, **parts)


def field_ref(text: str) -> Read:
    """``proc.aname[2]`` or ``evt.arg.name`` as field and argument, whether or not there is such a field."""
    name, bracket, rest = text.partition("[")
    row = FIELD_BY_NAME.get(name)
    if bracket:
        arg = rest.removesuffix("]")
        return Read(name, int(arg) if arg.isdigit() and (row is None or row.arg != "optional_key") else arg)
    stem, _, word = name.rpartition(".")
    row = None if row is not None else FIELD_BY_NAME.get(stem)
    return Read(name) if row is None or "dotted" not in row.forms else Read(stem, word)


@lru_cache(maxsize=256)
def capturing(*fields: str, path_matching: str = "both") -> RuleProgram:
    """A rule that matches every event and captures the fields."""
    entries = {EVENT_BY_NAME[name].code: (Entry(0, TRUE, False),) for name in VISIBLE}
    return RuleProgram(
        Program(("all",), (), (), entries, (tuple(field_ref(field) for field in fields),), path_matching=path_matching)
    )


def checking(field: str, op: str, *operand: Operand, outputs: tuple[str, ...] = (), paths: bool = True) -> Program:
    """A rule of one check, for every event."""
    entries = {EVENT_BY_NAME[row].code: (Entry(0, 0, paths),) for row in VISIBLE}
    captured = tuple(field_ref(output) for output in outputs)
    return Program(
        ("one",), (CompiledCheck(field_ref(field), op, operand),), (Node(0, TRUE, FALSE),), entries, (captured,)
    )


def outputs(*sources: Source, check: tuple[Any, ...] | None = None) -> Program:
    """A rule for every event that captures the sources, perhaps with one check: left, operator, constants."""
    entries = {EVENT_BY_NAME[row].code: (Entry(0, TRUE if check is None else 0, True),) for row in VISIBLE}
    checks = () if check is None else (CompiledCheck(check[0], check[1], check[2:]),)
    nodes = () if check is None else (Node(0, TRUE, FALSE),)
    return Program(("one",), checks, nodes, entries, (sources,))


def evaluator_of(program: Program, **settings: Any) -> Evaluator:
    """An evaluator without processes."""
    return Evaluator(RuleProgram(program), ProcessTable(), **settings)


def values_of(sources: tuple[Source, ...], fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of the sources for an event that is given as fields."""
    (alert,) = evaluator_of(outputs(*sources)).evaluate_fields({"evt.type": "kill", **fields})
    return alert.values


def read(record: bytes, *fields: str, table: ProcessTable | None = None) -> tuple[Any, ...] | Any:
    """The values that an event has in some fields; of one field, its value alone."""
    evaluator = Evaluator(capturing(*fields), ProcessTable() if table is None else table, unix_offset_ns=0)
    (alert,) = evaluator.feed(record)
    return alert.values if len(fields) > 1 else alert.values[0]


def given(program: Program, fields: Mapping[str, Any], **settings: Any) -> list[RawAlert]:
    """Evaluate an event given as fields; its type is kill if the fields contain none."""
    evaluator = Evaluator(RuleProgram(program), ProcessTable(), **settings)
    return evaluator.evaluate_fields({"evt.type": "kill", **fields})


def holds(field: str, op: str, *operand: Operand, value: Any) -> bool:
    """Return whether one check is true of one value."""
    return bool(given(checking(field, op, *operand), {} if value is None else {field: value}))
