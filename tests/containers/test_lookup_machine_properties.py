# SPDX-License-Identifier: Apache-2.0
"""Properties of the lookup machine in any order of inputs."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.examples import examples

from tiercel.containers import lookup_machine
from tiercel.containers.engines.interface import FAILED, Answer, Change, EngineEvent, EngineId
from tiercel.containers.identity import is_random
from tiercel.containers.lookup_machine import Effect, LookupMachine, MarkMissing, RequestEngine, Write
from tiercel.containers.lookup_states import ATTEMPTS, DELAYS, State
from tiercel.containers.metadata import ContainerInfo, short_id

ENGINES = [
    EngineId("podman", "/podman", 0),
    EngineId("podman", "/rootless", 0, 1000),
    EngineId("docker", "/docker", 1),
    EngineId("cri", "/cri", 2),
]
# Ids: random, chosen, of two containers with the same short id, and of podman, whose cgroups are below a user's slice.
CONTAINERS = {
    "a" * 64: ("docker", "/docker/" + "a" * 64),
    "web": ("containerd", "/default/web"),
    "database-of-a": ("containerd", "/default/database-of-a"),
    "database-of-b": ("containerd", "/default/database-of-b"),
    "b" * 64: ("podman", f"/user.slice/user-1000.slice/libpod-{'b' * 64}.scope"),
    "c" * 64: ("cri", "/kubepods/pod1/" + "c" * 64),
}
LIMITS = {"_MAX_LOOKUPS": 3, "_MAX_SUSPENDED": 2, "_MAX_SETTLED": 2}
IDS = st.sampled_from(list(CONTAINERS))


class Lookups(RuleBasedStateMachine):
    """A machine between a table and engines, all of which are simulated."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = patch.multiple(lookup_machine, **LIMITS)
        self.limits.start()
        self.machine = LookupMachine(0.5)
        self.now = 0.0
        self.up = list(ENGINES)
        self.in_flight: list[RequestEngine] = []
        self.status: dict[str, str] = {}  # waiting, known or missing, of containers in the table
        self.ended: set[int] = set()  # numbers of entries that were dropped
        self.numbers = itertools.count()
        self.due: dict[int, float] = {}  # of results that wait for better ones, by entry

    def entries(self) -> list[Any]:
        return list(self.machine._entries())

    def apply(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, RequestEngine):
                assert (effect.engine, effect.entry) not in {(one.engine, one.entry) for one in self.in_flight}
                assert effect.entry not in self.ended
                self.in_flight.append(effect)
            elif isinstance(effect, MarkMissing):
                short = effect.request[0]
                if self.status.get(short) is None:
                    self.machine.gone(short)
                    assert self.machine.state(short) not in {State.SLOW_BACK_OFF, State.SUSPENDED}
                elif self.status[short] == "waiting":
                    self.status[short] = "missing"
            else:
                assert short_id(effect.info.id) == effect.short
                assert effect.info.is_partial is not isinstance(effect, Write)
                if effect.short in self.status and isinstance(effect, Write):
                    self.status[effect.short] = "known"

    def step(self, call: Any, *args: Any) -> None:
        before = {entry.number: entry for entry in self.entries()}
        ranks = {number: one.found[0].rank for number, one in before.items() if one.whole_info() is not None}
        self.apply(call(*args))
        after = {entry.number: entry for entry in self.entries()}
        self.ended |= before.keys() - after.keys()
        for number, rank in ranks.items():
            if number in after:
                assert after[number].found[0].rank <= rank, "a worse engine replaced the metadata"

    # --- Inputs -------------------------------------------------------------------------------------------------------

    @rule(container=IDS)
    def request(self, container: str) -> None:
        short = short_id(container)
        self.status[short] = "waiting"
        self.step(self.machine.request, self.now, (short, *CONTAINERS[container], 0, 0, "info"), self.up)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), kind=st.sampled_from(["info", "info", "none", "failed"]), has_ip=st.booleans())
    def respond(self, data: st.DataObject, kind: str, has_ip: bool) -> None:
        call = data.draw(st.sampled_from(self.in_flight))
        self.in_flight.remove(call)
        answer: Answer = FAILED if kind == "failed" else None
        if kind == "info":
            ip = "10.0.0.1" if has_ip else ""
            answer = ContainerInfo(call.whole, call.engine.name, name=str(next(self.numbers)), ip=ip)
        if call.entry in self.ended:
            known = self.machine.metadata(call.short)
            assert self.machine.response(self.now, call.short, call.entry, call.engine, answer) == []
            assert self.machine.metadata(call.short) is known
        else:
            self.step(self.machine.response, self.now, call.short, call.entry, call.engine, answer)

    @rule(
        container=IDS,
        engine=st.sampled_from(ENGINES),
        kind=st.sampled_from(["created", "started", "removed"]),
        is_partial=st.booleans(),
    )
    def event(self, container: str, engine: EngineId, kind: Change, is_partial: bool) -> None:
        info = ContainerInfo(container, engine.name, is_partial=True) if is_partial else None
        self.step(self.machine.engine_event, engine, EngineEvent(kind, container, info))
        if kind == "removed" and engine.owner is None and not is_random(container):
            entry = self.machine._find(short_id(container))
            is_settled = entry is not None and entry.state in {State.KNOWN, State.PREFETCHED, State.SUSPENDED}
            assert not is_settled or entry.whole != container

    @rule(engine=st.sampled_from(ENGINES))
    def engine_down(self, engine: EngineId) -> None:
        self.up = [one for one in self.up if one != engine]

    @rule(engine=st.sampled_from(ENGINES))
    def engine_up(self, engine: EngineId) -> None:
        if engine not in self.up:
            self.up.append(engine)
        self.step(self.machine.engine_up, engine, set(self.status))

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.5, 10.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.step(self.machine.advance, self.now, self.up)
        due = self.machine.next_due()
        assert due is None or due > self.now

    @rule(container=IDS)
    def leave_table(self, container: str) -> None:
        self.status.pop(short_id(container), None)

    # --- Properties ---------------------------------------------------------------------------------------------------

    @invariant()
    def no_lookup_is_lost(self) -> None:
        """Each lookup waits for a response or a timer, and each waiting container of the table has a lookup."""
        pending = {timer[2].number for timer in self.machine._timers if lookup_machine._is_pending(timer)}
        for entry in self.entries():
            if entry.state in ATTEMPTS:
                assert entry.calls
                assert entry.whole_info() is None or entry.number in pending
            assert (entry.number in pending) or entry.state not in DELAYS
        for short, status in self.status.items():
            if status == "waiting":
                assert self.machine.state(short) in {State.IN_FLIGHT, State.BACK_OFF}

    @invariant()
    def requests_in_flight_are_those_of_the_entries(self) -> None:
        calls = [(engine, entry.number) for entry in self.entries() for engine in entry.calls]
        in_flight = [(one.engine, one.entry) for one in self.in_flight if one.entry not in self.ended]
        assert Counter(calls) == Counter(in_flight)

    @invariant()
    def deadlines_do_not_move_back(self) -> None:
        """A result that waits for a better one is used in time, whatever happens meanwhile."""
        now = {one.number: one.timer[0] for one in self.entries() if one.state in ATTEMPTS and one.timer is not None}
        assert all(due <= self.due.get(number, due) for number, due in now.items())
        self.due = now

    @invariant()
    def memory_is_bounded(self) -> None:
        machine = self.machine
        assert len(machine._suspended) <= LIMITS["_MAX_SUSPENDED"]
        assert len(machine._settled) <= LIMITS["_MAX_SETTLED"]
        assert len(machine._active) <= sum(LIMITS.values())
        assert len(machine._timers) <= 2 * sum(LIMITS.values()) + 65
        for group in machine._groups:
            assert all(machine._find(short) is entry for short, entry in group.items())

    def teardown(self) -> None:
        """With responses, all lookups come to an end."""
        for _ in range(1000):
            if self.in_flight:
                call = self.in_flight.pop()
                self.apply(self.machine.response(self.now, call.short, call.entry, call.engine, None))
            elif (due := self.machine.next_due()) is not None:
                self.now = due
                self.apply(self.machine.advance(due, self.up))
        assert not self.machine._active
        assert "waiting" not in self.status.values()
        self.limits.stop()


TestLookups = Lookups.TestCase
TestLookups.settings = settings(max_examples=examples(150), stateful_step_count=60, deadline=None)
