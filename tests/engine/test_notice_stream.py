# SPDX-License-Identifier: Apache-2.0
"""The stream of notices: queue, callback, log."""

from __future__ import annotations

import logging
import threading

import pytest

from tiercel import Notice, Priority
from tiercel.engine.notice_stream import NoticeStream
from tiercel.engine.stats_collection import Counts

LOG = logging.getLogger("test")


def notice(number: int = 0, priority: Priority = Priority.WARNING) -> Notice:
    return Notice("alerts lost", priority, f"{number} lost", {"n_alerts": number})


def stream(on_notice=None, running=lambda: False, errors=None):
    return NoticeStream(on_notice, errors or Counts(LOG, "on_notice"), lambda: None, running)


def test_notices_are_taken_once_and_in_order() -> None:
    made = stream()
    made.add([notice(1), notice(2), notice(3)])
    assert made.take(2) == [notice(1), notice(2)]
    assert list(made) == [notice(3)]
    assert list(made) == []


def test_a_full_stream_keeps_the_latest() -> None:
    made = stream()
    made.add(notice(number) for number in range(1003))
    assert made.lost == 3
    assert [one.fields["n_alerts"] for one in made.take()] == list(range(3, 1003))


def test_each_is_logged_by_its_urgency(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tiercel.notices")
    urgencies = (Priority.CRITICAL, Priority.WARNING, Priority.INFORMATIONAL)
    stream().add(notice(number, priority) for number, priority in enumerate(urgencies))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "0 lost"),
        ("WARNING", "1 lost"),
        ("INFO", "2 lost"),
    ]


def test_a_callback_replaces_the_log(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Notice] = []
    made = stream(seen.append)
    made.add([notice(1)])
    assert seen == made.take() == [notice(1)]
    assert caplog.records == []


def test_a_callback_that_raises_is_counted_and_called_again(caplog: pytest.LogCaptureFixture) -> None:
    errors = Counts(LOG, "on_notice")
    seen: list[Notice] = []

    def fails(one: Notice) -> None:
        seen.append(one)
        raise ValueError("no")

    stream(fails, errors=errors).add([notice(1), notice(2)])
    assert (len(seen), errors.total) == (2, 2)
    assert "on_notice raised an exception" in caplog.text


def test_an_iteration_waits_until_the_sensor_stops() -> None:
    running = threading.Event()
    running.set()
    made = stream(running=running.is_set)
    found: list[Notice] = []
    thread = threading.Thread(target=lambda: found.extend(made))
    thread.start()
    made.add([notice(1)])
    while not found:
        assert thread.is_alive()
    running.clear()
    made.add([notice(2)])
    thread.join(30)
    assert found == [notice(1), notice(2)]
