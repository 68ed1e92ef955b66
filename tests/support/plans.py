# SPDX-License-Identifier: Apache-2.0
"""Plans read naively: which entries a plan finds for an event, one key at a time."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from support import naive
from tiercel.compiler.ir.program import IndexLookup, Program, Source
from tiercel.lang import parse

BINDINGS: Final = ("requested", "resolved")


def candidates(program: Program, code: int, event: Mapping[str, Any], binding: str) -> set[int]:
    """Return the entries of an event type that may match an event under one binding of its paths."""
    plan = program.plans.get(code)
    if plan is None:  # all are tried
        return set(range(len(program.entries[code])))
    found: set[int] = set()
    for bucket in plan.buckets:
        checks = ((str(program.checks[number]), expected) for number, expected in bucket.guards)
        if all(naive.holds(parse(text), event, binding) is expected for text, expected in checks):
            found.update(bucket.always)
            for probe in bucket.probes:
                found.update(_hits(probe, event, binding))
    return found


def values(source: Source, event: Mapping[str, Any], binding: str) -> tuple[Any, ...]:
    """Return the values of a source; none if it is missing."""
    read = naive.read(parse(f"{source} exists").left, event, binding)  # type: ignore[union-attr]
    return () if read is None else read.items


def _hits(probe: IndexLookup, event: Mapping[str, Any], binding: str) -> set[int]:
    hit = KINDS[probe.kind]
    found = values(probe.source, event, binding)
    return {entry for key, entries in probe.keys for entry in entries if any(hit(value, key) for value in found)}


def _equals(value: Any, key: Any) -> bool:
    if isinstance(key, tuple):
        return bool(value == ipaddress.ip_address(key[0]))
    return bool(value == key)


def _lies_in(value: Any, key: Any) -> bool:
    return value in ipaddress.ip_network(key, strict=False)


def _lower(text: bytes) -> bytes:
    return text.decode("latin-1").translate({upper: upper + 32 for upper in range(65, 91)}).encode("latin-1")


KINDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "exact": _equals,
    "prefix": lambda value, key: value.startswith(key),
    "path": lambda value, key: re.sub(rb"/+", b"/", value).startswith(key),
    "suffix": lambda value, key: value.endswith(key),
    "substring": lambda value, key: key in value,
    "isubstring": lambda value, key: key in _lower(value),
    "network": _lies_in,
}
