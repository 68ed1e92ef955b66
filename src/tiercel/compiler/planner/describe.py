# SPDX-License-Identifier: Apache-2.0
"""How rules are found for an event, in words."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from tiercel.compiler.ir.program import Bucket, Operand, Probe, Program, written
from tiercel.frozen import frozen
from tiercel.schema.names import EVENT_BY_CODE

__all__ = ["Found", "found"]

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
class Found:
    """How a rule is found for events of some types.

    Attributes:
        events: names of the types.
        guards: checks that must hold; those that must not begin with ``not``.
        keys: what the event must have, in one of the ways; none if the rule is tried whenever the guards hold.
    """

    events: tuple[str, ...]
    guards: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def text(self) -> str:
        """The same in words."""
        keys, guards = "; or ".join(self.keys), " and ".join(self.guards)
        if keys and guards:
            return f"{keys}; where {guards}"
        return keys or (f"all where {guards}" if guards else "every event")

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {"events": [*self.events], "guards": [*self.guards], "keys": [*self.keys]}


def found(program: Program, rule: int) -> tuple[Found, ...]:
    """Return how a rule of a program is found, event types with the same together."""
    types: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for code, entries in program.entries.items():
        for place, entry in enumerate(entries):
            if entry.rule == rule:
                types.setdefault(_of(program, code, place), []).append(EVENT_BY_CODE[code].name)
    return tuple(Found(tuple(sorted(names)), *how) for how, names in types.items())


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


def _written(probe: Probe, keys: list[Operand]) -> str:
    """Write keys as a check: the first of them, and how many there are besides."""
    shown = ", ".join(map(written, keys[:_SHOWN]))
    if len(keys) > _SHOWN:
        shown += f", … {len(keys) - _SHOWN} more"
    operator = "in" if probe.kind == "exact" and len(keys) > 1 else _OPERATORS[probe.kind]
    return f"{probe.source} {operator} {f'({shown})' if len(keys) > 1 else shown}"
