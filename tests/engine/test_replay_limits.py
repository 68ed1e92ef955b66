# SPDX-License-Identifier: Apache-2.0
"""Captures that need too much: tables keep their limits and report it, and no work grows with the square of a size."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from support import scapfile
from support.scapfile import call

from tiercel import Ruleset, replay
from tiercel.engine.stats import Stats

RULES = Ruleset.loads("""
- rule: Never
  desc: d
  condition: evt.num > 0 and proc.pname = never-there
  output: o
  priority: INFO
""")
MANY = 100_000
THREAD = 0x2001
SECONDS = 30
"""Far more than any of these takes, and far less than it would take if each event looked at all before it."""


def cloned(caller: int, child: int, flags: int = 0) -> bytes:
    return call(
        *("clone", child, "sh", b"a\0", caller, caller, 1, "", 1024, 0, 0, 0, 0, 0, "sh", b"cpu=/\0", flags, 0, 0),
        *(caller, caller, 0),
        tid=caller,
    )


def ended(tid: int) -> bytes:
    return call("procexit", 0, 0, 0, 0, 0, tid=tid)


def opened(fd: int, name: str = "/etc/passwd") -> bytes:
    return call("openat", fd, -100, name, 1, 0, 0, 7)


def counted(path: Path, blocks: Iterable[bytes]) -> Stats:
    """Replay the events within the time; nothing else than too much may be wrong with them."""
    path.write_bytes(scapfile.capture(*blocks))
    began = time.monotonic()
    alerts = replay(path, RULES)
    assert list(alerts) == []
    assert time.monotonic() - began < SECONDS
    return alerts.stats()


def test_threads_that_come_and_go(tmp_path: Path) -> None:
    threads = range(1000, 1000 + MANY)
    events = [*(cloned(100, tid, THREAD) for tid in threads), *map(ended, threads)]
    assert counted(tmp_path / "a.scap", events).evicted == {}


def test_children_of_one_process(tmp_path: Path) -> None:
    children = range(1000, 1000 + MANY)
    events = [*(cloned(100, tid) for tid in children), *map(ended, children), ended(100), opened(3)]
    assert counted(tmp_path / "a.scap", events).evicted == {}


def test_a_long_line_of_parents(tmp_path: Path) -> None:
    """Each has another child, which is given away when it ends."""
    line = range(1000, 9000)
    events = [cloned(tid - 1 if tid > 1000 else 100, tid) for tid in line]
    events += [cloned(tid, 100_000 + tid) for tid in line]
    events += map(ended, reversed(line))
    assert counted(tmp_path / "a.scap", events).evicted == {}


def test_more_threads_than_are_kept(tmp_path: Path) -> None:
    most = 262_144
    stats = counted(tmp_path / "a.scap", (cloned(100, 1000 + number) for number in range(most + 10)))
    assert stats.evicted == {"threads": 12}  # init and the shell were there before


def test_descriptors_of_one_process(tmp_path: Path) -> None:
    stats = counted(tmp_path / "a.scap", map(opened, range(MANY)))
    assert stats.evicted == {"descriptors": MANY - 4096}


def test_descriptors_that_forks_copy(tmp_path: Path) -> None:
    """All processes together have a limit, too: a fork is a short event and copies a whole table."""
    forks = 300
    events = [*map(opened, range(4096)), *(cloned(100, 1000 + number) for number in range(forks))]
    stats = counted(tmp_path / "a.scap", events)
    assert stats.evicted == {"descriptors": (forks + 1) * 4096 - (1 << 20)}


def test_long_lists_of_descriptors(tmp_path: Path) -> None:
    lists = b"\xff\xff" + b"\3\0\0\0\0\0\0\0\1\0" * 6000
    counted(tmp_path / "a.scap", (call("poll", 1, lists, 1) for _ in range(300)))
