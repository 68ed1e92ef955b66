# SPDX-License-Identifier: Apache-2.0
"""Lowering of trees to the flat program."""

from __future__ import annotations

from collections.abc import Iterable

from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Tree
from tiercel.compiler.passes.specialize import Part
from tiercel.lang.ast import And, Not, Or

__all__ = ["Lowered", "holds", "lower"]


class Lowered:
    """The arrays of a program.

    Attributes:
        checks: distinct checks.
        nodes: nodes, with edges that point forward only.
        entries: entries by event code, in rule order.
        numbers: index of the check of each leaf.
    """

    def __init__(
        self,
        checks: tuple[CompiledCheck, ...],
        nodes: tuple[Node, ...],
        entries: dict[int, tuple[Entry, ...]],
        numbers: dict[Leaf, int] | None = None,
    ) -> None:
        self.checks = checks
        self.nodes = nodes
        self.entries = entries
        self.numbers = numbers or {}


def lower(rules: Iterable[tuple[int, tuple[Part, ...]]]) -> Lowered:
    """Return the program of shared trees, given in rule order with the rule's index.

    ``not`` swaps the two edges of its term. Equal trees with equal edges become one node.
    """
    builder = _Builder()
    entries: dict[int, list[tuple[int, int, bool]]] = {}
    for rule, parts in rules:
        for part in parts:
            entry = (rule, builder.root(part.cond), part.uses_path)
            for code in part.codes:
                entries.setdefault(code, []).append(entry)
    last = len(builder.nodes) - 1
    made: dict[tuple[int, int, bool], Entry] = {}
    for found in entries.values():
        for rule, root, uses_path in found:
            made[rule, root, uses_path] = Entry(rule, root if root < 0 else last - root, uses_path)
    return Lowered(
        tuple(builder.checks),
        builder.forward(),
        {code: tuple(made[key] for key in found) for code, found in entries.items()},
        builder.numbers,
    )


def holds(lowered: Lowered) -> bool:
    """Return whether the arrays meet the postcondition of the pass."""
    edges = ((number, edge) for number, node in enumerate(lowered.nodes) for edge in (node.on_true, node.on_false))
    forward = all(edge in {TRUE, FALSE} or number < edge < len(lowered.nodes) for number, edge in edges)
    known = all(0 <= node.check < len(lowered.checks) for node in lowered.nodes)
    ordered = all(
        [entry.rule for entry in entries] == sorted(entry.rule for entry in entries)
        for entries in lowered.entries.values()
    )
    return forward and known and ordered and len(set(lowered.checks)) == len(lowered.checks)


class _Builder:
    """Builder of nodes, from the end of a condition to its start, so that the targets of a node exist first."""

    def __init__(self) -> None:
        self.checks: list[CompiledCheck] = []
        self.nodes: list[tuple[int, int, int]] = []
        self.numbers: dict[Leaf, int] = {}
        self._node_ids: dict[tuple[int, int, int], int] = {}
        self._done: dict[tuple[int, int, int], int] = {}

    def root(self, cond: Tree) -> int:
        """Return the first node of a condition, or an edge if it has none."""
        return self._lower(cond, TRUE, FALSE)

    def forward(self) -> tuple[Node, ...]:
        """Return the nodes in the order in which edges point forward."""
        last = len(self.nodes) - 1

        def edge(target: int) -> int:
            return target if target < 0 else last - target

        return tuple(Node(check, edge(yes), edge(no)) for check, yes, no in reversed(self.nodes))

    def _lower(self, cond: Tree, yes: int, no: int) -> int:
        if isinstance(cond, Leaf):
            return self._node(cond, yes, no)
        key = (id(cond), yes, no)
        known = self._done.get(key)
        if known is not None:
            return known
        match cond:
            case Not(term):
                result = self._lower(term, no, yes)
            case And(terms):
                result = yes
                for term in reversed(terms):
                    result = self._lower(term, result, no)
            case Or(terms):
                result = no
                for term in reversed(terms):
                    result = self._lower(term, yes, result)
            case ExactlyOne(terms):
                result = self._exactly_one(terms, yes, no)
            case Const(value):
                result = yes if value else no
            case _:
                raise AssertionError(cond)
        self._done[key] = result
        return result

    def _exactly_one(self, terms: tuple[Tree, ...], yes: int, no: int) -> int:
        """Lower to two nodes for each term: one if no earlier term was true, one if exactly one was."""
        none, one = yes, no
        for term in reversed(terms[1:]):
            none, one = self._lower(term, no, none), self._lower(term, none, one)
        return self._lower(terms[0], none, one)

    def _node(self, leaf: Leaf, yes: int, no: int) -> int:
        check = self.numbers.get(leaf)
        if check is None:
            check = self.numbers[leaf] = len(self.checks)
            self.checks.append(leaf.check)
        key = (check, yes, no)
        number = self._node_ids.get(key)
        if number is None:
            number = self._node_ids[key] = len(self.nodes)
            self.nodes.append(key)
        return number
