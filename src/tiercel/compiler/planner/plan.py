# SPDX-License-Identifier: Apache-2.0
"""How the rules that may match an event are found, by event type, without trying all of them.

Each rule hangs on a witness, keys of which one must hit for the rule to match; the keys of all rules on one source are
one look-up.  Rules that require the same cheap checks share a bucket, which is passed over unless these hold.  A plan
only leaves out what cannot match: what it finds is evaluated as ever, in the order of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import prod
from typing import Any, Final, NamedTuple

from tiercel.compiler.ir.program import Bucket, Operand, Plan, Probe
from tiercel.compiler.ir.tree import Leaf
from tiercel.compiler.kernel_filter.event_traits import FREQUENT
from tiercel.compiler.passes.specialize import Part
from tiercel.compiler.planner.cost_model import COSTS, Costs, Trials
from tiercel.compiler.planner.glob_literals import single_slashes
from tiercel.compiler.planner.guards import Guard, Guards
from tiercel.compiler.planner.index_keys import Lookup, Witnesses
from tiercel.compiler.planner.index_selection import Candidate, Cover, Coverer
from tiercel.compiler.planner.selectivity import truth_rate

__all__ = ["Indexed", "Planner", "holds", "index"]

_RARE: Final = 0.1
_MOST_GUARDS: Final = 5  # sets of checks that buckets are told apart by at first


class Indexed(NamedTuple):
    """The plans of a program.

    Attributes:
        plans: by event code; an event type is without where trying all its rules is as cheap.
        always: the rules that require nothing rare for a frequent event type, and are tried for each such event.
    """

    plans: dict[int, Plan]
    always: frozenset[int]


def index(rules: Iterable[tuple[int, tuple[Part, ...]]], numbers: Mapping[Leaf, int], costs: Costs = COSTS) -> Indexed:
    """Return the plans of rules.

    Args:
        rules: as :func:`tiercel.compiler.passes.lower.lower` takes them; entries are in their order.
        numbers: where the check of each leaf stands in the program.
        costs: what evaluation costs.
    """
    planner = Planner(numbers, costs)
    conds: dict[int, list[Any]] = {}
    always: set[int] = set()
    for rule, parts in rules:
        for part in parts:
            if not FREQUENT.isdisjoint(part.codes) and not planner.is_rare(part.cond):
                always.add(rule)
            for code in part.codes:
                conds.setdefault(code, []).append(part.cond)
    made: dict[tuple[int, ...], Plan | None] = {}
    plans: dict[int, Plan] = {}
    for code, found in conds.items():
        key = tuple(map(id, found))
        if key not in made:
            made[key] = planner.plan(found)
        plan = made[key]
        if plan is not None:
            plans[code] = plan
    return Indexed(plans, frozenset(always))


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


class _Group:
    """Entries that one bucket may hold, and what they cost there at each event, nanoseconds.

    Attributes:
        guards: what all of them require.
        members: the entries.
        lookups: the look-ups that find some of them.
        trying: trying those that were found, or that have to be tried.
        loose: the same, were they in a bucket that requires less.
        cover: what each entry is found by, if that is known yet.
    """

    def __init__(
        self,
        guards: frozenset[Guard],
        members: list[Candidate],
        lookups: frozenset[int],
        trying: float,
        loose: float,
        cover: Cover | None = None,
    ) -> None:
        self.guards = guards
        self.members = members
        self.lookups = lookups
        self.trying = trying
        self.loose = loose
        self.cover = cover

    @property
    def first(self) -> int:
        """The first of the entries."""
        return min(member.entry for member in self.members)


class Planner:
    """Makes plans; remembers what it found out about trees that rules share."""

    def __init__(self, numbers: Mapping[Leaf, int], costs: Costs = COSTS) -> None:
        self._numbers = numbers
        self._costs = costs
        self._witnesses = Witnesses()
        self._guards = Guards()
        self._trials = Trials(costs)
        self._coverer = Coverer(self._witnesses.lookups, costs)

    def is_rare(self, cond: Any) -> bool:
        """Tell whether a tree requires something that few events have."""
        return bool(self._witnesses.of(cond)) or prod(map(_rate, self._guards.of(cond))) <= _RARE

    def plan(self, conds: list[Any]) -> Plan | None:
        """Return the plan of an event type whose entries have these trees, or None if it does not pay."""
        candidates = [
            Candidate(entry, cond, self._witnesses.of(cond), self._trials.cost(cond))
            for entry, cond in enumerate(conds)
        ]
        groups = self._joined(self._grouped(candidates, [self._guards.of(cond) for cond in conds]))
        if self._costs.plan + sum(map(self._cost, groups)) > sum(candidate.plain for candidate in candidates):
            return None
        return Plan(
            tuple(map(self._bucket, sorted(groups, key=lambda group: min(member.entry for member in group.members))))
        )

    def _grouped(self, candidates: list[Candidate], required: list[frozenset[Guard]]) -> list[_Group]:
        """Return the entries by the guards that many of them require."""
        popular = _popular(required)
        members: dict[frozenset[Guard], list[Candidate]] = {}
        for candidate, found in zip(candidates, required, strict=True):
            members.setdefault(found & popular, []).append(candidate)
        return [self._group(guards, some) for guards, some in members.items()]

    def _group(self, guards: frozenset[Guard], members: list[Candidate]) -> _Group:
        cover = self._cover(guards, members)
        passed = prod(map(_rate, guards))
        found = passed * cover.found
        tried = sum(member.plain for member in members if cover.chosen[member.entry] is None)
        return _Group(guards, members, cover.lookups, found + passed * cover.tried, found + tried, cover)

    def _cover(self, guards: frozenset[Guard], members: list[Candidate]) -> Cover:
        """Choose what entries are found by where the guards hold: what these say already finds nothing more."""
        if guards:
            trials = self._trials.given(guards)
            said = {found.keys for leaf, expected in guards if expected for found in self._witnesses.of(leaf)}
            longest = max(map(len, said), default=0)
            members = [
                Candidate(
                    entry,
                    cond,
                    tuple(found for found in witnesses if len(found.keys) > longest or found.keys not in said),
                    trials.cost(cond),
                )
                for entry, cond, witnesses, _ in members
            ]
        return self._coverer.cover(members)

    def _joined(self, groups: list[_Group]) -> list[_Group]:
        """Return groups of which no two cost less as one, which requires what both do."""
        costs = {group: self._cost(group) for group in groups}
        saved = {pair: self._saved(*pair, costs) for pair in combinations(groups, 2)}
        while saved:
            one, other = max(saved, key=saved.__getitem__)
            if saved[one, other] <= 0:
                break
            both = self._both(one, other)
            costs[both] = self._cost(both)
            saved = {pair: value for pair, value in saved.items() if one not in pair and other not in pair}
            groups = [group for group in groups if group not in {one, other}]
            saved.update({(group, both): self._saved(group, both, costs) for group in groups})
            groups.append(both)
        return groups

    def _saved(self, one: _Group, other: _Group, costs: Mapping[_Group, float]) -> float:
        return costs[one] + costs[other] - self._cost(self._both(one, other))

    def _both(self, one: _Group, other: _Group) -> _Group:
        members, lookups, trying = one.members + other.members, one.lookups | other.lookups, one.loose + other.loose
        return _Group(one.guards & other.guards, members, lookups, trying, trying)

    def _cost(self, group: _Group) -> float:
        price = prod(map(_rate, group.guards)) * self._coverer.price(group.lookups)
        return self._costs.bucket + self._costs.guard * len(group.guards) + price + group.trying

    def _bucket(self, group: _Group) -> Bucket:
        always: list[int] = []
        probes: dict[int, dict[Operand, list[int]]] = {}
        cover = group.cover or self._cover(group.guards, group.members)
        for entry, witness in sorted(cover.chosen.items()):
            if witness is None:
                always.append(entry)
            else:
                for number, key in witness.keys:
                    probes.setdefault(number, {}).setdefault(key, []).append(entry)
        guards = [(_rate(guard), self._numbers[guard[0]], guard[1]) for guard in group.guards]
        lookups = self._witnesses.lookups
        _join_prefixes(probes, lookups)
        return Bucket(
            tuple((number, expected) for _, number, expected in sorted(guards)),  # those that hold least often first
            tuple(
                Probe(*lookups[number], tuple((key, tuple(found)) for key, found in keys.items()))
                for number, keys in sorted(probes.items())
            ),
            tuple(always),
        )


def _join_prefixes(probes: dict[int, dict[Operand, list[int]]], lookups: Sequence[Lookup]) -> None:
    """Make one look-up of two for how a source begins: what begins with a key does so without double slashes."""
    numbers = {lookups[number]: number for number in probes}
    for (source, kind), number in numbers.items():
        paths = numbers.get((source, "path"))
        if kind == "prefix" and paths is not None:
            for key, entries in probes.pop(number).items():
                assert isinstance(key, bytes)
                known = probes[paths].setdefault(single_slashes(key), [])
                known[:] = sorted({*known, *entries})


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
        return len(pair[0]) * (1 - prod(map(_rate, pair[1])))

    best = sorted(together.items(), key=saved, reverse=True)[:_MOST_GUARDS]
    return frozenset(guard for _, guards in best for guard in guards)


def _rate(guard: Guard) -> float:
    """Return how often a guard holds, estimated."""
    leaf, expected = guard
    true = truth_rate(leaf)
    return true if expected else 1 - true
