# SPDX-License-Identifier: Apache-2.0
"""Compact descriptions of objects in other schemas, and a comparison of JSON with them.

A description maps each attribute to its type: a name of :data:`TYPES`, the name of another object, either of them in a
list of one item, or a set of the permitted values. ``!`` at the end of a name marks a required attribute. The key
``at_least_one`` has names of which one is required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final

Shape = Mapping[str, Any]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def _is_port(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1 << 16


def _is_address(value: Any) -> bool:
    try:
        return _is_text(value) and bool(str(ip_address(value)))
    except ValueError:
        return False


def _is_date(value: Any) -> bool:
    return _is_text(value) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", value) is not None


def _is_uuid(value: Any) -> bool:
    return _is_text(value) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "text": _is_text,
    "number": _is_number,
    "port": _is_port,
    "address": _is_address,
    "date": _is_date,
    "uuid": _is_uuid,
    "flag": lambda value: isinstance(value, bool),
    "any": lambda _: True,
    "map": lambda value: isinstance(value, dict),
    "map of texts": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
}


def problems(value: Any, kind: Any, objects: Mapping[str, Shape], path: str = "") -> Iterator[str]:
    """Yield each difference between a value and its type, with the path of the value."""
    if isinstance(kind, (set, frozenset)):
        if value not in kind:
            yield f"{path}: {value!r} is none of {sorted(kind)}"
    elif isinstance(kind, list):
        if not isinstance(value, list) or not value:
            yield f"{path}: {value!r} is no list with items"
            return
        for number, item in enumerate(value):
            yield from problems(item, kind[0], objects, f"{path}[{number}]")
    elif kind in TYPES:
        if not TYPES[kind](value):
            yield f"{path}: {value!r} is no {kind}"
    elif not isinstance(value, dict):
        yield f"{path}: {value!r} is no {kind}"
    else:
        yield from _members(value, objects[kind], objects, path)


def _members(value: Mapping[str, Any], shape: Shape, objects: Mapping[str, Shape], path: str) -> Iterator[str]:
    known = {name.removesuffix("!"): kind for name, kind in shape.items() if name != "at_least_one"}
    for name, member in value.items():
        if name not in known:
            yield f"{path}.{name}: unknown"
        else:
            yield from problems(member, known[name], objects, f"{path}.{name}")
    for name in shape:
        if name.endswith("!") and name[:-1] not in value:
            yield f"{path}.{name[:-1]}: missing"
    if "at_least_one" in shape and not set(shape["at_least_one"]) & set(value):
        yield f"{path}: none of {', '.join(shape['at_least_one'])}"
