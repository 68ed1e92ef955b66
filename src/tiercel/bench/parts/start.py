# SPDX-License-Identifier: Apache-2.0
"""Start time of `tiercel run`: until it watches, and until it has printed the first alert."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from tiercel.bench.command import RunCommand
from tiercel.bench.installation import Installation
from tiercel.bench.load import Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import marker_rule
from tiercel.engine.ruleset import packaged_sets

__all__ = ["measure"]

_MAX_SECONDS: Final = 60.0  # seconds after which the load ends by itself
_RATE: Final = 2000  # files opened per second: the first one that is seen ends the wait


def measure(session: Session) -> Iterator[Figure]:
    """Start alternately with the user's rules (or as many as published files have) and with the default rules.

    Use all processors, as outside of benchmarks, because several threads load the programs of the probe.
    """
    marker = session.marker()
    marked = session.rule_file("marker", marker_rule(marker))
    cases = {"default rules": [str(folder) for folder in packaged_sets()], **dict([session.ordinary_rules()])}
    found: dict[tuple[str, str, str], list[float]] = {}
    for number in range(session.options.rounds):
        session.progress(f"round {number + 1} of {session.options.rounds}")
        for name, rules in cases.items():
            for installation in session.installations:
                for measure, value in _started(session, installation, [*rules, marked], marker).items():
                    found.setdefault((name, measure, installation.label), []).append(value)
    for (case, measure, label), rounds in found.items():
        yield Figure("start", case, measure, "s", tuple(rounds), installation=label)


def _started(session: Session, installation: Installation, rules: list[str], marker: str) -> dict[str, float]:
    """Start once; return the seconds until each event of the start."""
    with Worker(session.load_cpu) as worker:
        worker.begin("open", seconds=_MAX_SECONDS, per_second=_RATE, path=marker)
        with RunCommand(installation, rules, worker.pid, sorted(os.sched_getaffinity(0))) as command:
            values = {"watching": command.watching(), "first alert": command.alerted()}
            values["CPU"] = command.cpu_seconds()
        worker.kill()
    return values
