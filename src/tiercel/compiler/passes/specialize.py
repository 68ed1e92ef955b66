# SPDX-License-Identifier: Apache-2.0
"""Specialization: one condition for each event type, without the checks that the type decides."""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_
from typing import Any, Final

from tiercel.compiler.ir.check_logic import compare
from tiercel.compiler.ir.program import CompiledCheck, Read, reads
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Memo, Tree, walk
from tiercel.compiler.passes.fold import exactly_one, junction, negate
from tiercel.frozen import frozen, replace
from tiercel.lang.ast import And, Not, Or
from tiercel.schema.events import EVENTS
from tiercel.schema.known_events import ASYNC_NAMES, SYSCALL_NAMES
from tiercel.schema.names import EVENT_BY_NAME, FIELD_BY_NAME
from tiercel.schema.types import Event

__all__ = ["Part", "Splitter", "holds", "required_events", "static_value"]

_VISIBLE: Final = tuple(event for event in EVENTS if not event.internal)

# The generic event; its `evt.type` is the name of any system call without an event of its own.
_SYSCALL: Final = EVENT_BY_NAME["syscall"]
_CALLS: Final = SYSCALL_NAMES

# Events of extreme rate, and events that need container engines: a live sensor reports them only to rules that name
# them.
_ON_DEMAND: Final = {
    event.code: event.generated_as or event.name
    for event in EVENTS
    if "on_demand" in event.traits or event.generated_as
}

# Fields whose value may follow from the event type.
_PARAMS: Final = frozenset({"evt.arg", "evt.rawarg"})
_EQUALITY: Final = frozenset({"eq", "ne", "in"})
_STATIC: Final = frozenset({"evt.type", "evt.dir", "evt.type.is", "syscall.type", *_PARAMS})


@frozen
class Part:
    """The rest of a condition for some event types.

    Attributes:
        codes: codes of the event types.
        cond: the tree without checks that these types decide; a :class:`Const` is always true.
        uses_path: the condition reads a path, which has two bindings.
        calls: system calls without an event of their own for which the condition can be true; empty unless the event
            ``syscall`` is among the types.
    """

    codes: tuple[int, ...]
    cond: Tree
    uses_path: bool
    calls: frozenset[str] = frozenset()

    def with_cond(self, cond: Tree) -> Part:
        """Return the part with an equal tree in place of its own."""
        return replace(self, cond=cond)


@frozen
class _Group:
    """Event types that decide the same checks in the same way.

    Attributes:
        events: the event types.
        decided: results of the checks that they decide.
        reduced: cache of trees reduced by these results.
    """

    events: list[Event]
    decided: dict[Leaf, bool]
    reduced: Memo[Tree, Tree]


class Splitter:
    """Splitter of conditions; caches static values for each check and groups for each set of checks."""

    def __init__(self) -> None:
        self._static_values: dict[Leaf, dict[int, bool]] = {}
        self._groups: dict[tuple[Leaf, ...], list[_Group]] = {}

    def split(self, cond: Tree) -> tuple[Part, ...]:
        """Return the parts of a folded tree; event types for which it is false are in no part."""
        leaves = dict.fromkeys(leaf for leaf in walk(cond) if isinstance(leaf, Leaf))
        told = tuple(leaf for leaf in leaves if self._known(leaf))
        groups = self._groups.get(told)
        if groups is None:
            groups = self._groups[told] = self._grouped(told)
        parts: list[Part] = []
        for group in groups:
            rest = _reduce(cond, group.decided, group.reduced) if group.decided else cond
            if not (isinstance(rest, Const) and not rest.value):
                parts.extend(_parts(rest, group.events))
        return tuple(parts)

    def _grouped(self, leaves: tuple[Leaf, ...]) -> list[_Group]:
        """Return groups of event types with the same static values of some checks."""
        groups: dict[tuple[bool | None, ...], list[Event]] = {}
        for event in _VISIBLE:
            groups.setdefault(tuple(self._known(leaf).get(event.code) for leaf in leaves), []).append(event)
        return [
            _Group(events, {leaf: value for leaf, value in zip(leaves, values, strict=True) if value is not None}, {})
            for values, events in groups.items()
        ]

    def _known(self, leaf: Leaf) -> dict[int, bool]:
        """Return the static values of a check by event code; a code is missing if the event decides."""
        known = self._static_values.get(leaf)
        if known is None:
            events = _VISIBLE if any(read.field in _STATIC for read in _reads(leaf.check)) else ()
            found = ((event.code, static_value(leaf, event)) for event in events)
            known = self._static_values[leaf] = {code: value for code, value in found if value is not None}
        return known


def holds(parts: tuple[Part, ...]) -> bool:
    """Return whether the parts meet the postcondition of the pass."""
    by_code = {event.code: event for event in _VISIBLE}
    codes = [code for part in parts for code in part.codes]
    generic = all(bool(part.calls) == (_SYSCALL.code in part.codes) for part in parts)
    return (
        generic
        and len(codes) == len(set(codes))
        and all(
            static_value(leaf, by_code[code]) is None
            for part in parts
            for leaf in walk(part.cond)
            if isinstance(leaf, Leaf)
            for code in part.codes
        )
    )


def required_events(cond: Tree, parts: tuple[Part, ...]) -> frozenset[int]:
    """Return the codes of the events that a live sensor must report for a rule with these parts."""
    checks = [leaf.check for leaf in walk(cond) if isinstance(leaf, Leaf) and _is_decided_by_name(leaf.check)]
    named = {value for check in checks if check.op in {"eq", "in"} for value in check.operand}
    lefts = [check.left for check in checks]
    named |= {left.arg.encode() for left in lefts if isinstance(left, Read) and isinstance(left.arg, str)}
    codes = (code for part in parts for code in part.codes)
    return frozenset(code for code in codes if code not in _ON_DEMAND or _ON_DEMAND[code].encode() in named)


def static_value(leaf: Leaf, event: Event) -> bool | None:
    """Return the value of a check for all events of a type; None if the event decides."""
    check = leaf.check
    if any(_is_missing(read, event) for read in _reads(check)):
        return False  # checks of missing values are false
    if check.right is not None:
        return None
    if check.left == Read("evt.dir"):
        return compare(event.direction.encode(), check.op, check.operand)
    if event is _SYSCALL:
        said = {_of_name(check, name) for name in _CALLS} if _is_decided_by_name(check) else {None}
        return said.pop() if len(said) == 1 else None
    if event.is_named and check.left == Read("evt.type"):
        return _compare_named(event, check)
    return _of_name(check, event.name)


def _is_decided_by_name(check: CompiledCheck) -> bool:
    return isinstance(check.left, Read) and check.left.field in {"evt.type", "syscall.type", "evt.type.is"}


def _of_name(check: CompiledCheck, event: str) -> bool | None:
    """Return the result of a check of the event name, or None for other checks."""
    match check.left:
        case Read("evt.type" | "syscall.type"):
            return compare(event.encode(), check.op, check.operand)
        case Read("evt.type.is", name):
            return compare(int(event == name), check.op, check.operand)
        case _:
            return None


def _calls(cond: Tree, memo: dict[int, tuple[Any, tuple[frozenset[str], frozenset[str]]]]) -> Any:
    """Return the calls without an event of their own for which a tree can be true, and can be false."""
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    result = _CALLS, _CALLS
    match cond:
        case Const(value):
            result = (_CALLS, frozenset()) if value else (frozenset(), _CALLS)
        case Leaf(check) if check.right is None and _is_decided_by_name(check):
            said = {name: _of_name(check, name) for name in _CALLS}
            result = (
                frozenset(name for name, value in said.items() if value is not False),
                frozenset(name for name, value in said.items() if value is not True),
            )
        case Not(term):
            result = _calls(term, memo)[::-1]
        case And(terms):
            holds, fails = zip(*(_calls(term, memo) for term in terms), strict=True)
            result = _CALLS.intersection(*holds), frozenset().union(*fails)
        case Or(terms):
            holds, fails = zip(*(_calls(term, memo) for term in terms), strict=True)
            result = frozenset().union(*holds), _CALLS.intersection(*fails)
    memo[id(cond)] = (cond, result)
    return result


def _compare_named(event: Event, check: CompiledCheck) -> bool | None:
    """Return the result of a check of the type of an event that a plugin names, or None.

    Such a name differs from the names of all other events, except the names that Falco's plugins use.
    """
    names = {name.encode() for name in (event.name, *ASYNC_NAMES)}
    if check.modifier is not None or check.op not in _EQUALITY or not names.isdisjoint(check.operand):
        return None
    return check.op == "ne"


def _is_missing(read: Read, event: Event) -> bool:
    """Return whether events of a type never have the value."""
    if read.field in _PARAMS:
        return _param(event, read.arg) is None
    return read.field == "syscall.type" and event.direction != "<"


def _reads(check: CompiledCheck) -> Iterator[Read]:
    yield from reads(check.left)
    yield from reads(check.right)


def _param(event: Event, arg: int | str | None) -> Any:
    """Return the param of an event that ``evt.arg`` with this argument reads, or None."""
    if isinstance(arg, int):
        return event.params[arg] if arg < len(event.params) else None
    return next((param for param in event.params if param.name == arg), None)


def _reduce(cond: Tree, decided: dict[Leaf, bool], memo: Memo[Tree, Tree]) -> Tree:
    """Return the tree with the decided checks replaced by constants, and folded again."""
    if isinstance(cond, Leaf):
        return Const(decided[cond], cond.span) if cond in decided else cond
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    result: Tree
    match cond:
        case Not(term, span):
            rest = _reduce(term, decided, memo)
            result = cond if rest is term else negate(rest, span)
        case And(terms, span) | Or(terms, span):
            kept = [_reduce(term, decided, memo) for term in terms]
            result = cond if all(map(is_, kept, terms)) else junction(type(cond), kept, span)
        case ExactlyOne(terms, span):
            result = exactly_one([_reduce(term, decided, memo) for term in terms], span)
        case _:
            result = cond
    memo[id(cond)] = (cond, result)
    return result


def _parts(cond: Tree, events: list[Event]) -> list[Part]:
    """Return one part; or two if the condition reads a path (through ``evt.arg``) for some of the events only."""
    read_here = {read for leaf in walk(cond) if isinstance(leaf, Leaf) for read in _reads(leaf.check)}
    params = [read for read in read_here if read.field == "evt.arg"]
    always = any(FIELD_BY_NAME[read.field].path for read in read_here if read.field != "evt.arg")
    by_paths: dict[bool, list[int]] = {}
    calls = _calls(cond, {})[0] if _SYSCALL in events else frozenset()
    for event in events:
        if event is not _SYSCALL or calls:
            by_paths.setdefault(always or any(_is_path(read, event) for read in params), []).append(event.code)
    return [
        Part(tuple(codes), cond, paths, calls if _SYSCALL.code in codes else frozenset())
        for paths, codes in by_paths.items()
    ]


def _is_path(read: Read, event: Event) -> bool:
    """Return whether the param that ``evt.arg`` reads is a path in an event."""
    param = _param(event, read.arg)
    return param is not None and param.type.is_path
