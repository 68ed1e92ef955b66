# SPDX-License-Identifier: Apache-2.0
"""Placement of the fields of an alert in another schema, by the table :data:`~tiercel.schema.alert_places.PLACES`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Literal

from tiercel.formats.values import TIMES
from tiercel.schema.alert_places import PLACES, Kind
from tiercel.schema.attack import TACTIC_BY_TAG, TECHNIQUE, Tactic

if TYPE_CHECKING:
    from tiercel.formats.content import AlertContent

__all__ = ["Placement", "attacks", "base_name", "identifier", "product_version"]

_HOST: Final = "host"  # `container.id` and `container.name` of processes outside of containers
_CONNECTION: Final = re.compile(r"\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})->\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})")
_ENDS: Final = ("fd.cip", "fd.cport", "fd.sip", "fd.sport")
_MAX_ADDRESS_LENGTH: Final = 45  # characters of an IPv6 address with an IPv4 part
_MAX_NUMBER: Final = (1 << 63) - 1


def _row(field: str, kind: Kind, path: str) -> tuple[str, Kind, str, tuple[str, ...], str, bool]:
    *parents, last = path.removesuffix("[]").split(".")
    return field, kind, path, tuple(parents), last, field.startswith("container.")


# Places of each schema: field, kind, path, the same path in parts, and whether it belongs to containers.
_ROWS: Final = {
    "ocsf": tuple(_row(place.field, place.kind, place.ocsf) for place in PLACES if place.ocsf),
    "ecs": tuple(_row(place.field, place.kind, place.ecs) for place in PLACES if place.ecs),
}


class Placement:
    """Fields of one alert in another schema.

    Attributes:
        tree: nested objects of the fields that have a place.
        rest: all other fields with a value, by name, as in Falco's JSON.
    """

    def __init__(self, alert: AlertContent, schema: Literal["ocsf", "ecs"], instant: Callable[[int], Any]) -> None:
        """Place the fields of ``alert``; ``instant`` converts nanoseconds since 1970 to the type of the schema."""
        given = dict(alert.fields)
        ends = _ends_of(given)
        in_container = _HOST not in (given.get("container.id"), given.get("container.name"))
        self.tree: dict[str, Any] = {}
        used = {*TIMES}
        if ends:
            used.add("fd.name")
            given = {**ends, **given}
        taken: dict[str, Any] = {}
        for field, kind, path, parents, last, of_container in _ROWS[schema]:
            value = given.get(field)
            if value is None or (value := _fitting(value, kind)) is None or (of_container and not in_container):
                continue
            if kind == "instant":
                value = instant(value)
            if path not in taken:
                taken[path] = value
                node = self.tree
                for name in parents:
                    node = node.setdefault(name, {})
                node[last] = [value] if path.endswith("[]") else value
            if taken[path] == value:
                used.add(field)
        self.rest = {
            name: value for name, value in alert.json_fields().items() if value is not None and name not in used
        }

    def text(self, name: str) -> str:
        """Return a text without a place, or an empty one."""
        value = self.rest.get(name)
        return value if isinstance(value, str) else ""

    def take(self, name: str) -> Any:
        """Return a field without a place, or None, and remove it from the rest."""
        return self.rest.pop(name, None)


def base_name(path: str) -> str:
    """Return the last part of a path, or the path if it ends in a slash."""
    return path.rpartition("/")[2] or path


def identifier(alert: AlertContent) -> str:
    """Return 32 hexadecimal digits that identify the alert; the same alert has the same identifier in each run."""
    text = "\0".join((alert.hostname, str(alert.time_ns), alert.rule, alert.message))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@cache
def product_version() -> str:
    """Return the version of tiercel."""
    return version("tiercel")


@lru_cache(maxsize=1024)
def attacks(tags: tuple[str, ...]) -> tuple[tuple[Tactic, ...], tuple[tuple[str, str], ...]]:
    """Return the tactics of ATT&CK that tags name, and the techniques: each with its sub-technique, or empty."""
    tactics = dict.fromkeys(TACTIC_BY_TAG[tag] for tag in tags if tag in TACTIC_BY_TAG)
    found = (TECHNIQUE.fullmatch(tag) for tag in tags)
    techniques = ((match[1], match[0] if match[0] != match[1] else "") for match in found if match)
    return tuple(tactics), tuple(techniques)


def _ends_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return both ends of a connection from its name: ``10.0.0.1:4000->10.0.0.2:80``."""
    name = fields.get("fd.name")
    match = _CONNECTION.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        return {}
    client, client_port, server, server_port = match.groups()
    values = (client, int(client_port), server, int(server_port))
    kinds: tuple[Kind, ...] = ("address", "port", "address", "port")
    fit = all(_fitting(value, kind) is not None for value, kind in zip(values, kinds, strict=True))
    return dict(zip(_ENDS, values, strict=True)) if fit else {}


def _fitting(value: Any, kind: Kind) -> Any:
    """Return a value if it has the type, otherwise None."""
    match value:
        case bool():
            return value if kind == "flag" else None
        case int() if kind in ("number", "instant"):
            return value if 0 <= value <= _MAX_NUMBER else None
        case int() if kind == "port":
            return value if 0 <= value < 1 << 16 else None
        case int() if kind == "text":
            return str(value)
        case str() if kind == "text":
            return value or None
        case str() if kind == "path":
            return value if value.startswith("/") else None
        case str() if kind == "address":
            return _address(value)
        case _:
            return None


@lru_cache(maxsize=256)
def _address(text: str) -> str | None:
    if "%" in text or len(text) > _MAX_ADDRESS_LENGTH:
        return None  # receivers refuse scopes
    try:
        return str(ip_address(text))
    except ValueError:
        return None
