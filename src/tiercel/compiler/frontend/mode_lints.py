# SPDX-License-Identifier: Apache-2.0
"""Lints for comparisons of numbers with names of permission bits.

By Falco's tables, ``evt.arg.mode`` is text with names such as ``S_ISUID`` for chmod, and a number for open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiercel.compiler.frontend.falco_event_sets import Sets, code_count, event_set, names_of
from tiercel.lang.ast import And, Check, Cond, FieldName, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.schema.names import FLAG_TABLE_BY_NAME, params_named

__all__ = ["lint_modes"]

_BITS: Final = dict(FLAG_TABLE_BY_NAME["chmod_mode"].rows)
_NAME: Final = re.compile("|".join(_BITS))
_BASES: Final = {"oct": ("an octal number", 8), "hex": ("a hexadecimal number", 16)}
_MODES: Final = tuple(
    (event.name, event.params.index(param), param.fmt) for event, param in params_named("mode") if not param.flags
)
_MANY_CODES: Final = 100


def lint_modes(cond: Cond, memo: Sets) -> Iterator[Diagnostic]:
    """Warn if a mode that is a number is compared with the name of a bit.

    Args:
        cond: a condition with macros expanded.
        memo: cache of the event sets of its parts.
    """
    mask = event_set(cond, memo)
    if code_count(mask) <= _MANY_CODES:  # another warning covers conditions for nearly all events
        yield from _within(cond, mask, memo)


def _within(cond: Cond, mask: int, memo: Sets) -> Iterator[Diagnostic]:
    """Visit a part of a condition that applies to the events of a mask."""
    match cond:
        case And(terms):
            mask &= event_set(cond, memo)
            for term in terms:
                yield from _within(term, mask, memo)
        case Or(terms):
            for term in terms:
                yield from _within(term, mask, memo)
        case Not(term):
            yield from _within(term, mask, memo)
        case Check(FieldName("evt.arg.mode" | "evt.arg")):
            found = next(((value, bit) for value in _values(cond) for bit in _NAME.findall(value.text)), None)
            if found is not None:
                yield from _findings(cond, *found, names_of(mask))


def _values(check: Check) -> tuple[Value, ...]:
    if isinstance(check.right, ListValue):
        return check.right.items
    return (check.right,) if isinstance(check.right, Value) else ()


def _findings(check: Check, value: Value, bit: str, events: frozenset[str]) -> Iterator[Diagnostic]:
    field = show(check.left.span.value)
    number = check.left.arg if isinstance(check.left, FieldName) else None
    for fmt, (base_name, base) in _BASES.items():
        names = sorted(
            name for name, at, shown in _MODES if shown == fmt and name in events and number in {None, str(at)}
        )
        if names:
            yield diagnose(
                "W548",
                value.span,
                field=field,
                names=", ".join(f"`{name}`" for name in names),
                base=base_name,
                bit=bit,
                suggestion=f"`{field} glob {_pattern(_BITS[bit], base)}`",
            )


def _pattern(bit: int, base: int) -> str:
    """Return the shell pattern of the numbers with a bit set."""
    place = 0
    while bit >= base:
        bit //= base
        place += 1
    digits = "".join(f"{digit:X}" for digit in range(base) if digit & bit)
    return f'"*[{digits}]{"?" * place}"'
