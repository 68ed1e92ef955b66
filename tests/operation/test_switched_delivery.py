# SPDX-License-Identifier: Apache-2.0
"""Outputs that are replaced during a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiercel.operation.switched_delivery import SwitchedDelivery
from tiercel.outputs import FileOutput
from tiercel.outputs.dispatch import Delivery
from tiercel.schema.alert_formats import AlertFormat


class Line:
    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, _: AlertFormat) -> str:
        return self.text


def to(path: Path | str) -> Delivery:
    errors: list[Any] = []
    return Delivery([FileOutput(path)], errors.append)


def test_each_alert_reaches_the_outputs_of_its_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    delivery = SwitchedDelivery(to(first))
    delivery.send([Line("a"), Line("b")])
    delivery.switch(to(second))
    delivery.send([Line("c")])
    delivery.close()
    assert (first.read_text(), second.read_text()) == ("a\nb\n", "c\n")


def test_failures_are_counted_over_all_outputs(tmp_path: Path) -> None:
    delivery = SwitchedDelivery(to("/dev/full"))
    delivery.send([Line("a"), Line("b")])
    delivery.switch(to("/dev/full"))
    delivery.send([Line("c")])
    assert delivery.failures == 3
    assert not delivery.reader_gone
    delivery.close()
    assert delivery.failures == 3
