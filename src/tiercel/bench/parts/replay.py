# SPDX-License-Identifier: Apache-2.0
"""Speed of a replay: reading, tables of processes and files, rules, and alerts as Python objects.

The capture is decompressed first, and rules are loaded before the clock starts; loading is a figure of its own. Limits
apply to the processor time, which excludes other programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiercel.bench.installation import AgentProcess
from tiercel.bench.results import Figure
from tiercel.bench.session import Session

__all__ = ["measure", "replays"]


def measure(session: Session) -> Iterator[Figure]:
    """Replay with the user's rules, or the packaged ones."""
    what = "own rules" if session.options.rules else "packaged rules"
    yield from replays(session, "replay", {what: session.rules()})


def replays(session: Session, part: str, cases: dict[str, Sequence[str]]) -> Iterator[Figure]:
    """Replay with rules from several sets of files, in alternation."""
    capture = session.capture()
    with session.agents() as agents:
        loaded = {
            (agent, case): agent.ask("load", name=case, files=files)
            for agent in agents
            for case, files in cases.items()
        }
        turns: dict[tuple[AgentProcess, str], list[dict[str, int]]] = {key: [] for key in loaded}
        for number in range(session.options.rounds):
            session.progress(f"round {number + 1} of {session.options.rounds}")
            for (agent, case), answers in turns.items():
                answers.append(agent.ask("replay", rules=case, capture=capture))
    for (agent, case), rounds in turns.items():
        yield from _figures(part, case, agent.installation.label, loaded[agent, case], rounds)


def _figures(
    part: str, case: str, label: str, loaded: dict[str, int], rounds: list[dict[str, int]]
) -> Iterator[Figure]:
    def figure(measure: str, unit: str, values: Sequence[float], **more: str) -> Figure:
        return Figure(part, case, measure, unit, tuple(values), installation=label, **more)  # type: ignore[arg-type]

    events = [max(turn["events"], 1) for turn in rounds]
    yield figure("CPU", "ns/event", [turn["cpu"] / count for turn, count in zip(rounds, events, strict=True)])
    rates = [count * 1000 / turn["wall"] for turn, count in zip(rounds, events, strict=True)]
    yield figure("rate", "M events/s", rates, better="higher")
    yield figure("events", "", events[:1], better="neither")
    yield figure("alerts", "", [rounds[0]["alerts"]], better="neither")
    yield figure("rules", "", [loaded["rules"]], better="neither")
    yield figure("loading", "s", [loaded["cpu"] / 1e9])
