# SPDX-License-Identifier: Apache-2.0
"""Lane of one output: its spool, the take-over by another lane, and counters."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.waiting import eventually

from tiercel.errors import OutputError
from tiercel.frozen import replace
from tiercel.outputs import DeliveryError
from tiercel.outputs.lane import Lane
from tiercel.outputs.route import Route, SpoolPlace
from tiercel.outputs.worker import OutputStats

MIB = 1 << 20


class Receiver:
    """Remote output that is away, or accepts all alerts."""

    remote = True

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.seen: list[Any] = []
        self.tries = 0
        self.closed = 0

    def send(self, alert: Any) -> None:
        raise AssertionError

    def send_batch(self, alerts: Sequence[Any]) -> None:
        self.tries += 1
        if self.away:
            raise DeliveryError("away")
        self.seen += [alert.fields["evt.num"] for alert in alerts]

    def close(self) -> None:
        self.closed += 1


class Local(Receiver):
    remote = False


ALERTS = [View(number) for number in range(5)]


def lane(
    output: Receiver, folder: Path | None = None, *, before: Lane | None = None, local: bool = False, **more: Any
) -> Lane:
    spool = SpoolPlace(str(folder / "spool"), MIB, local=local) if folder is not None else None
    route = replace(Route.of(output, "http"), spool=spool, **more)
    made = Lane(route, output, print, waits=False, before=before)
    made.resume()
    return made


def end(one: Lane, seconds: float = 10) -> OutputStats:
    one.close(time.monotonic() + seconds)
    return one.stats()


def test_what_a_receiver_did_not_get_stays_for_the_next_run(tmp_path: Path) -> None:
    away = Receiver(away=True)
    first = lane(away, tmp_path)
    first.put(ALERTS)
    eventually(lambda: away.tries)
    stats = end(first)
    assert (stats.spooled, stats.queued, stats.dropped, stats.failed, stats.delivered) == (5, 0, 0, 0, 0)
    receiver = Receiver()
    second = lane(receiver, tmp_path)
    eventually(lambda: len(receiver.seen) == 5)
    stats = end(second)
    assert (receiver.seen, stats.spooled, stats.delivered) == ([0, 1, 2, 3, 4], 0, 5)


def test_without_a_spool_they_are_lost_and_counted() -> None:
    away = Receiver(away=True)
    only = lane(away)
    only.put(ALERTS)
    eventually(lambda: away.tries)
    stats = end(only)
    assert (stats.spooled, stats.dropped) == (0, 5)


@pytest.mark.parametrize(("local", "files"), [(False, 0), (True, 1)])
def test_a_local_output_has_a_spool_only_if_it_is_named(local: bool, files: int, tmp_path: Path) -> None:
    one = lane(Local(), tmp_path, local=local)
    assert one.is_local is not local
    one.put(ALERTS)
    assert end(one).delivered == 5
    assert len([*tmp_path.glob("spool/*.spool")]) == files


@pytest.mark.parametrize("spooled", [False, True])
def test_another_lane_takes_over_queue_and_counters(spooled: bool, tmp_path: Path) -> None:
    folder = tmp_path if spooled else None
    away, receiver = Receiver(away=True), Receiver()
    first = lane(away, folder)
    first.put(ALERTS[:3])
    eventually(lambda: away.tries)
    second = lane(receiver, folder, before=first)
    second.put(ALERTS[3:])
    eventually(lambda: len(receiver.seen) == 5)
    assert receiver.seen == [0, 1, 2, 3, 4]
    eventually(lambda: away.closed)
    first.put(ALERTS)
    stats = end(second)
    assert (stats.delivered, stats.retried, stats.dropped, stats.spooled) == (5, away.tries, 0, 0)
    assert (away.closed, receiver.closed) == (1, 1)


def test_a_new_spool_gets_the_alerts_in_memory(tmp_path: Path) -> None:
    away, receiver = Receiver(away=True), Receiver(away=True)
    first = lane(away)
    first.put(ALERTS)
    eventually(lambda: away.tries)
    second = lane(receiver, tmp_path, before=first)
    assert second.continues(first)
    eventually(lambda: second.stats().spooled == 5)
    receiver.away = False
    eventually(lambda: len(receiver.seen) == 5)
    stats = end(second)
    assert (receiver.seen, stats.delivered, stats.dropped, away.closed) == ([0, 1, 2, 3, 4], 5, 0, 1)


def test_a_lane_without_a_spool_leaves_alerts_on_disk(tmp_path: Path) -> None:
    away, receiver = Receiver(away=True), Receiver()
    first = lane(away, tmp_path)
    first.put(ALERTS[:3])
    second = lane(receiver, None, before=first)
    assert not second.continues(first)
    second.put(ALERTS[3:])
    assert end(second).delivered == 2
    assert end(first).spooled == 3


def test_a_blocked_output_leaves_its_alerts_in_the_spool(tmp_path: Path) -> None:
    released, entered = threading.Event(), threading.Event()

    class Stuck(Receiver):
        def send_batch(self, alerts: Sequence[Any]) -> None:
            entered.set()
            released.wait()
            super().send_batch(alerts)

    stuck = Stuck()
    one = lane(stuck, tmp_path)
    one.put(ALERTS)
    entered.wait()
    stats = end(one, 0.0)
    assert (stats.spooled, stats.dropped, one.has_ended) == (5, 0, False)
    released.set()
    eventually(lambda: one.has_ended)
    receiver = Receiver()
    again = lane(receiver, tmp_path)
    eventually(lambda: len(receiver.seen) == 5)
    end(again)


def test_new_settings_of_the_same_output(tmp_path: Path) -> None:
    away = Receiver(away=True)
    one = lane(away)
    one.update(replace(one.route, capacity=2))
    one.put(ALERTS)
    assert one.stats().dropped == 3
    end(one)


def test_a_spool_that_cannot_be_used_is_an_error_and_no_end(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir(mode=0o755)
    errors: list[OutputError] = []
    receiver = Receiver()
    route = replace(Route.of(receiver, "http"), spool=SpoolPlace(str(tmp_path / "spool"), MIB))
    one = Lane(route, receiver, errors.append, waits=False)
    one.put(ALERTS)
    eventually(lambda: len(receiver.seen) == 5)
    assert (end(one).delivered, [error.code for error in errors]) == (5, ["E805"])
