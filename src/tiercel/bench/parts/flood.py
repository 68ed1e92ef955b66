# SPDX-License-Identifier: Apache-2.0
"""Isolation of cgroups: events that one cgroup loses during a flood in another.

The load of the first cgroup opens files at full speed on every processor, and the kernel has to report each open. The
load of the second cgroup starts a program and opens a file at a steady rate; each of these raises an alert. The figure
is the loss of the second cgroup.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from tiercel.bench.groups import control_group
from tiercel.bench.installation import AgentProcess
from tiercel.bench.load import Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import KEEPS_EVERY_OPEN, STARTED, events, marked, marker_rule, start_rule

__all__ = ["measure"]

_OPENS: Final = 1000  # per second, in the cgroup that must lose nothing
_STARTS: Final = 100
_RULES: Final = "flood"
_CASE: Final = "opens in another group"


def measure(session: Session) -> Iterator[Figure]:
    """Flood one group under each installation."""
    marker, program = session.marker(), session.program()
    rules = session.rule_file("flood", KEEPS_EVERY_OPEN + marker_rule(marker) + start_rule(program))
    every = sorted(os.sched_getaffinity(0))
    with (
        session.agents() as agents,
        control_group("flood") as noisy,
        control_group("quiet") as quiet,
        ExitStack() as stack,
    ):
        flood = [stack.enter_context(Worker(cpu, noisy)) for cpu in every]
        opener, starter = (stack.enter_context(Worker(every[-1], quiet)) for _ in range(2))
        for agent in agents:
            session.progress(agent.installation.label)
            agent.ask("pin", cpus=every)
            agent.ask("load", name=_RULES, files=[rules])
            yield from _case(session.options.seconds, agent, flood, (opener, marker), (starter, program))


def _case(
    seconds: float, agent: AgentProcess, flood: list[Worker], opens: tuple[Worker, str], starts: tuple[Worker, str]
) -> Iterator[Figure]:
    def figure(measure: str, unit: str, value: float) -> Figure:
        return Figure("flood", _CASE, measure, unit, (value,), installation=agent.installation.label)

    (opener, marker), (starter, program) = opens, starts
    agent.ask("start", rules=_RULES, tree=os.getpid())
    for worker in flood:
        worker.begin("open", seconds=seconds)
    opener.begin("open", seconds=seconds, per_second=_OPENS, path=marker)
    starter.begin("exec", seconds=seconds, per_second=_STARTS, path=program)
    flooded = [worker.result() for worker in flood]
    opened, started = opener.result(), starter.result()
    answer = agent.ask("stop")
    yield figure("execs lost", "", started.calls - answer["alerts"].get(STARTED, 0))
    yield figure("alerts lost", "", opened.calls - marked(answer))
    yield figure("flood lost", "%", 100 * sum(answer["drops"].values()) / max(events(answer), 1))
    label = agent.installation.label
    for name, count in (
        ("flood", sum(run.calls for run in flooded)),
        ("execs", started.calls),
        ("alerts", opened.calls),
    ):
        yield Figure("flood", _CASE, name, "", (count,), "neither", label)
