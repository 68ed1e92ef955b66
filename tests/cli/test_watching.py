# SPDX-License-Identifier: Apache-2.0
"""The main loop of the commands that watch: what goes to the outputs."""

from __future__ import annotations

from typing import Any

from tiercel.cli.watching import Watch
from tiercel.outputs.dispatch import Delivery


class Outputs:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def send(self, alert: Any) -> None:
        self.lines.append(alert)

    def close(self) -> None: ...


class Source:
    """A sensor with some alerts."""

    def __init__(self, count: int) -> None:
        self.left = [str(number) for number in range(count)]

    def read(self, limit: int) -> list[Any]:
        taken, self.left = self.left[:limit], self.left[limit:]
        return taken


def test_a_limit_leaves_the_rest_for_the_next_turn() -> None:
    sensor: Any = Source(3000)
    interrupts: Any = None
    output = Outputs()
    responded: list[Any] = []
    watch = Watch(sensor, Delivery([output], print), interrupts, None, None, respond=responded.extend)
    watch.deliver(limit=1)
    assert len(output.lines) == 1024
    watch.deliver()
    assert output.lines == responded == [str(number) for number in range(3000)]
