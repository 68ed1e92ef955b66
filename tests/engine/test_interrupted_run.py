# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C during ``Sensor.run``: the watch ends in good order, and the caller gets the counters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import tiercel
from tiercel.engine.callbacks import Dispatcher

RULES = tiercel.Ruleset.loads("- {rule: r, desc: d, condition: evt.type = openat, output: o, priority: INFO}")


class Interrupted:
    """A dispatcher whose first wait is interrupted."""

    def __init__(self) -> None:
        self.calls = 0

    def work(self, *_: object) -> None:
        self.calls += 1
        if self.calls == 1:
            raise KeyboardInterrupt


def test_the_counters_are_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = tiercel.Sensor(RULES, on_alert=print)
    dispatcher, ended = Interrupted(), []
    source: Any = SimpleNamespace(closed=True)
    monkeypatch.setattr(sensor, "_begin", lambda: source)
    monkeypatch.setattr(sensor, "_dispatcher_of", lambda *_: dispatcher)
    monkeypatch.setattr(sensor, "_end", ended.append)
    assert sensor.run() == tiercel.Stats()
    assert ended == [source]
    assert dispatcher.calls == 2, "what waits is delivered after the end"


def test_the_rest_of_a_batch_is_delivered() -> None:
    """Ctrl-C within a call: the alerts of the same batch are not lost."""
    batches: list[list[int] | None] = [[1, 2, 3], None]
    called: list[int] = []

    def callback(alert: Any) -> None:
        called.append(alert)
        if alert == 1:
            raise KeyboardInterrupt

    take: Any = lambda timeout: batches.pop(0)  # noqa: E731
    errors: Any = None
    dispatcher = Dispatcher(callback, take, lambda: None, errors)
    with pytest.raises(KeyboardInterrupt):
        dispatcher.work()
    dispatcher.work()
    assert called == [1, 2, 3]
