# SPDX-License-Identifier: Apache-2.0
"""Notices about alerts that are lost at outputs, at growing distances."""

from __future__ import annotations

import itertools

import pytest

from tiercel.notice import Notice
from tiercel.operation import output_losses
from tiercel.operation.output_losses import OutputLosses
from tiercel.outputs.worker import OutputStats


class Clock:
    """Time of the test in place of the monotonic clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(output_losses, "time", made)
    return made


def test_each_output_that_loses_alerts_is_reported(clock: Clock) -> None:
    stats = {"http": OutputStats(failed=1), "file": OutputStats(delivered=9)}
    notices: list[Notice] = []
    task = OutputLosses(lambda: stats, notices.append)
    stats["http"] = OutputStats(failed=3, dropped=5, queued=7, spooled=1)
    task.work()
    assert notices == [], "once a second"
    clock.now += 1
    task.work()
    (notice,) = notices
    assert (notice.kind, notice.priority.label) == ("alerts lost at an output", "Warning")
    assert notice.text == "7 alerts lost at the output http (refused 2, dropped 5; waiting 8)"
    assert notice.fields == {"output": "http", "n_alerts": 7, "n_alerts.refused": 2, "n_alerts.dropped": 5}
    stats["syslog"] = OutputStats(dropped=1)
    clock.now += 1
    task.work()
    assert notices[1].text == "1 alert lost at the output syslog (dropped 1; waiting 0)"


def test_an_output_that_goes_on_losing_is_reported_less_and_less(clock: Clock) -> None:
    stats = {"http": OutputStats()}
    notices: list[Notice] = []
    task = OutputLosses(lambda: stats, notices.append)
    times = []
    for second in range(3600):
        stats["http"] = OutputStats(dropped=second)
        clock.now = task.due()
        task.work()
        if len(notices) > len(times):
            times.append(second)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[:4] == [10, 20, 40, 80]
    assert max(gaps) == 600
    clock.now += 5000
    stats["http"] = OutputStats(dropped=10_000)
    task.work()
    clock.now += 10
    stats["http"] = OutputStats(dropped=10_001)
    task.work()
    assert sum(notice.fields["n_alerts"] for notice in notices) == 10_001, "each loss is in one notice"


def test_an_output_of_the_same_name_with_smaller_counters_is_no_loss(clock: Clock) -> None:
    stats = {"http": OutputStats(dropped=5)}
    notices: list[Notice] = []
    task = OutputLosses(lambda: stats, notices.append)
    stats["http"] = OutputStats()
    clock.now += 1
    task.work()
    assert notices == []
