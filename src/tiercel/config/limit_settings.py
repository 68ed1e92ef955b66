# SPDX-License-Identifier: Apache-2.0
"""Parser of the key ``alert_limits``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from tiercel.alerts.limits import AlertLimit
from tiercel.config import values as read
from tiercel.config.values import ConfigValue
from tiercel.errors import ConfigError, UsageError
from tiercel.frozen import replace
from tiercel.rules.model import Priority

__all__ = ["alert_limits"]


def alert_limits(given: ConfigValue) -> tuple[AlertLimit, ...]:
    """Return the entries of ``alert_limits:``; a single one need not be in a list."""
    entries = [given.value] if isinstance(given.value, dict) else given.value
    if not isinstance(entries, list):
        raise given.wrong("a list of entries like `- {tags: [filesystem], fields: [proc.exepath], window: 60}`")
    return tuple(_limit(given, number, entry) for number, entry in enumerate(entries))


def _limit(given: ConfigValue, number: int, entry: Any) -> AlertLimit:
    parts = read.members(given, f"[{number}]", entry, tuple(_READERS))
    found = {name: _READERS[name](part) for name, part in parts.items()}
    try:
        return AlertLimit(**found)
    except UsageError as error:
        text = f"`{given.name}[{number}]`: {error.text}"
        raise ConfigError("E604", text, hint=error.hint, span=given.place) from error


def _priorities(given: ConfigValue) -> tuple[Priority, ...]:
    return tuple(read.priority(replace(given, value=word)) for word in read.texts(given))


_READERS: Final[Mapping[str, Callable[[ConfigValue], Any]]] = MappingProxyType(
    {
        "rules": read.texts,
        "tags": read.texts,
        "priorities": _priorities,
        "fields": read.texts,
        "window": read.seconds,
        "max": read.number_between(1, 1 << 20),
    }
)
