# SPDX-License-Identifier: Apache-2.0
"""The main loop of the commands that watch: what goes to the outputs, and what to standard error."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel.alerts.alert import Style
from tiercel.cli.watching import Watch
from tiercel.engine.internal_alerts import Notices
from tiercel.engine.stats import Stats
from tiercel.frozen import replace
from tiercel.outputs.dispatch import Delivery


class Outputs:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def send(self, alert: Any) -> None:
        self.lines.append(alert.rule)

    def close(self) -> None: ...


class Told:
    """A sensor with some notices."""

    def __init__(self) -> None:
        counters = replace(Stats(), truncated={"execve": 2}, lost_alerts=1)
        self.batches = [Notices(Style(), "host").compare(counters), []]

    def read(self, limit: int) -> list[Any]:
        return self.batches.pop(0)


def test_cut_texts_are_a_remark_and_losses_are_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    sensor: Any = Told()
    interrupts: Any = None
    output = Outputs()
    Watch(sensor, Delivery([output], print), interrupts, None, None).deliver()
    assert output.lines == ["tiercel internal event: alerts lost"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "tiercel: 2 texts cut for want of room (execve 2)\n"
