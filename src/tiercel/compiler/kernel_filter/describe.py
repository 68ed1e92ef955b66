# SPDX-License-Identifier: Apache-2.0
"""Text form of kernel filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from tiercel.compiler.ir.program import Filter, Program
from tiercel.compiler.kernel_filter.atoms import FIRST_PATH_SET, KINDS, WORDS, Atom
from tiercel.frozen import frozen
from tiercel.lang.printer import escape
from tiercel.schema.names import EVENT_BY_CODE

__all__ = ["Alternative", "FilterDescription", "describe_filter"]

_SHOWN: Final = 4
_FACTS: Final = (1 << FIRST_PATH_SET) - 1
_ENDS: Final = MappingProxyType({"exact": ("", ""), "prefix": ("", "*"), "suffix": ("*", ""), "contains": ("*", "*")})


@frozen
class Alternative:
    """One alternative of a filter; the kernel reports an event that meets it.

    Attributes:
        text: description; ``every event`` if there is no requirement.
        rules: indices of the rules that cause it.
    """

    text: str
    rules: tuple[int, ...]


@frozen
class FilterDescription:
    """The filter of some event types.

    Attributes:
        events: names of the event types.
        alternatives: an event must meet one of them; empty if the kernel reports no event of these types.
    """

    events: tuple[str, ...]
    alternatives: tuple[Alternative, ...]


def describe_filter(program: Program, alone: Mapping[int, Program]) -> tuple[FilterDescription, ...]:
    """Return the descriptions of a program's filters.

    Args:
        program: the program of some rules.
        alone: by index, the program of each of these rules alone.
    """
    found: dict[Filter, list[int]] = {}
    for code in sorted(program.filters):
        found.setdefault(program.filters[code], []).append(code)
    return tuple(
        FilterDescription(
            tuple(sorted(EVENT_BY_CODE[code].name for code in codes)),
            tuple(Alternative(_words(clause, program), tuple(_causes(clause, codes, alone))) for clause in one.clauses),
        )
        for one, codes in found.items()
    )


def _causes(clause: tuple[int, int], codes: list[int], alone: Mapping[int, Program]) -> Iterator[int]:
    """Yield the rules that cause a clause; a clause without paths comes from rules without paths."""
    must, must_not = clause
    facts, has_path = must & _FACTS, must > _FACTS
    for rule, program in alone.items():
        own = {clause for code in codes if code in program.filters for clause in program.filters[code].clauses}
        if any(
            not facts & ~own_must and not must_not & ~own_must_not and (own_must > _FACTS) == has_path
            for own_must, own_must_not in own
        ):
            yield rule


def _words(clause: tuple[int, int], program: Program) -> str:
    return ", ".join(_facts(*clause, program)) or "every event"


def _facts(must: int, must_not: int, program: Program) -> Iterator[str]:
    for atom in Atom:
        if must & atom.bit:
            yield WORDS[atom][0]
        elif must_not & atom.bit and atom not in KINDS:
            yield WORDS[atom][1]
    kinds = [word for atom, word in KINDS.items() if must_not & atom.bit]
    if kinds:
        yield f"on no {' or '.join([', '.join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)}"
    for number, keys in enumerate(program.path_sets):
        if must >> (FIRST_PATH_SET + number) & 1:
            yield _paths(keys)


def _paths(keys: tuple[tuple[str, bytes], ...]) -> str:
    """Return paths as shell patterns, or ports; a long list is cut off."""
    what = "port" if keys[0][0] == "port" else "path"
    shown = [_pattern(kind, text) for kind, text in keys]
    if len(shown) == 1:
        return f"{what} {shown[0]}"
    more = [f"… {len(shown) - _SHOWN + 1} more"] if len(shown) > _SHOWN else []
    return f"{what} in ({', '.join([*(shown[: _SHOWN - 1] if more else shown), *more])})"


def _pattern(kind: str, text: bytes) -> str:
    if kind == "port":
        return str(int.from_bytes(text, "big"))
    before, behind = _ENDS[kind]
    return f"{before}{escape(text).decode('utf-8', 'backslashreplace')}{behind}"
