# SPDX-License-Identifier: Apache-2.0
"""Readers of a live sensor: alerts and notices apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.opener import Opener
from support.watch import SETTLE

from tiercel import Notice, Ruleset, Sensor, UsageError

pytestmark = pytest.mark.kernel
RULES = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked
  output: "%fd.name"
  priority: NOTICE
"""


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "file.marked"
    path.touch()
    return path


def losing(opener: Opener, marked: Path, **options: object) -> Sensor:
    """A sensor that has stopped after a queue of ten alerts met 25."""
    sensor = Sensor(Ruleset.loads(RULES), scope=opener.scope, queue_capacity=10, **options)  # type: ignore[arg-type]
    with sensor:
        opener.open(marked, 25)
        assert sensor.flush(SETTLE)
    return sensor


def test_a_reader_of_alerts_gets_no_notice(marked: Path) -> None:
    seen: list[Notice] = []
    with Opener() as opener:
        sensor = losing(opener, marked, on_notice=seen.append)
    assert {alert.rule for alert in sensor} == {"Marked file opened"}
    assert [notice.fields for notice in seen] == [{"n_alerts": 15}]
    assert list(sensor.notices) == seen


def test_a_reader_of_notices_needs_no_alerts(marked: Path) -> None:
    with Opener() as opener:
        sensor = losing(opener, marked)
    (notice,) = sensor.notices
    assert notice.text.startswith("15 alerts lost")
    assert len(sensor.read()) == 10


def test_notices_as_alerts_on_request(marked: Path) -> None:
    with Opener() as opener:
        sensor = losing(opener, marked, internal_alerts=True)
    assert len(sensor.notices.take()) == 1, "a reader of notices takes no alert away"
    internal = [alert for alert in sensor if alert.is_internal]
    assert [alert.rule for alert in internal] == ["tiercel internal event: alerts lost"]


def test_callbacks_that_cannot_work_are_refused() -> None:
    async def coroutine(notice: Notice) -> None: ...

    for wrong in ("text", coroutine):
        with pytest.raises(UsageError, match="on_notice"):
            Sensor(Ruleset.loads(RULES), on_notice=wrong)  # type: ignore[arg-type]
