# SPDX-License-Identifier: Apache-2.0
"""Thread of one output: batches, retries, order and back-off."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from support.waiting import eventually

from tiercel.errors import OutputError
from tiercel.outputs import DeliveryError
from tiercel.outputs.queue import MemoryQueue
from tiercel.outputs.worker import Sender, Worker


class Batches:
    """Output that accepts part of each batch, as scripted, and then everything."""

    def __init__(self, *parts: int | None, retry: bool = True, after: float = 0.0, lost: int | None = None) -> None:
        self.parts = list(parts)
        self.retry = retry
        self.after = after
        self.lost = lost
        self.accepted: list[Any] = []
        self.calls: list[float] = []

    def send(self, alert: Any) -> None:
        raise AssertionError("batches are preferred")

    def send_batch(self, alerts: Sequence[Any]) -> None:
        self.calls.append(time.monotonic())
        part = self.parts.pop(0) if self.parts else None
        if part is None:
            self.accepted.extend(alerts)
            return
        self.accepted.extend(alerts[:part])
        raise DeliveryError("busy", delivered=part, lost=self.lost, retry=self.retry, after=self.after)

    def close(self) -> None:
        self.closed += 1

    closed = 0


def counted(sender: Sender) -> tuple[int, int, int]:
    counters = sender.counters
    return counters.delivered, counters.failed, counters.retried


def run(output: Batches, alerts: list[Any], *, attempts: int) -> tuple[Sender, Worker, list[OutputError]]:
    errors: list[OutputError] = []
    sender, queue = Sender("x", output, errors.append), MemoryQueue(1000)
    worker = Worker(sender, queue)
    worker.start()
    queue.put(alerts, lambda: False)
    until = time.monotonic() + 20
    while len(output.calls) < attempts and time.monotonic() < until:
        time.sleep(0.005)
    worker.close(time.monotonic() + 10)
    return sender, worker, errors


def test_a_temporary_failure_loses_nothing_and_keeps_the_order() -> None:
    output = Batches(2, 0, 1)
    sender, worker, errors = run(output, [*range(100)], attempts=4)
    assert output.accepted == [*range(100)]
    assert (*counted(sender), worker.lost_at_end) == (100, 0, 3, 0)
    assert len(errors) == 1, "failures in a row are reported once"


def test_a_permanent_failure_loses_one_alert() -> None:
    output = Batches(2, retry=False)
    sender, _, _ = run(output, [*range(6)], attempts=2)
    assert output.accepted == [0, 1, 3, 4, 5]
    assert counted(sender) == (5, 1, 0)


def test_a_failure_counts_what_it_lost() -> None:
    """An output that has results for each alert reports several losses at once, also before a retry."""
    for retry in (False, True):
        output = Batches(2, retry=retry, lost=2)
        sender, _, _ = run(output, [*range(6)], attempts=2)
        assert output.accepted == [0, 1, 4, 5]
        counters = sender.counters
        assert (counters.delivered, counters.failed, counters.retried) == (4, 2, int(retry))


def test_attempts_are_spaced_out() -> None:
    output = Batches(0, 0, 0)
    run(output, [1], attempts=4)
    gaps = [later - earlier for earlier, later in zip(output.calls, output.calls[1:], strict=False)]
    assert gaps[0] >= 0.07
    assert gaps[2] >= 0.3


def test_the_delay_of_the_receiver_is_respected() -> None:
    output = Batches(0, after=0.6)
    run(output, [1], attempts=2)
    assert output.calls[1] - output.calls[0] >= 0.6


def test_at_the_end_a_receiver_that_is_away_gets_one_more_attempt() -> None:
    output = Batches(*[0] * 1000)
    sender, worker, _ = run(output, [1, 2, 3], attempts=2)
    assert worker.lost_at_end == 3
    assert len(output.calls) <= 4
    assert sender.counters.delivered == 0


def test_a_worker_that_stops_leaves_the_rest_to_the_next_one() -> None:
    first, second = Batches(*[0] * 1000), Batches()
    queue = MemoryQueue(1000)
    queue.put([*range(100)], lambda: False)
    before = Worker(Sender("x", first, print), queue)
    before.start()
    eventually(lambda: first.calls)
    after = Worker(Sender("x", second, print), queue, after=before)
    before.stop()
    after.start()
    eventually(lambda: not len(queue))
    assert (first.accepted, second.accepted) == ([], [*range(100)])
    assert (first.closed, second.closed) == (1, 0), "a thread closes its output at its end"
    after.close(time.monotonic() + 10)
    assert (second.closed, after.lost_at_end) == (1, 0)


def test_an_output_that_cannot_be_closed_is_reported() -> None:
    class Open(Batches):
        def close(self) -> None:
            raise ZeroDivisionError("a bug")

    _, _, errors = run(Open(), [1], attempts=1)
    assert [error.text for error in errors] == ["x: ZeroDivisionError: a bug"]


def test_errors_of_another_kind_are_reported_at_once() -> None:
    errors: list[OutputError] = []
    sender = Sender("x", Batches(), errors.append)
    for code in ("E802", "E805", "E802", "E804", "E805"):
        sender.complain(OutputError(code, "text"))
    assert [error.code for error in errors] == ["E802", "E805", "E804"]


def test_alerts_that_were_to_move_count_as_lost_at_the_end() -> None:
    entered, released = threading.Event(), threading.Event()

    class Stuck(Batches):
        def send_batch(self, alerts: Sequence[Any]) -> None:
            entered.set()
            released.wait()

    old = MemoryQueue(10)
    old.put([1, 2, 3], lambda: False)
    before = Worker(Sender("x", Stuck(), print), old)
    before.start()
    entered.wait()
    after = Worker(Sender("x", Batches(), print), MemoryQueue(10), after=before, rest=old)
    before.stop()
    after.start()
    after.close(time.monotonic())
    assert after.lost_at_end == 3
    released.set()
    assert before.join(20)
