# SPDX-License-Identifier: Apache-2.0
"""Event types for which a condition can be true, by Falco's algorithm.

The result affects warnings only; the events of a program come from specialization. A set is a bit mask over the names
of the event table; a system call without an event of its own represents the generic event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from tiercel.lang.ast import And, Call, CallList, Check, Cond, FieldName, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.lang.suggest import suggest
from tiercel.schema.known_events import EVENT_CODES, SYSCALL_NAMES

__all__ = ["ALL", "Sets", "code_count", "event_set", "names_of", "problems_of"]

_BITS: Final = {name: 1 << number for number, name in enumerate(EVENT_CODES)}
ALL: Final = (1 << len(_BITS)) - 1
_NAMES: Final = (*EVENT_CODES, *sorted(SYSCALL_NAMES))
_ALL_CODES: Final = sum(EVENT_CODES.values())
_FIELDS: Final = frozenset({"evt.type", "syscall.type"})
_NAMING: Final = frozenset({"=", "==", "!=", "in"})

Sets: TypeAlias = dict[int, tuple[Cond, tuple[int, int]]]


def event_set(cond: Cond, memo: Sets | None = None) -> int:
    """Return the mask of the event types for which a parsed condition can be true.

    Args:
        cond: its tree, with macros expanded.
        memo: cache of results for subtrees; conditions that share macros also share it.
    """
    return _set(cond, {} if memo is None else memo)[0]


def problems_of(check: Check) -> tuple[Diagnostic, ...]:
    """Return findings about a check that has no event set: unknown names, transformers."""
    if check.op != "exists" and not _names_events(check):
        return ()
    left, right = check.left, check.right
    if isinstance(left, Call):
        return (diagnose("E215", left.span),) if any(name in _FIELDS for name in _fields_in(left)) else ()
    if left.name not in _FIELDS or check.op == "exists":
        return ()
    if isinstance(right, Call):
        return (diagnose("E215", right.span),)
    unknown = (value for value in _values(check) if value.text not in _BITS and value.text not in SYSCALL_NAMES)
    return tuple(
        diagnose("E208", value.span, name=show(value.text), suggestion=suggest(value.text, _NAMES)) for value in unknown
    )


def _names_events(check: Check) -> bool:
    """Return whether the field of a check is the event type, so that its constants are names of events."""
    return check.op in _NAMING and check.modifier is None


def _fields_in(arg: object) -> Iterator[str]:
    match arg:
        case FieldName(name):
            yield name
        case Call(_, args) | CallList(args):
            for inner in args:
                yield from _fields_in(inner)


def names_of(mask: int) -> frozenset[str]:
    """Return the event names of a mask."""
    return frozenset(name for name, bit in _BITS.items() if mask & bit)


def code_count(mask: int) -> int:
    """Return the number of Falco's event codes in a mask."""
    if mask == ALL:
        return _ALL_CODES
    return sum(codes for name, codes in EVENT_CODES.items() if mask & _BITS[name])


def _set(cond: Cond, memo: Sets) -> tuple[int, int]:
    """Return the sets for which a condition, and its negation, can be true."""
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    match cond:
        case And(terms):
            sets = [_set(term, memo) for term in terms]
            result = _meet(yes for yes, _ in sets), _join(no for _, no in sets)
        case Or(terms):
            sets = [_set(term, memo) for term in terms]
            result = _join(yes for yes, _ in sets), _meet(no for _, no in sets)
        case Not(term):
            yes, no = _set(term, memo)
            result = no, yes
        case Check():
            result = _check(cond)
        case _:
            result = ALL, ALL
    memo[id(cond)] = (cond, result)
    return result


def _meet(masks: Iterable[int]) -> int:
    result = ALL
    for mask in masks:
        result &= mask
    return result


def _join(masks: Iterable[int]) -> int:
    result = 0
    for mask in masks:
        result |= mask
    return result


def _check(check: Check) -> tuple[int, int]:
    left = check.left
    if isinstance(left, Call):
        return ALL, ALL
    if left.name == "evt.num" and left.arg is None:
        return _number(check)
    if left.name not in _FIELDS:
        return ALL, ALL
    if check.op == "exists":
        return ALL, 0
    if not _names_events(check) or isinstance(check.right, Call):
        return ALL, ALL
    named = _join(_mask(value.text) for value in _values(check))
    return (ALL & ~named, named) if check.op == "!=" else (named, ALL & ~named)


def _values(check: Check) -> tuple[Value, ...]:
    right = check.right
    if isinstance(right, ListValue):
        return right.items
    return (right,) if isinstance(right, Value) else ()


def _mask(name: str) -> int:
    return _BITS.get(name) or (_BITS["syscall"] if name in SYSCALL_NAMES else 0)


def _number(check: Check) -> tuple[int, int]:
    """Return the sets of a check of ``evt.num``, which is at least 1; only decimal numbers are recognized."""
    values = [value.data for value in _values(check)]
    if isinstance(check.right, Call) or check.modifier is not None or not all(value.isdigit() for value in values):
        return ALL, ALL
    numbers = [int(value.lstrip(b"0")[:20] or b"0") for value in values]
    match check.op, numbers:
        case ("=" | "==", [0]) | ("<", [0 | 1]) | ("<=", [0]):
            return 0, ALL
        case "in", _ if not any(numbers):
            return 0, ALL
        case ("!=", [0]) | (">", [0]) | (">=", [0 | 1]):
            return ALL, 0
        case _:
            return ALL, ALL
