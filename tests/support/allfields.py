# SPDX-License-Identifier: Apache-2.0
"""Rules that match every event and show every field there is, in every form that it can be written in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from tiercel import Ruleset
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.types import ARGUMENTS, Field

PER_RULE: Final = 60

_KEYS: Final = {"proc.env": ("HOME", "A"), "proc.aenv": ("HOME",)}
_COMPARED: Final = (
    "evt.around[1700003600000000000] = 5",
    *(f"fd.{name} = {value}" for name, value in (("ip", "1.2.3.4"), ("port", "77"), ("proto", "http"))),
    *(f"fd.{end}net = 10.9.0.0/16" for end in ("", "c", "s", "l", "r")),
    *(f"{name} contains never-there" for name in ("fd.name", "fs.path.name", "proc.aname", "proc.cmdline", "evt.args")),
    *(f"{name} glob */never/?there" for name in ("fd.nameraw", "fs.path.target", "proc.cwd")),
    *(f"{name} pmatch (/never/there)" for name in ("fd.name", "fs.path.source", "proc.exepath")),
)
_DOTTED: Final = {
    "evt.abspath": ("src", "dst"),
    "evt.type.is": ("openat", "clone"),
    "thread.cgroup": ("cpu", "memory"),
    "evt.rawarg": ("res", "fd", "flags", "size", "mode"),
}


def _arguments() -> tuple[str, ...]:
    return tuple(sorted({param.name for event in EVENTS if not event.internal for param in event.params}))


def forms(field: Field) -> Iterator[str]:
    """The field as outputs can name it."""
    ways = ARGUMENTS[field.arg]
    if "alone" in ways:
        yield field.name
    if "index" in ways:
        yield from (f"{field.name}[{index}]" for index in (0, 1, 7))
    if "key" in ways:
        yield from (f"{field.name}[{key}]" for key in _KEYS.get(field.name, ("some.key",)))
    if "dotted" in ways:
        names = _arguments() if field.name == "evt.arg" else _DOTTED[field.name]
        yield from (f"{field.name}.{name}" for name in names)


@cache
def rules() -> Ruleset:
    """A rule for each few of them, and one that compares what cannot be printed."""
    printed = [field for field in FIELDS if not field.filter_only and (field.partial or not field.pending)]
    shown = [form for field in printed for form in forms(field)]
    parts = [shown[start : start + PER_RULE] for start in range(0, len(shown), PER_RULE)]
    lines = [
        f"- rule: Shown {number}\n  desc: d\n  condition: evt.num >= 0\n  priority: INFO\n"
        f'  output: "{" ".join("%" + form for form in part)}"\n'
        for number, part in enumerate(parts)
    ]
    condition = f"evt.num >= 0 and not ({' or '.join(_COMPARED)})"
    lines.append(f"- rule: Asked\n  desc: d\n  condition: {condition}\n  priority: INFO\n  output: o\n")
    return Ruleset.loads("".join(lines))
