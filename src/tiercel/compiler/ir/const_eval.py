# SPDX-License-Identifier: Apache-2.0
"""Evaluation of transformers of constants, where this is possible without the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from tiercel.compiler.ir.program import Items, Transform

__all__ = ["Literal", "literal"]

Literal: TypeAlias = "bytes | int | tuple[bytes, ...]"


def literal(source: object) -> Literal | None:
    """Return the value of a constant source; None if it reads a field, or if only the core can evaluate it."""
    match source:
        case bytes():
            return None if b"\0" in source else source
        case Items(items):
            values = [_text(literal(item)) for item in items]
            return None if None in values else tuple(value for value in values if value is not None)
        case Transform(name, args, None) if name in _KNOWN:
            values = [literal(arg) for arg in args]  # type: ignore[misc]
            return None if None in values else _KNOWN[name](*values)
        case _:
            return None


def _text(value: Literal | None) -> bytes | None:
    """Return a value as an item of a list, with numbers as decimal text."""
    return str(value).encode() if isinstance(value, int) else value if isinstance(value, bytes) else None


def _each(change: Callable[[bytes], bytes]) -> Callable[[Any], Literal]:
    """Return a function that changes a text, or each text of a list."""
    return lambda value: change(value) if isinstance(value, bytes) else tuple(map(change, value))


_KNOWN: Final[dict[str, Callable[..., Literal]]] = {
    "tolower": _each(bytes.lower),
    "toupper": _each(bytes.upper),
    "basename": _each(lambda text: text.rpartition(b"/")[2]),
    "len": len,
    "join": lambda separator, items: separator.join(items),
    "concat": lambda *texts: b"".join(texts),
}
