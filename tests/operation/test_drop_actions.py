# SPDX-License-Identifier: Apache-2.0
"""Reaction to lost events."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel import Stats
from tiercel.config.operation_settings import DropSettings
from tiercel.operation.drop_actions import DropActions


class World:
    """Drop actions with a clock and counters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.now = 1000.0
        monkeypatch.setattr("tiercel.operation.drop_actions.time.monotonic", lambda: self.now)
        self.stats = Stats()
        self.alerts: list[tuple[Any, ...]] = []
        self.lines: list[str] = []
        self.actions = DropActions(
            DropSettings(**({"actions": ("log", "alert"), "rate": 1, "max_burst": 10} | settings)),
            lambda: self.stats,
            lambda *parts: self.alerts.append(parts),
            self.lines.append,
        )

    def second(self, events: int, drops: int = 0, name: str = "openat") -> int | None:
        before = self.stats
        total = dict(before.drops) | ({name: before.drops.get(name, 0) + drops} if drops else {})
        self.stats = Stats(events=before.events + events, drops=total)
        self.now += 1
        return self.actions.work()


def test_losses_above_the_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.second(100)
    world.second(90, 10)
    assert world.alerts == [], "ten percent is not above ten percent"
    world.second(80, 20)
    assert world.lines == ["syscall event drop. 20 system calls dropped in last second."]
    (alert,) = world.alerts
    assert alert[0] == "syscall event drop"
    assert alert[1].label == "Debug"
    expected = {"n_evts": "100", "n_drops": "20", "n_drops_buffer_open_exit": "20", "ebpf_enabled": "1"}
    assert alert[3] | expected == alert[3]
    assert all(isinstance(value, str) for value in alert[3].values())


def test_a_burst_and_then_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, rate=0.25, max_burst=2)
    reactions = []
    for _ in range(12):
        world.second(0, 5)
        reactions.append(len(world.alerts))
    assert reactions == [1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]


def test_exit_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, actions=("exit",))
    assert world.second(10) is None
    assert world.second(0, 1) == 1
    assert world.alerts == []
    assert "exit" in world.lines[0]


def test_only_what_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, actions=("alert",))
    world.second(0, 1)
    assert (len(world.alerts), world.lines) == (1, [])


def test_simulated_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, simulate=True)
    world.second(100_000)
    assert world.alerts[0][3]["n_drops"] == "1"
    assert world.actions.due() == world.now + 1
