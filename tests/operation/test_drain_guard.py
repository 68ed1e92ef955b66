# SPDX-License-Identifier: Apache-2.0
"""End of a run whose drain thread is stuck."""

from __future__ import annotations

import pytest

import tiercel.operation.drain_guard
from tiercel.operation.drain_guard import DrainGuard


@pytest.fixture(autouse=True)
def _without_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiercel.operation.drain_guard, "_PERIOD", 0.0)


def test_a_sensor_that_works() -> None:
    done: list[object] = []
    DrainGuard(lambda: False, done.append, lambda: done.append("close"), done.append).work()
    assert done == []


def test_a_stuck_sensor_ends_the_process_once() -> None:
    done: list[object] = []
    guard = DrainGuard(lambda: True, done.append, lambda: done.append("close"), done.append)
    guard.work()
    guard.work()
    assert done[1:] == ["close", 1]
    assert "stuck" in str(done[0])


def test_an_output_that_fails_does_not_prevent_the_end() -> None:
    done: list[object] = []

    def close() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        DrainGuard(lambda: True, lambda _: None, close, done.append).work()
    assert done == [1]
