# SPDX-License-Identifier: Apache-2.0
"""Alerts to several outputs: what reached one, and what an output could not take."""

from __future__ import annotations

from typing import Any

from tiercel.errors import OutputError
from tiercel.outputs import ReaderGoneError
from tiercel.outputs.dispatch import Delivery

FULL = OutputError("E802", "full")
GONE = ReaderGoneError("E802", "gone")


class Sink:
    """An output with a given answer to each alert; after these, it takes all."""

    def __init__(self, *answers: OutputError | None) -> None:
        self.answers = list(answers)
        self.tried: list[Any] = []
        self.closed = 0

    def send(self, alert: Any) -> None:
        self.tried.append(alert)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    def close(self) -> None:
        self.closed += 1


def made(*sinks: Sink) -> tuple[Delivery, list[OutputError]]:
    errors: list[OutputError] = []
    return Delivery(sinks, errors.append), errors


ALERTS: list[Any] = ["1", "2", "3"]


def test_what_all_outputs_take() -> None:
    first, second = Sink(), Sink()
    delivery, errors = made(first, second)
    delivery.send(ALERTS)
    assert first.tried == second.tried == ALERTS
    assert (delivery.delivered, delivery.failures, delivery.reader_gone, errors) == (3, 0, False, [])
    delivery.close()
    assert (first.closed, second.closed) == (1, 1)


def test_an_output_that_fails_is_tried_again_and_keeps_nothing_from_others() -> None:
    bad, good = Sink(FULL, None, FULL), Sink()
    delivery, errors = made(bad, good)
    delivery.send(ALERTS)
    assert bad.tried == good.tried == ALERTS
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (3, 2, False)
    assert errors == [FULL], "the first of each"


def test_an_alert_that_no_output_takes_is_not_delivered() -> None:
    delivery, errors = made(Sink(FULL), Sink(FULL))
    delivery.send(ALERTS)
    assert (delivery.delivered, delivery.failures) == (2, 2)
    assert errors == [FULL, FULL]


def test_an_output_whose_reader_has_gone_is_not_tried_again_and_each_alert_counts() -> None:
    gone, good = Sink(GONE), Sink()
    delivery, errors = made(gone, good)
    delivery.send(ALERTS)
    assert (gone.tried, good.tried) == (["1"], ALERTS)
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (3, 3, False)
    assert errors == [GONE]


def test_the_reader_is_gone_when_that_of_every_output_is() -> None:
    delivery, _ = made(Sink(GONE), Sink(None, GONE))
    delivery.send(ALERTS[:1])
    assert not delivery.reader_gone
    delivery.send(ALERTS[1:])
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (1, 5, True)


def test_without_outputs_nothing_is_delivered_and_no_reader_has_gone() -> None:
    delivery, _ = made()
    delivery.send(ALERTS)
    assert (delivery.delivered, delivery.failures, delivery.reader_gone) == (0, 0, False)
