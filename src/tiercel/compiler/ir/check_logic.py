# SPDX-License-Identifier: Apache-2.0
"""Static logic of checks: checks that are always false, and pairs that exclude each other.

A check of a missing value is false. So two checks of one value that no value satisfies are never true together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations, product
from typing import Any, Final

from tiercel.compiler.ir.program import CompiledCheck, Read, Transform, reads
from tiercel.compiler.ir.tree import Leaf
from tiercel.lang.ast import Not
from tiercel.schema.names import FIELD_BY_NAME
from tiercel.schema.types import ValueType

__all__ = ["clashes", "compare", "never_holds", "range_of"]

_COMPARISONS: Final[dict[str, Callable[..., bool]]] = {
    "exists": lambda _value: True,
    "ne": lambda value, other: bool(value != other),
    "lt": lambda value, other: bool(value < other),
    "le": lambda value, other: bool(value <= other),
    "gt": lambda value, other: bool(value > other),
    "ge": lambda value, other: bool(value >= other),
    "contains": lambda value, other: other in value,
    "icontains": lambda value, other: other.lower() in value.lower(),
    "startswith": lambda value, other: bool(value.startswith(other)),
    "endswith": lambda value, other: bool(value.endswith(other)),
}

_FINITE: Final = frozenset({"eq", "in"})
_LOWER: Final = frozenset({"gt", "ge"})
_MAX_COMPARED: Final = 50  # checks of one value that are compared in pairs
_UPPER: Final = frozenset({"lt", "le"})
_BOUNDS: Final = _LOWER | _UPPER


def compare(value: Any, op: str, operand: tuple[Any, ...]) -> bool | None:
    """Compare a value with an operand as the core does; None for operators that only the core implements."""
    if op in {"eq", "in"}:
        return value in operand
    known = _COMPARISONS.get(op)
    return None if known is None else known(value, *operand)


def never_holds(leaf: Leaf) -> bool:
    """Return whether a check is false for every value of its type."""
    check, type_ = leaf.check, leaf.type
    if check.op not in _BOUNDS or not _is_plain(check):
        return False
    (bound,) = check.operand
    if type_.kind == "str":
        return check.op == "lt" and bound == b""
    if type_.kind not in {"int", "uint"}:
        return False
    low, high = range_of(type_)
    return not compare(high if check.op in _LOWER else low, check.op, check.operand)


def range_of(type_: ValueType) -> tuple[int, int]:
    """Return the smallest and the largest value of an integer type."""
    bits = 8 * type_.size
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if type_.kind == "int" else (0, (1 << bits) - 1)


def clashes(terms: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of leaves, or of a leaf and a negated one, that cannot both be true."""
    by_source: dict[object, tuple[list[Any], list[Any]]] = {}
    for term in terms:
        negated = isinstance(term, Not)
        leaf = term.term if negated else term
        if isinstance(leaf, Leaf) and leaf.type.kind != "net" and leaf.check.operand:
            by_source.setdefault(leaf.check.left, ([], []))[negated].append(term)
    for positive, negative in by_source.values():
        if not positive or len(positive) + len(negative) < 2:
            continue  # nothing to compare with
        few = [leaf for leaf in positive if _is_plain(leaf.check)][:_MAX_COMPARED]
        excluded = [term for term in negative if _is_plain(term.term.check)]
        for one, other in chain(combinations(few, 2), product(few, excluded)):
            if _exclude(one, other):
                yield one, other


def _is_plain(check: CompiledCheck) -> bool:
    """Return whether a check compares one value with constants."""
    return (
        check.right is None
        and check.modifier is None
        and not (isinstance(check.left, Transform) and check.left.name == "getopt")
        and all(_is_single(read) for read in reads(check.left))
    )


def _is_single(read: Read) -> bool:
    """Return whether a field has one value that is compared by type; `no_rhs` fields have their own comparison."""
    row = FIELD_BY_NAME[read.field]
    return not row.no_rhs and (row.multi is None or (row.multi != "list" and read.arg is not None))


def _exclude(one: Leaf, other: Any) -> bool:
    first = one.check
    if isinstance(other, Not):
        negated: Any = other.term
        return negated is one or (first.op in _FINITE and _all(first.operand, negated.check))
    second: CompiledCheck = other.check
    if first.op in _FINITE:
        return _none(first.operand, second)
    if second.op in _FINITE:
        return _none(second.operand, first)
    match first.op, second.op:
        case ("startswith", "startswith") | ("endswith", "endswith"):
            return not (compare(first.operand[0], *_test(second)) or compare(second.operand[0], *_test(first)))
        case (lower, upper) if lower in _LOWER and upper in _UPPER:
            return _is_empty(first, second)
        case (upper, lower) if lower in _LOWER and upper in _UPPER:
            return _is_empty(second, first)
        case _:
            return False


def _test(check: CompiledCheck) -> tuple[str, tuple[Any, ...]]:
    return check.op, check.operand


def _none(values: tuple[Any, ...], check: CompiledCheck) -> bool:
    return all(compare(value, *_test(check)) is False for value in values)


def _all(values: tuple[Any, ...], check: CompiledCheck) -> bool:
    return all(compare(value, *_test(check)) is True for value in values)


def _is_empty(lower: CompiledCheck, upper: CompiledCheck) -> bool:
    """Return whether no value lies between the two bounds."""
    (low,), (high,) = _test(lower)[1], _test(upper)[1]
    return bool(low > high) or (low == high and (lower.op, upper.op) != ("ge", "le"))
