# SPDX-License-Identifier: Apache-2.0
"""Index plans: candidate rules of an event, found without an evaluation of every rule.

Each rule has index keys, of which at least one must hit for the rule to match. The keys of all rules on one source form
one index lookup. Rules that require the same cheap checks share a bucket, which is skipped if these checks fail. A plan
excludes only rules that cannot match; candidates are evaluated in rule order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import prod
from typing import Final, NamedTuple

from tiercel.compiler.ir.program import Bucket, IndexLookup, Operand, Plan
from tiercel.compiler.ir.tree import Leaf, Tree
from tiercel.compiler.kernel_filter.event_traits import HIGH_RATE_EVENTS
from tiercel.compiler.passes.specialize import Part
from tiercel.compiler.planner.cost_model import COSTS, Costs, Trials
from tiercel.compiler.planner.glob_literals import single_slashes
from tiercel.compiler.planner.guards import Guard, Guards
from tiercel.compiler.planner.index_keys import IndexKeysFinder, Lookup
from tiercel.compiler.planner.index_selection import Candidate, IndexSelection, IndexSelector
from tiercel.compiler.planner.selectivity import truth_rate

__all__ = ["Indexed", "Planner", "holds", "index"]

_RARE: Final = 0.1
_MAX_GUARD_SETS: Final = 5  # guard sets that define the initial buckets


class Indexed(NamedTuple):
    """The plans of a program.

    Attributes:
        plans: by event code; missing where an evaluation of all rules costs no more.
        always: the rules that require nothing rare for a high-rate event type, and are evaluated for each such event.
    """

    plans: dict[int, Plan]
    always: frozenset[int]


def index(rules: Iterable[tuple[int, tuple[Part, ...]]], numbers: Mapping[Leaf, int], costs: Costs = COSTS) -> Indexed:
    """Return the plans of rules.

    Args:
        rules: as :func:`tiercel.compiler.passes.lower.lower` takes them; entries are in their order.
        numbers: index of the check of each leaf in the program.
        costs: the cost model.
    """
    planner = Planner(numbers, costs)
    conds: dict[int, list[Tree]] = {}
    always: set[int] = set()
    for rule, parts in rules:
        for part in parts:
            if not HIGH_RATE_EVENTS.isdisjoint(part.codes) and not planner.is_rare(part.cond):
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
    """Return whether a plan for this number of entries meets the postcondition of the pass."""
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
    """Entries of a possible bucket, and their cost there for each event, nanoseconds.

    Attributes:
        guards: the checks that all entries require.
        members: the entries.
        lookups: the index lookups that find some of the entries.
        trying: cost of the evaluation of candidates, found or unconditional.
        loose: the same cost in a bucket with fewer guards.
        selection: the index keys of each entry, if chosen already.
    """

    def __init__(
        self,
        guards: frozenset[Guard],
        members: list[Candidate],
        lookups: frozenset[int],
        trying: float,
        loose: float,
        selection: IndexSelection | None = None,
    ) -> None:
        self.guards = guards
        self.members = members
        self.lookups = lookups
        self.trying = trying
        self.loose = loose
        self.selection = selection

    @property
    def first(self) -> int:
        """The first of the entries."""
        return min(member.entry for member in self.members)


class Planner:
    """Planner for all event types; caches results for trees that rules share."""

    def __init__(self, numbers: Mapping[Leaf, int], costs: Costs = COSTS) -> None:
        self._numbers = numbers
        self._costs = costs
        self._finder = IndexKeysFinder()
        self._guards = Guards()
        self._trials = Trials(costs)
        self._selector = IndexSelector(self._finder.lookups, costs)

    def is_rare(self, cond: Tree) -> bool:
        """Return whether a tree requires a property that few events have."""
        return bool(self._finder.of(cond)) or prod(map(_rate, self._guards.of(cond))) <= _RARE

    def plan(self, conds: list[Tree]) -> Plan | None:
        """Return the plan of an event type with these trees as entries, or None if a plan does not pay."""
        candidates = [
            Candidate(entry, cond, self._finder.of(cond), self._trials.cost(cond)) for entry, cond in enumerate(conds)
        ]
        groups = self._joined(self._grouped(candidates, [self._guards.of(cond) for cond in conds]))
        if self._costs.plan + sum(map(self._cost, groups)) > sum(candidate.plain for candidate in candidates):
            return None
        return Plan(
            tuple(map(self._bucket, sorted(groups, key=lambda group: min(member.entry for member in group.members))))
        )

    def _grouped(self, candidates: list[Candidate], required: list[frozenset[Guard]]) -> list[_Group]:
        """Group the entries by the guards that many of them require."""
        popular = _popular(required)
        members: dict[frozenset[Guard], list[Candidate]] = {}
        for candidate, found in zip(candidates, required, strict=True):
            members.setdefault(found & popular, []).append(candidate)
        return [self._group(guards, some) for guards, some in members.items()]

    def _group(self, guards: frozenset[Guard], members: list[Candidate]) -> _Group:
        selection = self._select(guards, members)
        passed = prod(map(_rate, guards))
        found = passed * selection.found
        tried = sum(member.plain for member in members if selection.chosen[member.entry] is None)
        return _Group(guards, members, selection.lookups, found + passed * selection.tried, found + tried, selection)

    def _select(self, guards: frozenset[Guard], members: list[Candidate]) -> IndexSelection:
        """Choose the index keys of entries under some guards; keys that the guards imply exclude no event."""
        if guards:
            trials = self._trials.given(guards)
            said = {found.keys for leaf, expected in guards if expected for found in self._finder.of(leaf)}
            longest = max(map(len, said), default=0)
            members = [
                Candidate(
                    entry,
                    cond,
                    tuple(found for found in alternatives if len(found.keys) > longest or found.keys not in said),
                    trials.cost(cond),
                )
                for entry, cond, alternatives, _ in members
            ]
        return self._selector.select(members)

    def _joined(self, groups: list[_Group]) -> list[_Group]:
        """Merge groups while a merge, whose guards are the common ones, reduces the cost."""
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
        price = prod(map(_rate, group.guards)) * self._selector.price(group.lookups)
        return self._costs.bucket + self._costs.guard * len(group.guards) + price + group.trying

    def _bucket(self, group: _Group) -> Bucket:
        always: list[int] = []
        probes: dict[int, dict[Operand, list[int]]] = {}
        selection = group.selection or self._select(group.guards, group.members)
        for entry, index_keys in sorted(selection.chosen.items()):
            if index_keys is None:
                always.append(entry)
            else:
                for number, key in index_keys.keys:
                    probes.setdefault(number, {}).setdefault(key, []).append(entry)
        guards = [(_rate(guard), self._numbers[guard[0]], guard[1]) for guard in group.guards]
        lookups = self._finder.lookups
        _join_prefixes(probes, lookups)
        return Bucket(
            tuple((number, expected) for _, number, expected in sorted(guards)),  # rarest first
            tuple(
                IndexLookup(*lookups[number], tuple((key, tuple(found)) for key, found in keys.items()))
                for number, keys in sorted(probes.items())
            ),
            tuple(always),
        )


def _join_prefixes(probes: dict[int, dict[Operand, list[int]]], lookups: Sequence[Lookup]) -> None:
    """Merge the prefix lookup of a source into its path lookup: a prefix match also matches with single slashes."""
    numbers = {lookups[number]: number for number in probes}
    for (source, kind), number in numbers.items():
        paths = numbers.get((source, "path"))
        if kind == "prefix" and paths is not None:
            for key, entries in probes.pop(number).items():
                assert isinstance(key, bytes)
                known = probes[paths].setdefault(single_slashes(key), [])
                known[:] = sorted({*known, *entries})


def _popular(required: list[frozenset[Guard]]) -> frozenset[Guard]:
    """Return the guards that define buckets: the guards that skip the largest number of entries."""
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

    best = sorted(together.items(), key=saved, reverse=True)[:_MAX_GUARD_SETS]
    return frozenset(guard for _, guards in best for guard in guards)


def _rate(guard: Guard) -> float:
    """Return the estimated rate at which a guard holds."""
    leaf, expected = guard
    true = truth_rate(leaf)
    return true if expected else 1 - true
