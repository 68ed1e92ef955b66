# SPDX-License-Identifier: Apache-2.0
"""Limits of repeated alerts between a sensor and the outputs."""

from __future__ import annotations

import math
import time

import pytest
from support.made_alerts import made_alert

from tiercel import Alert, AlertLimit, AlertLimiter, LimitStats
from tiercel.cli.limiting import Limiting, say_limits


def test_summaries_are_delivered_after_the_window() -> None:
    sent: list[Alert] = []
    task = Limiting(AlertLimiter([AlertLimit(window=1)]), sent.extend)
    old = time.time_ns() - 10_000_000_000
    task.limiter.filter([made_alert(time_ns=old), made_alert(time_ns=old + 1)])
    assert task.due() <= time.monotonic()
    task.work()
    assert [alert.fields["suppressed.count"] for alert in sent] == [1]
    assert task.due() > time.monotonic()
    assert task.fileno() is None  # type: ignore[func-returns-value]


def test_a_window_of_now_stays_open_until_the_end() -> None:
    sent: list[Alert] = []
    task = Limiting(AlertLimiter([AlertLimit(window=60)]), sent.extend)
    task.limiter.filter([made_alert(time_ns=time.time_ns()), made_alert(time_ns=time.time_ns())])
    task.work()
    assert sent == []
    task.replace([AlertLimit(window=60)])
    assert sent == []
    task.finish()
    assert len(sent) == 1


def test_without_limits_there_is_nothing_to_do() -> None:
    task = Limiting(AlertLimiter([]), print)
    task.work()
    assert task.due() == math.inf


def test_the_summary_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    say_limits(LimitStats())
    assert capsys.readouterr().err == ""
    say_limits(LimitStats(suppressed={"a": 2, "b": 1}, summaries=2, lacking=1, evicted=1))
    assert capsys.readouterr().err.splitlines() == [
        (
            "tiercel: suppressed by alert_limits: 3 alerts, reported in 2 summaries; "
            "1 window ended early, because the table was full"
        ),
        "tiercel: not limited: 1 alert without a field of alert_limits; append_output can add it to the rule",
    ]
