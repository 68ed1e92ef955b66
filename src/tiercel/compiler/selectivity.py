# SPDX-License-Identifier: Apache-2.0
"""How often checks are true, estimated: what a rule is found by is its rarest check.

The figures decide speed and nothing else.  They are fractions of the events that reach a check.
"""

from __future__ import annotations

from typing import Any, Final

from tiercel.compiler.nodes import Leaf
from tiercel.compiler.program import Operand, Read, Source

__all__ = ["hit_rate", "truth_rate"]

# Fields with few values: how often a value that a rule names is the one.
_FEW: Final = {
    "container.id": 0.1,
    "evt.category": 0.2,
    "evt.res": 0.3,
    "evt.rawres": 0.2,
    "fd.l4proto": 0.2,
    "fd.num": 0.1,
    "fd.sockfamily": 0.3,
    "fd.type": 0.3,
    "fd.typechar": 0.3,
    "proc.tty": 0.3,
    "user.loginuid": 0.3,
    "user.uid": 0.3,
}

# How often a key of a kind hits, of a field that is not among those above.
_KINDS: Final = {
    "exact": 0.005,
    "prefix": 0.01,
    "path": 0.01,
    "suffix": 0.005,
    "substring": 0.01,
    "isubstring": 0.01,
    "network": 0.05,
}

# Keys as short as this hit more often, whatever they are.
_SHORT: Final = {0: 1.0, 1: 0.5, 2: 0.1, 3: 0.03}

# Checks of truth values: how often the field is true.
_TRUE: Final = {
    "evt.failed": 0.2,
    "evt.is_open_read": 0.8,
    "evt.is_open_write": 0.15,
    "evt.is_open_exec": 0.02,
    "evt.is_open_create": 0.05,
    "proc.is_exe_upper_layer": 0.05,
    "proc.is_exe_writable": 0.1,
    "proc.is_exe_from_memfd": 0.001,
}


def hit_rate(source: Source, kind: str, key: Operand) -> float:
    """Return how often a key hits the values of a source."""
    name = source.field if isinstance(source, Read) else ""
    if kind == "exact" and name in _FEW:
        return _FEW[name]
    rate = _KINDS[kind]
    if isinstance(key, bytes) and kind != "exact":
        rate = max(rate, _SHORT.get(len(key), 0.0))
    elif isinstance(key, tuple) and kind == "network":
        rate = max(rate, 0.5 ** (1 + key[1] // 4))
    return rate


def truth_rate(leaf: Leaf) -> float:
    """Return how often a check that compares one value with constants is true."""
    check = leaf.check
    name = check.left.field if isinstance(check.left, Read) else ""
    if leaf.type.kind == "bool" and check.op in {"eq", "ne"}:
        true = _TRUE.get(name, 0.3)
        return true if bool(check.operand[0]) == (check.op == "eq") else 1 - true
    match check.op:
        case "eq" | "in" | "intersects":
            return min(1.0, sum(_rate_of(name, value) for value in check.operand))
        case "ne":
            return 1 - _rate_of(name, check.operand[0])
        case "exists":
            return 0.9
        case _:
            return 0.5


def _rate_of(name: str, _value: Any) -> float:
    return _FEW.get(name, _KINDS["exact"])
