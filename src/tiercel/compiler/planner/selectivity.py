# SPDX-License-Identifier: Apache-2.0
"""Estimated rates at which checks are true; the planner finds a rule by its rarest check.

The figures affect speed only. They are fractions of the events for which rules with such a check are evaluated, rounded
from the results of `benches/selectivity.py` for common rules over captures of a busy host.
"""

from __future__ import annotations

from typing import Final

from tiercel.compiler.ir.program import Operand, Read, Source
from tiercel.compiler.ir.tree import Leaf
from tiercel.schema.names import FIELD_BY_NAME

__all__ = ["hit_rate", "truth_rate"]

_OTHER: Final = "other"

# Rate at which the value of a field is one that a rule names.
_EXACT: Final = {
    _OTHER: 0.01,
    "container.id": 0.1,
    "evt.category": 0.2,
    "evt.rawres": 0.3,
    "evt.res": 0.1,
    "fd.cip": 0.1,
    "fd.directory": 0.001,
    "fd.filename": 0.001,
    "fd.l4proto": 0.3,
    "fd.name": 0.002,
    "fd.nameraw": 0.002,
    "fd.num": 0.05,
    "fd.sip": 0.05,
    "fd.sockfamily": 0.5,
    "fd.sport": 0.02,
    "fd.type": 0.3,
    "fd.typechar": 0.8,
    "proc.aname": 0.03,
    "proc.cmdline": 0.001,
    "proc.exepath": 0.004,
    "proc.name": 0.004,
    "proc.pname": 0.01,
    "proc.tty": 0.5,
    "proc.vpid": 0.01,
    "user.loginuid": 0.5,
    "user.name": 0.1,
    "user.uid": 0.5,
}

# Common programs.
_COMMON: Final = frozenset({b"bash", b"dash", b"perl", b"python", b"python3", b"sh", b"systemd"})
_COMMON_RATE: Final = 0.05
_PROGRAMS: Final = frozenset({"proc.name", "proc.pname", "proc.aname"})

# Rate for fields without a value in any event.
_PENDING: Final = 0.001

# Rate at which a value begins with a path, by the number of its components.
_PATH: Final = (0.9, 0.2, 0.02, 0.004)

# Rate at which a value begins with a text, ends with it or contains it, by the length of the text in bytes.
_START: Final = (1.0, 0.3, 0.1, 0.03, 0.01)
_END: Final = (1.0, 0.2, 0.05, 0.02, 0.002)
_INSIDE: Final = (1.0, 0.5, 0.15, 0.05, 0.02, 0.005)

# Rate at which an order comparison is true: most of them select results that are not errors.
_ORDER: Final = 0.85

# Rate at which a boolean field is true.
_TRUE: Final = {
    _OTHER: 0.3,
    "evt.failed": 0.1,
    "evt.is_open_create": 0.02,
    "evt.is_open_exec": 0.002,
    "evt.is_open_read": 0.95,
    "evt.is_open_write": 0.05,
    "proc.is_exe_from_memfd": 0.001,
    "proc.is_exe_upper_layer": 0.05,
}


def hit_rate(source: Source, kind: str, key: Operand) -> float:
    """Return the hit rate of a key for the values of a source."""
    if kind == "exact":
        return _exact(source, key)
    if isinstance(key, tuple):
        return 0.3 if key[1] <= 16 else 0.1 if key[1] <= 24 else 0.02
    assert isinstance(key, bytes)
    if kind in {"prefix", "path"}:
        if key.startswith(b"/"):
            return _of(_PATH, len([part for part in key.split(b"/") if part]))
        return _of(_START, len(key))
    return _of(_END if kind == "suffix" else _INSIDE, len(key))


def truth_rate(leaf: Leaf) -> float:
    """Return the rate at which a check is true."""
    check = leaf.check
    if check.right is not None:
        return 0.1
    if leaf.type.kind == "bool" and check.op in {"eq", "ne"}:
        true = _TRUE.get(_name(check.left), _TRUE[_OTHER])
        return true if bool(check.operand[0]) == (check.op == "eq") else 1 - true
    match check.op:
        case "eq" | "in" | "intersects":
            kind = "network" if leaf.type.kind == "net" else "exact"
        case "startswith" | "bstartswith" | "pmatch" | "glob" | "iglob" | "regex":
            kind = "prefix"
        case "endswith":
            kind = "suffix"
        case "contains" | "icontains" | "bcontains":
            kind = "substring"
        case "ne":
            return 1 - _exact(check.left, check.operand[0])
        case "exists":
            return 0.95
        case _:
            return _ORDER
    return min(0.95, sum(hit_rate(check.left, kind, value) for value in check.operand))


def _exact(source: Source, key: Operand) -> float:
    name = source.field if isinstance(source, Read) else _OTHER
    if name in _PROGRAMS and key in _COMMON:
        return _COMMON_RATE
    known = _EXACT.get(name)
    if known is None:
        known = _PENDING if FIELD_BY_NAME[name].pending else _EXACT[_OTHER]
    return known


def _name(source: Source) -> str:
    return source.field if isinstance(source, Read) else _OTHER


def _of(rates: tuple[float, ...], size: int) -> float:
    return rates[min(size, len(rates) - 1)]
