# SPDX-License-Identifier: Apache-2.0
"""Lookups of users in files of containers, which may be unreadable for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import eventually
from support.watched import Watched

from tiercel.containers.user_files import Inside


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("is_young", [True, False])
def test_users_of_a_container_are_read(world: Watched, monkeypatch: pytest.MonkeyPatch, is_young: bool) -> None:
    """From files of a process there, unless it has ended, or is so new that it still has the host's files."""
    monkeypatch.setattr("tiercel.containers.user_files._YOUNG_NS", 1 << 60 if is_young else 0)
    world.resolver.start()
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    start_ns = ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))
    gone = world.table.request("1" * 64, part="names", tgid=os.getpid(), start_ns=start_ns + 1_000_000_000)
    ours = world.table.request("2" * 64, part="names", tgid=os.getpid(), start_ns=start_ns)
    eventually(lambda: gone in world.table.names and ours in world.table.names)
    assert world.table.names[gone] is None
    assert (world.table.names[ours] is None) is is_young


def test_files_of_a_users_containers_that_cannot_be_read(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system of the user's own may never answer. Containers of the machine are read all the same."""
    over = threading.Event()
    read: list[int] = []

    def read_inside(tgid: int, start_ns: int, proc: str) -> Inside:
        read.append(tgid)
        if tgid < 100:
            over.wait(20)
        return Inside({}, {}, {}, {})

    monkeypatch.setattr("tiercel.containers.user_lookups.read_inside", read_inside)
    world.resolver.start()
    for number in range(1, 9):
        group = f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{number}.scope"
        world.table.request(f"{number:064x}"[::-1], part="names", tgid=number, cgroup=group)
    eventually(lambda: len(read) >= 4)
    good = world.table.request("f" * 64, part="names", tgid=100)
    eventually(lambda: good in world.table.names, 5)
    over.set()
    eventually(lambda: len(read) == 9)
