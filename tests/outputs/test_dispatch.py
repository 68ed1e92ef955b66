# SPDX-License-Identifier: Apache-2.0
"""Alerts to several outputs: threads, isolation, counters and the end."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.waiting import eventually

from tiercel.errors import OutputError
from tiercel.outputs import DeliveryError, ReaderGoneError
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.route import Route, SpoolPlace

FULL = OutputError("E802", "full")
GONE = ReaderGoneError("E802", "gone")


class Sink:
    """Output with a given answer to each alert; after these, it accepts all."""

    def __init__(self, *answers: OutputError | None) -> None:
        self.answers = list(answers)
        self.tried: list[Any] = []
        self.threads: set[str] = set()
        self.closed = 0

    def send(self, alert: Any) -> None:
        self.tried.append(alert)
        self.threads.add(threading.current_thread().name)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    def close(self) -> None:
        self.closed += 1


class Stuck(Sink):
    """Output that blocks until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.entered = threading.Event()

    def send(self, alert: Any) -> None:
        self.entered.set()
        self.released.wait()
        super().send(alert)


def made(*sinks: Sink) -> tuple[Delivery, list[OutputError]]:
    errors: list[OutputError] = []
    return Delivery(sinks, errors.append), errors


ALERTS: list[Any] = ["1", "2", "3"]


def test_a_single_local_output_is_written_in_the_thread_of_the_caller() -> None:
    sink = Sink(None, FULL)
    delivery, errors = made(sink)
    delivery.send(ALERTS)
    assert (sink.tried, sink.threads) == (ALERTS, {threading.current_thread().name})
    assert (delivery.delivered, delivery.failures, errors) == (2, 1, [FULL])
    assert delivery.stats()["sink"].delivered == 2


def test_without_a_thread_a_temporary_failure_loses_the_alert() -> None:
    sink = Sink(None, DeliveryError("later"))
    delivery, _ = made(sink)
    delivery.send(ALERTS)
    assert (delivery.delivered, delivery.failures) == (2, 1)


def test_a_single_remote_output_has_a_thread() -> None:
    sink = Stuck()
    sink.remote = True  # type: ignore[attr-defined]
    delivery, _ = made(sink)
    delivery.send(ALERTS)
    sink.released.set()
    delivery.close()
    assert (sink.tried, sink.closed) == (ALERTS, 1)


def test_all_outputs_get_all_alerts_in_order() -> None:
    first, second = Sink(), Sink()
    delivery, errors = made(first, second)
    delivery.send(ALERTS)
    delivery.close()
    delivery.close()
    assert first.tried == second.tried == ALERTS
    assert (delivery.delivered, delivery.failures, delivery.reader_gone, errors) == (6, 0, False, [])
    assert (first.closed, second.closed) == (1, 1)


def test_a_failed_alert_is_lost_alone() -> None:
    bad, good = Sink(FULL, None, FULL), Sink()
    delivery, errors = made(bad, good)
    delivery.send(ALERTS)
    delivery.close()
    assert bad.tried == good.tried == ALERTS
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (4, 2, False)
    assert errors == [FULL], "one report"


def test_an_output_that_raises_another_exception_counts_as_failed() -> None:
    bad = Sink(ZeroDivisionError("a bug"))  # type: ignore[arg-type]
    delivery, errors = made(bad, Sink())
    delivery.send(ALERTS)
    delivery.close()
    assert (delivery.delivered, delivery.failures) == (5, 1)
    assert "ZeroDivisionError: a bug" in errors[0].text


def test_after_the_reader_has_gone_no_attempt_is_made_and_each_alert_counts() -> None:
    gone, good = Sink(GONE), Sink()
    delivery, errors = made(gone, good)
    delivery.send(ALERTS)
    delivery.close()
    assert (gone.tried, good.tried) == (["1"], ALERTS)
    assert (delivery.failures, delivery.reader_gone, errors) == (3, False, [GONE])


def test_the_reader_is_gone_when_that_of_every_output_is() -> None:
    delivery, _ = made(Sink(GONE), Sink(None, GONE))
    delivery.send(ALERTS[:1])
    delivery.send(ALERTS[1:])
    eventually(lambda: delivery.reader_gone)
    delivery.close()
    assert (delivery.delivered, delivery.failures) == (1, 5)


def test_without_outputs_nothing_is_delivered_and_no_reader_has_gone() -> None:
    delivery, _ = made()
    delivery.send(ALERTS)
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (0, 0, False)


def test_a_blocked_output_delays_no_other() -> None:
    stuck, good = Stuck(), Sink()
    delivery, _ = made(stuck, good)
    delivery.send(ALERTS)
    stuck.entered.wait()
    eventually(lambda: good.tried == ALERTS)
    assert delivery.stats()["stuck"].queued == 3
    stuck.released.set()
    delivery.close()
    assert stuck.tried == ALERTS


def test_a_full_queue_drops_the_newest_and_counts_them() -> None:
    stuck, errors = Stuck(), []
    delivery = Delivery([Route.of(stuck, "small", capacity=2), Sink()], errors.append)
    delivery.send(ALERTS)
    delivery.send(["4"])  # type: ignore[list-item]
    stuck.entered.wait()
    stats = delivery.stats()["small"]
    assert (stats.dropped, delivery.failures) == (2, 2)
    assert [error.code for error in errors] == ["E804"]
    stuck.released.set()
    delivery.close()
    assert stuck.tried == ["1", "2"]


def test_a_delivery_that_waits_loses_nothing() -> None:
    stuck = Stuck()
    delivery = Delivery([Route.of(stuck, "small", capacity=2), Sink()], print, waits=True)
    threading.Timer(0.2, stuck.released.set).start()
    for alert in [*ALERTS] * 20:
        delivery.send([alert])
    delivery.close()
    assert (stuck.tried, delivery.failures) == (ALERTS * 20, 0)


def test_a_delivery_that_waits_does_not_wait_for_an_output_that_fails() -> None:
    class Away(Sink):
        def send(self, alert: Any) -> None:
            raise DeliveryError("away")

    delivery = Delivery([Route.of(Away(), "away", capacity=2), Sink()], lambda _: None, waits=True)
    delivery.send(ALERTS * 20)
    delivery.close()
    stats = delivery.stats()
    assert (stats["sink"].delivered, stats["away"].dropped) == (60, 60)


def test_a_blocked_output_is_reported() -> None:
    stuck, errors = Stuck(), []
    delivery = Delivery([Route.of(stuck, "slow", timeout=0.01), Sink()], errors.append)
    delivery.send(ALERTS)
    stuck.entered.wait()
    time.sleep(0.05)
    delivery.send(ALERTS)
    assert [error.code for error in errors] == ["E803"]
    stuck.released.set()
    delivery.close()


def test_a_blocked_output_does_not_delay_the_end_for_ever() -> None:
    stuck, good = Stuck(), Sink()
    delivery, _ = made(stuck, good)
    delivery.send(ALERTS)
    before = time.monotonic()
    delivery.close()
    assert time.monotonic() - before < 30, "a blocked output has five seconds"
    assert good.tried == ALERTS
    assert (delivery.stats()["stuck"].dropped, stuck.closed) == (3, 0)
    stuck.released.set()


def test_the_child_of_a_fork_neither_delivers_nor_waits() -> None:
    stuck = Stuck()
    delivery, _ = made(stuck, Sink())
    delivery.send(ALERTS)
    stuck.entered.wait()
    child = os.fork()
    if child == 0:
        delivery.send(ALERTS)
        delivery.reopen()
        delivery.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    stuck.released.set()
    delivery.close()
    assert stuck.tried == ALERTS


@pytest.mark.parametrize("others", [[], [Sink()]])
def test_reopen_makes_a_gone_output_usable_again(others: list[Sink]) -> None:
    class Pipe(Sink):
        opened = 0

        def reopen(self) -> None:
            self.opened += 1

    pipe = Pipe(GONE)
    delivery, _ = made(pipe, *others)
    delivery.send(ALERTS[:1])
    eventually(lambda: delivery.failures == 1)
    delivery.reopen()
    eventually(lambda: pipe.opened == 1)
    delivery.send(ALERTS[1:])
    delivery.close()
    assert pipe.tried == ALERTS


def test_outputs_of_one_name_have_their_own_counters() -> None:
    delivery, _ = made(Sink(), Sink(FULL))
    delivery.send(ALERTS)
    delivery.close()
    assert {name: stats.failed for name, stats in delivery.stats().items()} == {"sink": 0, "sink-2": 1}


def route(name: str, kind: str, log: dict[str, Sink]) -> Route:
    """Return the route to an output that is listed in ``log`` under its kind when it is opened."""
    return Route(name, partial(_opened, kind, log))


class Log(dict[str, Sink]):
    """Opened outputs; all logs are equal, so that routes are."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Log)


def _opened(kind: str, log: dict[str, Sink]) -> Sink:
    if kind == "bad":
        raise FULL
    log[kind] = sink = Sink()
    sink.remote = True  # type: ignore[attr-defined]
    return sink


def test_an_unchanged_output_keeps_its_thread_and_queue_and_others_are_replaced() -> None:
    log, later = Log(), Log()
    delivery = Delivery([route("a", "same", log), route("b", "old", log), route("c", "gone", log)], print)
    delivery.send(ALERTS)
    delivery.switch(delivery.prepare([route("a", "same", later), route("b", "new", later), route("d", "more", later)]))
    delivery.send(["4"])  # type: ignore[list-item]
    delivery.close()
    assert set(later) == {"new", "more"}, "the first is not opened again"
    assert log["same"].tried == [*ALERTS, "4"]
    assert log["old"].tried + later["new"].tried == [*ALERTS, "4"]
    assert log["gone"].tried == ALERTS, "a removed output gets the rest"
    assert later["more"].tried == ["4"]
    assert {sink.closed for sink in (*log.values(), *later.values())} == {1}
    assert {name: stats.delivered for name, stats in delivery.stats().items()} == {"a": 4, "b": 4, "d": 1}


def test_outputs_that_cannot_be_opened_change_nothing() -> None:
    log = Log()
    delivery = Delivery([route("a", "same", log)], print)
    with pytest.raises(OutputError, match="full"):
        delivery.prepare([route("a", "same", log), route("b", "more", log), route("c", "bad", log)])
    assert log["more"].closed == 1
    delivery.send(ALERTS)
    delivery.close()
    assert log["same"].tried == ALERTS


def test_losses_of_removed_outputs_stay_in_the_sum() -> None:
    delivery = Delivery([Sink(FULL), Sink(FULL, FULL)], lambda _: None)
    delivery.send(ALERTS)
    eventually(lambda: delivery.failures == 3)
    for _ in range(3):
        delivery.switch(delivery.prepare([]))
        delivery.send(ALERTS)
    assert delivery.failures == 3
    delivery.switch(delivery.prepare([Sink(FULL)]))
    delivery.send(ALERTS)
    delivery.close()
    assert delivery.failures == 4


def test_a_switch_does_not_wait_for_an_output_that_blocks() -> None:
    stuck, good = Stuck(), Sink()
    delivery = Delivery([Route.of(stuck, "x"), Route.of(good, "y")], print)
    delivery.send(ALERTS)
    stuck.entered.wait()
    second = Sink()
    delivery.switch(delivery.prepare([Route.of(second, "x"), Route.of(good, "y")]))
    delivery.send(["4"])  # type: ignore[list-item]
    eventually(lambda: good.tried == [*ALERTS, "4"])
    assert second.tried == []
    stuck.released.set()
    delivery.close()
    assert stuck.tried + second.tried == [*ALERTS, "4"]


def test_one_local_output_and_another_one_later() -> None:
    first, second = Sink(), Sink()
    delivery = Delivery([Route.of(first, "x")], print)
    delivery.send(ALERTS)
    delivery.switch(delivery.prepare([Route.of(first, "x"), Route.of(second, "y")]))
    delivery.send(["4"])  # type: ignore[list-item]
    delivery.switch(delivery.prepare([Route.of(first, "x")]))
    delivery.send(["5"])  # type: ignore[list-item]
    delivery.close()
    assert (first.tried, second.tried) == ([*ALERTS, "4", "5"], ["4"])
    assert first.threads == {threading.current_thread().name, "tiercel-x"}
    assert (first.closed, second.closed) == (1, 1)


def test_alerts_of_an_earlier_run_wait_for_the_first_alert_or_a_call(tmp_path: Path) -> None:
    class Away(Sink):
        remote = True

        def send(self, alert: Any) -> None:
            raise DeliveryError("away")

    class There(Sink):
        remote = True

        def send(self, alert: Any) -> None:
            super().send(alert.fields["evt.num"])

    spool = SpoolPlace(str(tmp_path / "spool"), 1 << 20)
    first = Delivery([Route("x", partial(Away), spool=spool)], lambda _: None)
    first.send([View(1), View(2)])
    first.close()
    there = There()
    second = Delivery([Route("x", partial(_same, there), spool=spool)], print)
    assert (there.tried, second.stats()["x"].spooled) == ([], 2)
    second.resume()
    eventually(lambda: there.tried == [1, 2])
    second.close()


def _same(sink: Sink) -> Sink:
    return sink
