# SPDX-License-Identifier: Apache-2.0
"""Access to decoded JSON: a value of an unexpected type counts as missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tiercel.errors import EngineError

__all__ = ["MAX_VALUES", "decoded", "member", "members", "nanoseconds", "parsed", "text", "texts", "texts_by_name"]

MAX_VALUES: Final = 500_000
"""Limit of the values of one JSON response: a value of few bytes takes about a hundred as an object."""

_MAX_ITEMS: Final = 4096  # characters of a text, and members of a list or map
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?\s?(?:Z|([+-])(\d\d):?(\d\d))", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def parsed(body: bytes | str, most: int = MAX_VALUES) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: the JSON is invalid, too deep, or has more than ``most`` values.
    """
    marks = (",", "[", "{") if isinstance(body, str) else (b",", b"[", b"{")
    if sum(map(body.count, marks)) >= most:  # type: ignore[arg-type]
        raise ValueError(f"more than {most:,} values")
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("too deep") from error


def decoded(body: bytes | str, whose: str) -> dict[str, Any]:
    """Return the map of a JSON text.

    Raises:
        EngineError: E902, the text is not a JSON map.
    """
    try:
        found = parsed(body)
    except ValueError as error:
        raise EngineError("E902", f"{whose}: an answer that is no JSON") from error
    if not isinstance(found, dict):
        raise EngineError("E902", f"{whose}: an answer that is no map")
    return found


def member(tree: Any, *names: str) -> Any:
    """Return the value at a chain of names; None if it is missing."""
    for name in names:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(name)
    return tree


def text(value: Any) -> str:
    """Return a text that can be shown and stored: of bounded length, in UTF-8, without NUL."""
    if not isinstance(value, str):
        return ""
    cut: str = value[:_MAX_ITEMS]
    if cut.isascii() and "\0" not in cut:
        return cut
    return cut.replace("\0", "").encode("utf-8", "replace").decode()


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list."""
    if not isinstance(value, list):
        return ()
    return tuple(text(item) for item in value[:_MAX_ITEMS] if isinstance(item, str))


def members(value: Any) -> list[dict[str, Any]]:
    """Return the maps of a list."""
    return [item for item in value[:_MAX_ITEMS] if isinstance(item, dict)] if isinstance(value, list) else []


def texts_by_name(value: Any, longest: int) -> dict[str, str]:
    """Return the texts of a map that have at most ``longest`` characters."""
    if not isinstance(value, dict):
        return {}
    return dict(_short(value, longest))


def _short(value: dict[Any, Any], longest: int) -> Iterator[tuple[str, str]]:
    for count, (name, item) in enumerate(value.items()):
        if count >= _MAX_ITEMS:
            return
        if isinstance(item, str) and len(item) <= longest:
            yield text(name), text(item)


def nanoseconds(value: Any) -> int:
    """Return a time of RFC 3339 in ns since 1970; 0 if it is invalid."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return 0
    fraction, sign, hours, minutes = match.groups()[6:]
    try:
        moment = datetime(*(int(group) for group in match.groups()[:6]), tzinfo=UTC)  # type: ignore[misc,arg-type]
        if sign:
            moment -= (1 if sign == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes))
    except (ValueError, OverflowError):
        return 0
    return max(0, (moment - _EPOCH) // _SECOND * 1_000_000_000 + int((fraction or "").ljust(9, "0")))
