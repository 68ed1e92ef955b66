# SPDX-License-Identifier: Apache-2.0
"""Captures with damage anywhere: a replay ends, with the alerts of what could be read or an error that says where.

Single bytes, lengths and whole stretches of a capture are changed; rules then use every field of every event, so that
tables and extractors get input that no kernel would write. Under `make sanitize` a read out of bounds fails here.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from support import scapfile
from support.live import SHARED

from tiercel import Ruleset, SourceError, replay
from tiercel.schema.names import EVENT_BY_CODE

RULES = """
- rule: Everything
  desc: d
  condition: evt.num >= 0
  output: >
    %evt.args %evt.arg[0] %evt.abspath %evt.res %evt.buffer %fd.name %fd.nameraw %fd.types %fd.cip %fd.lip %fd.sport
    %fdlist.names %fs.path.name %fs.path.source %fs.path.target %proc.cmdline %proc.aname %proc.acmdline[2] %proc.env
    %proc.cwd %proc.exepath %proc.duration %proc.pname %proc.sname %proc.vpgid.name %thread.cgroups %user.name
    %user.loginname %group.name %container.id
  priority: INFO
"""
ROUNDS = 150


def every_event(generator: random.Random) -> bytes:
    """One event of each type, with values of the right size and any content."""
    rows = [row for row in EVENT_BY_CODE.values() if not row.internal]
    return b"".join(_any_event(row, generator) for row in rows)


def _any_event(row: object, generator: random.Random) -> bytes:
    params = [_any_value(param.type, generator) for param in row.params]  # type: ignore[attr-defined]
    tid = generator.choice([1, 100, 100, 4711])
    return scapfile.event(row.code, params, tid=tid, ts=scapfile.START + row.code)  # type: ignore[attr-defined]


def _any_value(kind: object, generator: random.Random) -> bytes:
    if generator.random() < 0.1:
        return b""
    if kind.is_ref or kind.is_path:  # type: ignore[attr-defined]
        return generator.choice([b"/etc/passwd\0", b"a/../b\0", generator.randbytes(generator.randrange(40)), b"\0"])
    small = generator.choice([0, 1, 3, 100, 0xFF]).to_bytes(8, "little")
    return generator.choice([small, b"\xff" * 8, generator.randbytes(8)])[: kind.size]  # type: ignore[attr-defined]


def damaged(data: bytes, generator: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(generator.choice([1, 1, 3, 30])):
        at = generator.randrange(len(found))
        match generator.randrange(4):
            case 0:
                found[at] = generator.randrange(256)
            case 1:
                found[at : at + 4] = generator.choice(
                    [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x0c\0\0\0", b"\xff\x7f\0\0"]
                )
            case 2:
                del found[at : at + generator.randrange(64)]
            case 3:
                found[at:at] = generator.randbytes(generator.randrange(64))
    return bytes(found)


def survives(path: Path, data: bytes, rules: Ruleset) -> int:
    """Replay and look at all alerts; return how many there are."""
    path.write_bytes(data)
    count = 0
    codes: set[str] = set()
    try:
        for alert in replay(path, rules, path_matching="requested"):
            alert.to_json()
            count += 1
    except SourceError as error:
        codes.add(error.code)
    assert codes <= {"E703", "E704", "E705", "E706", "E707", "E709"}
    return count


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return Ruleset.loads(RULES)


@pytest.mark.parametrize("seed", range(4))
def test_events_of_every_type(seed: int, rules: Ruleset, tmp_path: Path) -> None:
    generator = random.Random(seed)
    data = scapfile.capture(every_event(generator), every_event(generator))
    assert survives(tmp_path / "a.scap", data, rules) > 100
    for _ in range(ROUNDS):
        survives(tmp_path / "a.scap", damaged(data, generator), rules)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["falco/cat_write.scap", "falco/ping_sendto.scap", "libs/test_ipv6_client.scap"])
def test_captures_of_others(name: str, rules: Ruleset, tmp_path: Path) -> None:
    generator = random.Random(name)
    data = gzip.decompress((SHARED / "spec/captures" / name).read_bytes())
    for _ in range(ROUNDS // 5):
        survives(tmp_path / "a.scap", damaged(data, generator), rules)
