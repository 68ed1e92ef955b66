# SPDX-License-Identifier: Apache-2.0
"""Text form of index plans."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from tiercel.compiler.ir.program import Bucket, IndexLookup, Operand, Program, written
from tiercel.frozen import frozen
from tiercel.schema.names import EVENT_BY_CODE

__all__ = ["PlanDescription", "describe_plan"]

_SHOWN: Final = 3
_OPERATORS: Final = MappingProxyType({
    "exact": "=",
    "prefix": "startswith",
    "path": "startswith",
    "suffix": "endswith",
    "substring": "contains",
    "isubstring": "icontains",
    "network": "in",
})  # fmt: skip


@frozen
class PlanDescription:
    """The part of a plan that finds one rule, for some event types.

    Attributes:
        events: names of the event types.
        guards: checks that must be true, or false after ``not``.
        keys: index keys of which one must hit; empty if the rule is evaluated whenever the guards hold.
    """

    events: tuple[str, ...]
    guards: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def text(self) -> str:
        """Description in one line."""
        keys, guards = "; or ".join(self.keys), " and ".join(self.guards)
        if keys and guards:
            return f"{keys}; where {guards}"
        return keys or (f"all where {guards}" if guards else "every event")

    def to_dict(self) -> dict[str, Any]:
        """Return the form for ``--json``."""
        return {"events": [*self.events], "guards": [*self.guards], "keys": [*self.keys]}


def describe_plan(program: Program, rule: int) -> tuple[PlanDescription, ...]:
    """Return the descriptions of a rule of a program; event types with the same plan are grouped."""
    types: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for code, entries in program.entries.items():
        for place, entry in enumerate(entries):
            if entry.rule == rule:
                types.setdefault(_of(program, code, place), []).append(EVENT_BY_CODE[code].name)
    return tuple(PlanDescription(tuple(sorted(names)), *how) for how, names in types.items())


def _of(program: Program, code: int, place: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the guards and the keys of one entry."""
    plan = program.plans.get(code)
    for bucket in plan.buckets if plan is not None else ():
        keys = tuple(_keys(bucket, place))
        if keys or place in bucket.always:
            guards = (f"{'' if expected else 'not '}{program.checks[number]}" for number, expected in bucket.guards)
            return tuple(guards), keys
    return (), ()


def _keys(bucket: Bucket, place: int) -> Iterator[str]:
    for probe in bucket.probes:
        mine = [key for key, places in probe.keys if place in places]
        if mine:
            yield _written(probe, mine)


def _written(probe: IndexLookup, keys: list[Operand]) -> str:
    """Write keys as a check: the first of them, and the number of the others."""
    shown = ", ".join(map(written, keys[:_SHOWN]))
    if len(keys) > _SHOWN:
        shown += f", … {len(keys) - _SHOWN} more"
    operator = "in" if probe.kind == "exact" and len(keys) > 1 else _OPERATORS[probe.kind]
    return f"{probe.source} {operator} {f'({shown})' if len(keys) > 1 else shown}"
