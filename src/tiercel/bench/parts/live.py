# SPDX-License-Identifier: Apache-2.0
"""Cost of a live sensor: for the watched programs, and of the sensor itself.

Loops of system calls run on one processor, the sensor on the others. Each round runs every case, without a sensor
(bare) or with a sensor that is started for it; the order rotates from round to round. A ratio is the median over the
rounds of a case's processor time divided by the bare one of the same round. On an idle machine this is also the ratio
of the elapsed times; on others it excludes the waiting times of the loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.bench.installation import THIS, AgentProcess
from tiercel.bench.load import Run, Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session
from tiercel.bench.watched import KEEPS_EVERY_OPEN, NO_FILE_EVENTS, NO_RULE, lost

__all__ = ["LOOPS", "measure"]

LOOPS: Final = {"open": "openat+close", "getppid": "getppid", "exec": "fork+exec", "connect": "connect"}

_BARE: Final = "no sensor"
_SECONDS: Final = 0.1  # of each loop in each round
_WARM: Final = 0.02


def measure(session: Session) -> Iterator[Figure]:
    """Run every loop under every case, in alternation."""
    rules = {
        "no rules": [session.rule_file("no-rules", NO_RULE)],
        "own rules" if session.options.rules else "default rules": session.rules(),
        "no file events": [session.rule_file("no-file-events", NO_FILE_EVENTS)],
        "every open kept": [session.rule_file("every-open", KEEPS_EVERY_OPEN)],
    }
    with session.agents() as agents, Worker(session.load_cpu) as worker:
        for case, files in rules.items():
            for loading in agents:
                loading.ask("load", name=case, files=files)
        turns = _Turns()
        cases: list[tuple[str, AgentProcess | None]] = [(_BARE, None)]
        cases += [(case, agent) for case in rules for agent in agents]
        for number in range(session.options.rounds):
            session.progress(f"round {number + 1} of {session.options.rounds}")
            start = number % len(cases)
            for case, agent in (*cases[start:], *cases[:start]):
                _turn(case, agent, worker, turns)
    yield from turns.figures()


class _Turns:
    """Measured times, by loop, case and installation."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, str], list[Run]] = {}
        self._spent: dict[tuple[str, str, str], list[dict[str, int]]] = {}
        self._lost: dict[tuple[str, str], int] = {}

    def add(self, loop: str, case: str, label: str, run: Run, spent: dict[str, int] | None) -> None:
        self._runs.setdefault((loop, case, label), []).append(run)
        if spent is not None:
            self._spent.setdefault((loop, case, label), []).append(spent)

    def add_lost(self, case: str, label: str, count: int) -> None:
        self._lost[case, label] = self._lost.get((case, label), 0) + count

    def figures(self) -> Iterator[Figure]:
        order = list(LOOPS)
        for loop, case, label in sorted(self._runs, key=lambda key: order.index(key[0])):
            name = f"{LOOPS[loop]}: {case}"
            runs = self._runs[loop, case, label]
            yield Figure("live", name, "time", "ns", tuple(run.each for run in runs), installation=label)
            costs = [run.cpu / run.calls for run in runs]
            yield Figure("live", name, "CPU", "ns", tuple(costs), installation=label)
            if case == _BARE:
                continue
            bare = [run.cpu / run.calls for run in self._runs[loop, _BARE, THIS]]
            ratios = tuple(cost / of for cost, of in zip(costs, bare, strict=True))
            yield Figure("live", name, "ratio", "x", ratios, installation=label)
            spent = list(zip(self._spent[loop, case, label], runs, strict=True))
            shares = tuple(100 * one["cpu"] / max(run.cpu, 1) for one, run in spent)
            yield Figure("live", name, "sensor CPU", "% of loop", shares, installation=label)
            passed = tuple(one["events"] / run.calls for one, run in spent)
            yield Figure("live", name, "events", "per call", passed, "neither", label)
            yield Figure("live", name, "lost", "", (self._lost[case, label],), installation=label)


def _turn(case: str, agent: AgentProcess | None, worker: Worker, turns: _Turns) -> None:
    """Run all loops once."""
    label = THIS if agent is None else agent.installation.label
    if agent is not None:
        agent.ask("start", rules=case, tree=worker.pid)
    for loop in LOOPS:
        worker.run(loop, seconds=_WARM)
        if agent is not None:
            agent.ask("mark")
        run = worker.run(loop, seconds=_SECONDS)
        turns.add(loop, case, label, run, None if agent is None else agent.ask("spent"))
    if agent is not None:
        turns.add_lost(case, label, lost(agent.ask("stop")))
