# SPDX-License-Identifier: Apache-2.0
"""Delay of alerts: from the kernel's time of the event until Python has the alert.

A worker opens files at a steady rate. The kernel reports each open, and one in a hundred raises an alert. The sensor's
process only waits for alerts and reads the clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from tiercel.bench.installation import AgentProcess
from tiercel.bench.load import Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import KEEPS_EVERY_OPEN, lost, marked, marker_rule

__all__ = ["measure"]

_QUIET: Final = 100  # events per second, each of which alerts
_PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9, 100.0)


def measure(session: Session) -> Iterator[Figure]:
    """Measure on an idle machine, and at the requested rate."""
    rate = session.options.rate
    marker = session.marker()
    rules = session.rule_file("marker", KEEPS_EVERY_OPEN + marker_rule(marker))
    with session.agents() as agents, Worker(session.load_cpu) as worker:
        for agent in agents:
            agent.ask("load", name="marker", files=[rules])
            for per_second, every in ((_QUIET, 1), (rate, 100)):
                session.progress(f"{per_second:,} events/s")
                yield from _case(session, agent, worker, marker, per_second, every)


def _case(
    session: Session, agent: AgentProcess, worker: Worker, marker: str, per_second: int, every: int
) -> Iterator[Figure]:
    def figure(measure: str, unit: str, value: float) -> Figure:
        return Figure("latency", case, measure, unit, (value,), installation=agent.installation.label)

    case = f"{per_second:,} events/s"
    agent.ask("start", rules="marker", tree=os.getpid())
    run = worker.run("open", seconds=session.options.seconds, per_second=per_second, marker=marker, every=every)
    answer = agent.ask("stop", delays=True)
    delays = sorted(answer["delays"])
    for percentile in _PERCENTILES:
        name = "worst" if percentile == 100 else f"p{percentile:g}"
        yield figure(name, "ms", delays[min(int(len(delays) * percentile / 100), len(delays) - 1)] / 1e6)
    expected = -(-run.calls // every)
    yield figure("alerts missing", "", expected - marked(answer))
    yield figure("lost", "", lost(answer))
    yield figure("sensor CPU", "%", 100 * answer["cpu"] / max(run.wall, 1))
    yield Figure("latency", case, "reached", "/s", (round(run.rate),), "neither", agent.installation.label)
