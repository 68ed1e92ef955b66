# SPDX-License-Identifier: Apache-2.0
"""Parser of the keys ``responses`` and ``protected_processes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from tiercel.config import values as read
from tiercel.config.values import ConfigValue
from tiercel.errors import ConfigError, UsageError
from tiercel.response.protection import ProtectedProcesses
from tiercel.response.result import Action
from tiercel.response.settings import Response

__all__ = ["protected_processes", "responses"]


def responses(given: ConfigValue) -> tuple[Response, ...]:
    """Return the entries of ``responses:``."""
    if not isinstance(given.value, list):
        raise given.wrong("a list of entries like `- {action: kill, tags: [cryptomining]}`")
    return tuple(_response(given, number, entry) for number, entry in enumerate(given.value))


def protected_processes(given: ConfigValue) -> ProtectedProcesses:
    """Return the processes that no response touches."""
    parts = read.members(given, "", given.value, ("names", "paths", "cgroups"))
    found = {name: read.texts(part) for name, part in parts.items()}
    for name in ("paths", "cgroups"):
        if not all(one.startswith("/") for one in found.get(name, ())):
            raise parts[name].wrong("paths that begin with /")
    return ProtectedProcesses(
        names=frozenset(found.get("names", ())), paths=found.get("paths", ()), cgroups=found.get("cgroups", ())
    )


def _response(given: ConfigValue, number: int, entry: Any) -> Response:
    parts = read.members(given, f"[{number}]", entry, tuple(_READERS))
    if "action" not in parts:
        place = parts[next(iter(parts))] if parts else given
        hint = f"give one of {', '.join(get_args(Action))}"
        raise ConfigError("E604", f"`{given.name}[{number}]` has no action", hint=hint, span=place.place)
    found = {name: _READERS[name](part) for name, part in parts.items()}
    try:
        return Response(**found)
    except UsageError as error:
        text = f"`{given.name}[{number}]`: {error.text}"
        raise ConfigError("E604", text, hint=error.hint, span=parts["action"].place) from error


_READERS: Final[Mapping[str, Callable[[ConfigValue], Any]]] = MappingProxyType(
    {
        "action": read.one_of(*get_args(Action)),
        "name": read.text,
        "rules": read.texts,
        "tags": read.texts,
        "priority": read.priority,
        "program": read.texts,
        "timeout": read.seconds,
        "function": read.text,
        "path_prefix": read.text,
        "duration": read.seconds,
        "dry_run": read.boolean,
        "rate": read.seconds,
        "burst": read.number_between(1, 1 << 20),
    }
)
