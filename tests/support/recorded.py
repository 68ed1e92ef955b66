# SPDX-License-Identifier: Apache-2.0
"""Events that Falco printed with all their fields, as mappings, and the alerts of its rules for the same events.
They are in ``peer/expected/``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CLASSES = ("evt", "fd", "proc", "user")
ANCESTORS = 5
"""Levels of ``proc.aname[n]`` that are printed."""

# Fields that are printed otherwise than they compare: as times, or without the bytes that do not print.
_UNLIKE = ("evt.time", "evt.datetime", "evt.buffer", "evt.arg.data", "fd.dev", "evt.type.is.openat")


def lines(shared_dir: Path, capture: str, rule_set: str) -> Iterator[dict[str, Any]]:
    """The alerts of one capture under one rule set."""
    with gzip.open(shared_dir / "peer" / "expected" / f"{capture}.{rule_set}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def alerts(shared_dir: Path, capture: str, rule_set: str) -> set[tuple[int, str]]:
    """Matches of a capture: time of the event and rule."""
    return {(alert["output_fields"]["evt.time"], alert["rule"]) for alert in lines(shared_dir, capture, rule_set)}


def events(shared_dir: Path, capture: str) -> dict[int, dict[str, Any]]:
    """The events by time. A field that is printed has a value or None; others follow from these, or are left out."""
    found: dict[int, dict[str, Any]] = {}
    for name in CLASSES:
        for alert in lines(shared_dir, capture, f"dump-{name}"):
            fields = alert["output_fields"]
            found.setdefault(fields["evt.time"], {}).update(fields)
    return {time: _compared(fields) for time, fields in found.items()}


def _compared(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if not name.startswith(_UNLIKE)}
    for name in ("proc.aname", "proc.aexepath", "proc.apid", "proc.acmdline", "proc.aexe", "proc.aenv", "proc.aargs"):
        kept.pop(name, None)  # without a level they print all ancestors, or the process itself, and compare each
    names = [kept.get(f"proc.aname[{level}]") for level in range(1, ANCESTORS + 1)]
    if names[-1] is None:
        kept["proc.aname"] = [name for name in names if name is not None]
        kept[f"proc.aname[{ANCESTORS + 1}]"] = None
    kept |= {f"evt.type.is.{name}": int(kept["evt.type"] == name) for name in ("rename", "renameat2")}
    for end in "cslr":
        kept[f"fd.{end}net"] = kept[f"fd.{end}ip"]
    if kept["fd.cip"] is not None and kept["fd.sip"] is not None:
        kept |= {"fd.ip": [kept["fd.cip"], kept["fd.sip"]], "fd.port": [kept["fd.cport"], kept["fd.sport"]]}
        kept["fd.net"] = kept["fd.ip"]
    elif kept["fd.type"] not in {"ipv4", "ipv6"}:
        kept |= {"fd.ip": [], "fd.port": [], "fd.net": []}
    return kept
