# SPDX-License-Identifier: Apache-2.0
"""Compiled program for all rules: flat and immutable; the core copies it into C arrays.

Evaluation follows edges: each node has one check, and one next node for each result. Edges point forward only, so that
evaluation ends. Each event type has its own entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, NamedTuple, TypeAlias

from tiercel.frozen import field, frozen
from tiercel.lang.printer import escape, quote
from tiercel.schema.names import EVENT_BY_CODE, FIELD_BY_NAME, FieldRef
from tiercel.schema.operators import OPERATORS

__all__ = [
    "FALSE",
    "TRUE",
    "Bucket",
    "CompiledCheck",
    "Entry",
    "Filter",
    "IndexLookup",
    "Items",
    "Node",
    "Operand",
    "OutputField",
    "Plan",
    "Program",
    "Read",
    "Source",
    "Transform",
    "reads",
    "written",
]

TRUE: Final = -1
"""Edge: the rule matches."""

FALSE: Final = -2
"""Edge: the rule does not match."""

Operand: TypeAlias = "bytes | int | float | tuple[bytes, int]"
Source: TypeAlias = "Read | Transform"
OutputField: TypeAlias = "Read | Transform"

_BY_SYMBOL: Final = {row.symbol: row for row in OPERATORS}


class Read(NamedTuple):
    """The value of a field; ``arg`` is its argument, or None."""

    field: str
    arg: int | str | None = None

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def ref(self) -> FieldRef:
        """Row of the schema, with the argument."""
        return FieldRef(FIELD_BY_NAME[self.field], self.arg)


@frozen
class Transform:
    """The result of a transformer.

    Attributes:
        name: name of the row in :mod:`tiercel.schema.transformers`.
        args: arguments; bytes are constants.
        option: text in brackets after it, or None.
    """

    name: str
    args: tuple[bytes | Source | Items, ...]
    option: str | None = None

    def __str__(self) -> str:
        option = "" if self.option is None else f"[{self.option}]"
        return f"{self.name}({', '.join(map(_argument, self.args))}){option}"


@frozen
class Items:
    """List among the arguments of a transformer."""

    items: tuple[bytes | Source, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(_argument, self.items))})"


@frozen
class CompiledCheck:
    """One comparison.

    Attributes:
        left: left side.
        op: symbol of the operator.
        operand: constants: bytes for text and bytes, int for numbers and bools (1, 0), float for fractions, and
            ``(packed address, prefix length)`` for addresses and networks; empty for ``exists``.
        modifier: ``oneof``, ``anyof`` or ``allof`` if each value of ``left`` is compared with all of ``operand``.
        right: right side in place of constants; ``operand`` is then empty.
    """

    left: Source
    op: str
    operand: tuple[Operand, ...] = ()
    modifier: str | None = None
    right: Source | None = None

    def __str__(self) -> str:
        row = _BY_SYMBOL[self.op]
        if row.operand == "none":
            return f"{self.left} {row.name}"
        if self.right is not None:
            return f"{self.left} {row.name} {f'val({self.right})' if isinstance(self.right, Read) else self.right}"
        if isinstance(self.left, Read) and self.left.ref.type.kind == "bool":
            values = ["true" if value else "false" for value in self.operand]
        elif row.kinds == {"bytes"}:  # byte operators take hexadecimal digits
            values = [value.hex() for value in self.operand if isinstance(value, bytes)]
        else:
            values = [written(value) for value in self.operand]
        shown = f"({', '.join(values)})" if row.operand == "list" or self.modifier else " ".join(values)
        return " ".join((str(self.left), row.name, *((self.modifier,) if self.modifier else ()), shown))


@frozen
class Node:
    """Check with its edges: an index into ``Program.nodes``, ``TRUE`` or ``FALSE``."""

    check: int
    on_true: int
    on_false: int


@frozen
class Entry:
    """Start of a rule's condition for one event type.

    Attributes:
        rule: index into the rules that were compiled.
        root: first node, or ``TRUE`` if the event type alone decides.
        uses_path: some check reads a path, so that the results for requested and resolved paths may differ.
    """

    rule: int
    root: int
    uses_path: bool


@frozen
class IndexLookup:
    """Lookup of the value of a source among all keys at once.

    Attributes:
        source: the source. If it has several values, any may hit.
        kind: definition of a hit: the value equals the key (``exact``), begins with it (``prefix``), ends with it
            (``suffix``), contains it (``substring``), contains it in lower case (``isubstring``; keys are lower case),
            begins with it after runs of slashes are reduced to one (``path``), or lies in it (``network``).
        keys: distinct keys, each with the entries that may match if it hits: sorted indices into ``Program.entries``
            of the event type.
    """

    source: Source
    kind: str
    keys: tuple[tuple[Operand, tuple[int, ...]], ...]

    def __str__(self) -> str:
        return f"{self.source} {self.kind}"


@frozen
class Bucket:
    """Entries with the same guards.

    Attributes:
        guards: number and required result of each guard; if one differs, no entry of the bucket can match.
        probes: the index lookups; at least one key of an entry hits if the entry matches.
        always: sorted entries without index keys; evaluated whenever the guards hold.
    """

    guards: tuple[tuple[int, bool], ...]
    probes: tuple[IndexLookup, ...]
    always: tuple[int, ...]


@frozen
class Plan:
    """Index plan of an event type: finds the entries that may match without an evaluation of all.

    Attributes:
        buckets: the buckets; each entry belongs to one.
    """

    buckets: tuple[Bucket, ...]


@frozen
class Filter:
    """Kernel filter for one event type.

    Attributes:
        clauses: pairs of masks: atoms that must be true, and atoms that must be false. The kernel reports an event that
            may meet one clause. Empty if no event of the type can match a rule.
        unfiltered_by: indices of the rules that need every event.
    """

    clauses: tuple[tuple[int, int], ...]
    unfiltered_by: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """True if the kernel reports every event."""
        return (0, 0) in self.clauses


@frozen
class Program:
    """Program for all rules.

    Attributes:
        rules: names, in matching order; entries and outputs refer to these by index.
        checks: distinct checks.
        nodes: nodes in topological order.
        entries: entries by event code, in rule order; a code without entries is missing.
        outputs: for each rule, the values that its alerts capture.
        path_matching: ``both``, ``requested`` or ``resolved``.
        calls: system calls without an event of their own that some rule can match.
        required_events: codes of the events that a live sensor must report: all that some rule can match. Events of
            extreme rate and events about containers are included only if a rule names them.
        plans: index plans by event code; equal entries share one object. All entries of a code without a plan are
            evaluated.
        filters: kernel filters by event code; a code without one is not filtered.
        path_sets: match sets of paths: ``exact``, ``prefix``, ``suffix`` or ``contains`` with the text; or of ports:
            ``port`` with its two bytes. A member must match one pattern. Clauses have one bit for each set.
    """

    rules: tuple[str, ...]
    checks: tuple[CompiledCheck, ...]
    nodes: tuple[Node, ...]
    entries: Mapping[int, tuple[Entry, ...]]
    outputs: tuple[tuple[OutputField, ...], ...]
    path_matching: str = "both"
    calls: frozenset[str] = frozenset()
    required_events: frozenset[int] = frozenset()
    plans: Mapping[int, Plan] = field(default_factory=dict)
    filters: Mapping[int, Filter] = field(default_factory=dict)
    path_sets: tuple[tuple[tuple[str, bytes], ...], ...] = ()

    @property
    def wanted(self) -> frozenset[int]:
        """Codes of the events that some rule can match."""
        return frozenset(self.entries)

    @property
    def live(self) -> frozenset[int]:
        """Codes of the required events that the live sensor can report and that may match."""
        return frozenset(
            code
            for code in self.required_events
            if EVENT_BY_CODE[code].is_live and (code not in self.filters or self.filters[code].clauses)
        )

    @property
    def fields(self) -> frozenset[Read]:
        """Fields that are compared or captured by rules that can match, with their arguments."""
        enabled = {entry.rule for entries in self.entries.values() for entry in entries}
        return self._reads((self.outputs[rule] for rule in enabled), self.checks)

    def fields_of(self, codes: Iterable[int]) -> frozenset[Read]:
        """Return the fields that are compared or captured for these events, with their arguments."""
        entries = [entry for code in codes for entry in self.entries.get(code, ())]
        left = {entry.root for entry in entries}
        reached: set[int] = set()
        while left:
            node = left.pop()
            if node >= 0 and node not in reached:
                reached.add(node)
                left |= {self.nodes[node].on_true, self.nodes[node].on_false}
        outputs = (self.outputs[rule] for rule in {entry.rule for entry in entries})
        return self._reads(outputs, (self.checks[self.nodes[node].check] for node in reached))

    @staticmethod
    def _reads(outputs: Iterable[tuple[OutputField, ...]], checks: Iterable[CompiledCheck]) -> frozenset[Read]:
        used: list[object] = [source for sources in outputs for source in sources]
        used += [side for check in checks for side in (check.left, check.right)]
        return frozenset(read for source in used for read in reads(source))

    def dump(self) -> str:
        """Return the program as text: the entries of each event type, then each node once."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for code, entries in sorted(self.entries.items(), key=lambda pair: EVENT_BY_CODE[pair[0]].name):
            yield f"{EVENT_BY_CODE[code].name}:"
            for entry in entries:
                paths = "  (paths)" if entry.uses_path else ""
                yield f"  {self.rules[entry.rule]} -> {_edge(entry.root)}{paths}"
        if self.nodes:
            yield "nodes:"
        width = len(str(len(self.nodes)))
        for number, node in enumerate(self.nodes):
            yes, no = _edge(node.on_true), _edge(node.on_false)
            yield f"  {number:>{width}}  {self.checks[node.check]}  ? {yes} : {no}"


def reads(source: object) -> Iterator[Read]:
    """Yield the fields that a source, or an argument of one, reads."""
    match source:
        case Read():
            yield source
        case Transform(_, args):
            for arg in args:
                yield from reads(arg)
        case Items(items):
            for item in items:
                yield from reads(item)


def _argument(arg: object) -> str:
    return quote(arg).decode("utf-8", "backslashreplace") if isinstance(arg, bytes) else str(arg)


def _edge(target: int) -> str:
    return {TRUE: "match", FALSE: "-"}.get(target, str(target))


def written(value: Operand) -> str:
    """Return a constant in the syntax of conditions."""
    if isinstance(value, bytes):
        return escape(value).decode("utf-8", "backslashreplace")
    if isinstance(value, (int, float)):
        return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    address, prefix = value
    text = inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)
    return f"{text}/{prefix}" if prefix != 8 * len(address) else text
