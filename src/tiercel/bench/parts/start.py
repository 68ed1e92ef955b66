# SPDX-License-Identifier: Apache-2.0
"""How long `tiercel run` takes until it watches, and until it has printed the first alert."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.bench.command import RunCommand
from tiercel.bench.load import Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import marker_rule

__all__ = ["measure"]

_LONGEST: Final = 60.0  # seconds that the load goes on, should nobody end it
_RATE: Final = 2000  # files opened per second: the first one that is seen ends the wait


def measure(session: Session) -> Iterator[Figure]:
    """Start by turns, with the user's rules, or as many as published files have."""
    name, rules = session.ordinary_rules()
    marker = session.marker()
    rules = [*rules, session.rule_file("marker", marker_rule(marker))]
    found: dict[tuple[str, str, str], list[float]] = {}
    for number in range(session.options.rounds):
        session.progress(f"round {number + 1} of {session.options.rounds}")
        for installation in session.installations:
            with Worker(session.load_cpu) as worker:
                worker.begin("open", seconds=_LONGEST, per_second=_RATE, path=marker)
                with RunCommand(installation, rules, worker.pid, session.sensor_cpus) as command:
                    values = {"watching": command.watching(), "first alert": command.alerted()}
                    values["CPU"] = command.cpu_seconds()
                worker.kill()
            for measure, value in values.items():
                found.setdefault((name, measure, installation.label), []).append(value)
    for (case, measure, label), rounds in found.items():
        yield Figure("start", case, measure, "s", tuple(rounds), installation=label)
