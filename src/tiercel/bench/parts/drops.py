# SPDX-License-Identifier: Apache-2.0
"""Maximum rate of events without a loss, with a rule for which the kernel reports every open.

The load opens files at full speed, on one processor and on all of them. If that loses events, bisection finds the
highest rate without a loss.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from tiercel.bench.installation import AgentProcess
from tiercel.bench.load import Run, Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import KEEPS_EVERY_OPEN, events, lost

__all__ = ["measure"]

_STEPS: Final = 6  # of the search: the last one changes the rate by 1/64
_SEARCHED: Final = 0.2  # share of the time that each step has
_RULES: Final = "every open kept"


def measure(session: Session) -> Iterator[Figure]:
    """Measure with the load on one processor, then on all of them."""
    every = sorted(os.sched_getaffinity(0))
    cases = {"one processor": ([session.load_cpu], session.sensor_cpus)}
    if len(every) > 1:
        cases["all processors"] = (every, every)
    with session.agents() as agents, ExitStack() as stack:
        workers = {cpu: stack.enter_context(Worker(cpu)) for cpu in every}
        for agent in agents:
            agent.ask("load", name=_RULES, files=[session.rule_file("every-open", KEEPS_EVERY_OPEN)])
            for case, (load, sensor) in cases.items():
                session.progress(case)
                agent.ask("pin", cpus=sensor)
                yield from _case(session, agent, case, [workers[cpu] for cpu in load])


def _case(session: Session, agent: AgentProcess, case: str, workers: list[Worker]) -> Iterator[Figure]:
    def figure(measure: str, unit: str, value: float, **more: Any) -> Figure:
        return Figure("drops", case, measure, unit, (value,), installation=agent.installation.label, **more)

    seconds = session.options.seconds
    runs, answer = _run(agent, workers, seconds)
    rate = sum(run.rate for run in runs)
    dropped = lost(answer)
    yield figure("opened", "/s", round(rate), better="higher")
    yield figure("lost", "%", 100 * dropped / max(events(answer), 1))
    yield figure("sensor CPU", "% of load", 100 * answer["cpu"] / max(sum(run.cpu for run in runs), 1))
    best = rate if not dropped else _without_loss(agent, workers, seconds * _SEARCHED, rate)
    yield figure("without loss", "/s", round(best), better="higher")


def _without_loss(agent: AgentProcess, workers: list[Worker], seconds: float, most: float) -> float:
    """Return the highest rate without a loss; 0 if every rate lost events."""
    low, high = 0.0, most
    for _ in range(_STEPS):
        middle = (low + high) / 2
        runs, answer = _run(agent, workers, seconds, per_second=max(int(middle / len(workers)), 1))
        if lost(answer):
            high = middle
        else:
            low = min(sum(run.rate for run in runs), middle)
    return low


def _run(
    agent: AgentProcess, workers: list[Worker], seconds: float, **options: int
) -> tuple[list[Run], dict[str, Any]]:
    """Run all workers at once under a new sensor."""
    agent.ask("start", rules=_RULES, tree=os.getpid())
    for worker in workers:
        worker.begin("open", seconds=seconds, **options)
    runs = [worker.result() for worker in workers]
    return runs, agent.ask("stop")
