# SPDX-License-Identifier: Apache-2.0
"""How the rules that may match an event are found, by event type, without trying all of them.

Each rule hangs on a witness, keys of which one must hit for the rule to match; the keys of all rules on one source are
one look-up.  Rules that require the same cheap checks share a bucket, which is passed over unless these hold.  A plan
only leaves out what cannot match: what it finds is evaluated as ever, in the order of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, Final, TypeAlias

from tiercel.compiler.guards import Guard, Guards
from tiercel.compiler.nodes import Leaf
from tiercel.compiler.passes.split import Part
from tiercel.compiler.program import Bucket, Operand, Plan, Probe
from tiercel.compiler.selectivity import truth_rate
from tiercel.compiler.witness import Witness, Witnesses

__all__ = ["Planner", "holds", "index"]

_Found: TypeAlias = "tuple[Witness, ...]"

_MOST_GUARDS: Final = 6  # sets of checks that buckets are told apart by


def index(rules: Iterable[tuple[int, tuple[Part, ...]]], numbers: Mapping[Leaf, int]) -> dict[int, Plan]:
    """Return the plan of each event type.

    Args:
        rules: as :func:`tiercel.compiler.passes.lower.lower` takes them; entries are in their order.
        numbers: where the check of each leaf stands in the program.
    """
    conds: dict[int, list[Any]] = {}
    for _, parts in rules:
        for part in parts:
            for code in part.codes:
                conds.setdefault(code, []).append(part.cond)
    planner = Planner(numbers)
    made: dict[tuple[int, ...], Plan] = {}
    plans: dict[int, Plan] = {}
    for code, found in conds.items():
        key = tuple(map(id, found))
        if key not in made:
            made[key] = planner.plan(found)
        plans[code] = made[key]
    return plans


def holds(plan: Plan, entries: int) -> bool:
    """Say whether a plan is what this pass promises of so many entries."""
    members = [
        {*bucket.always, *(entry for probe in bucket.probes for _, found in probe.keys for entry in found)}
        for bucket in plan.buckets
    ]
    places = [entry for bucket in members for entry in bucket]
    lists = [found for bucket in plan.buckets for probe in bucket.probes for _, found in probe.keys]
    lists += [bucket.always for bucket in plan.buckets]
    once = all(len({key for key, _ in probe.keys}) == len(probe.keys) for b in plan.buckets for probe in b.probes)
    return (
        once
        and len(places) == len(set(places))
        and set(places) <= set(range(entries))
        and all(list(found) == sorted(set(found)) for found in lists)
    )


class Planner:
    """Makes plans; remembers what it found out about trees that rules share."""

    def __init__(self, numbers: Mapping[Leaf, int]) -> None:
        self._numbers = numbers
        self._witnesses = Witnesses()
        self._guards = Guards()

    def plan(self, conds: list[Any]) -> Plan:
        """Return the plan of an event type whose entries have these trees."""
        required = [self._guards.of(cond) for cond in conds]
        popular = _popular(required)
        groups: dict[frozenset[Guard], list[int]] = {}
        for entry, found in enumerate(required):
            groups.setdefault(found & popular, []).append(entry)
        return Plan(tuple(self._bucket(guards, entries, conds) for guards, entries in groups.items()))

    def _bucket(self, guards: frozenset[Guard], entries: list[int], conds: list[Any]) -> Bucket:
        always: list[int] = []
        probes: dict[int, dict[Operand, list[int]]] = {}
        for entry in entries:
            found = self._witnesses.of(conds[entry])
            if found:
                for number, key in found[0].keys:
                    probes.setdefault(number, {}).setdefault(key, []).append(entry)
            else:
                always.append(entry)
        lookups = self._witnesses.lookups
        return Bucket(
            tuple(sorted((self._numbers[leaf], expected) for leaf, expected in guards)),
            tuple(
                Probe(*lookups[number], tuple((key, tuple(found)) for key, found in keys.items()))
                for number, keys in sorted(probes.items())
            ),
            tuple(always),
        )


def _popular(required: list[frozenset[Guard]]) -> frozenset[Guard]:
    """Return the guards that tell buckets apart: those that let most entries be passed over."""
    users: dict[Guard, list[int]] = {}
    for entry, found in enumerate(required):
        for guard in found:
            users.setdefault(guard, []).append(entry)
    together: dict[tuple[int, ...], list[Guard]] = {}
    for guard, entries in users.items():
        if len(entries) > 1:
            together.setdefault(tuple(entries), []).append(guard)

    def saved(pair: tuple[tuple[int, ...], list[Guard]]) -> float:
        return len(pair[0]) * (1 - prod(rate(guard) for guard in pair[1]))

    best = sorted(together.items(), key=saved, reverse=True)[:_MOST_GUARDS]
    return frozenset(guard for _, guards in best for guard in guards)


def rate(guard: Guard) -> float:
    """Return how often a guard holds, estimated."""
    leaf, expected = guard
    true = truth_rate(leaf)
    return true if expected else 1 - true
