# SPDX-License-Identifier: Apache-2.0
"""Lookup machine: the outcome of requests, responses, engine events and timers, in time that the test sets."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel.containers import lookup_machine
from tiercel.containers.engines.interface import FAILED, Answer, Change, EngineEvent, EngineId
from tiercel.containers.interfaces import LookupRequest
from tiercel.containers.lookup_machine import Announce, Effect, LookupMachine, MarkMissing, RequestEngine, Write
from tiercel.containers.lookup_states import State
from tiercel.containers.metadata import ContainerInfo

PODMAN, DOCKER, CRI = (EngineId(name, f"/{name}", rank) for rank, name in enumerate(("podman", "docker", "cri")))
ROOTLESS = EngineId("podman", "/rootless", 0, 1000)
FULL = "0123456789abcdef" * 4
SHORT = FULL[:12]
WAIT = 0.5


def info(engine: EngineId, container: str = FULL, **changes: Any) -> ContainerInfo:
    return ContainerInfo(container, engine.name, **changes)


def request(container: str = FULL, matcher: str = "docker", cgroup: str = "") -> LookupRequest:
    return container[:12], matcher, cgroup or f"/docker/{container}", 0, 0, "info"


class Driver:
    """Caller of a machine: it keeps the requests in flight and records the effects on the table."""

    def __init__(self, *up: EngineId, wait: float = WAIT) -> None:
        self.machine = LookupMachine(wait)
        self.now = 1000.0
        self.up = list(up)
        self.in_flight: list[RequestEngine] = []
        self.effects: list[Effect] = []

    def apply(self, effects: list[Effect]) -> list[Effect]:
        self.in_flight += [one for one in effects if isinstance(one, RequestEngine)]
        self.effects += [one for one in effects if not isinstance(one, RequestEngine)]
        return effects

    def request(self, container: str = FULL, matcher: str = "docker", cgroup: str = "") -> list[Effect]:
        return self.apply(self.machine.request(self.now, request(container, matcher, cgroup), self.up))

    def engines(self) -> list[EngineId]:
        return [one.engine for one in self.in_flight]

    def respond(self, engine: EngineId, answer: Answer) -> list[Effect]:
        call = next(one for one in self.in_flight if one.engine == engine)
        self.in_flight.remove(call)
        return self.apply(self.machine.response(self.now, call.short, call.entry, engine, answer))

    def event(self, engine: EngineId, kind: Change, partial: ContainerInfo | None = None) -> list[Effect]:
        return self.apply(self.machine.engine_event(engine, EngineEvent(kind, FULL, partial)))

    def wait(self, seconds: float) -> list[Effect]:
        self.now += seconds
        return self.apply(self.machine.advance(self.now, self.up))

    def wait_for_timer(self) -> float:
        """Advance to the next timer; return the seconds until then."""
        due = self.machine.next_due()
        assert due is not None
        seconds = due - self.now
        self.now = due
        self.apply(self.machine.advance(due, self.up))
        return seconds

    @property
    def state(self) -> State:
        return self.machine.state(SHORT)


# --- Order of engines -------------------------------------------------------------------------------------------------


def test_the_first_engine_in_the_order_wins() -> None:
    driver = Driver(PODMAN, DOCKER, CRI)
    driver.request()
    assert driver.engines() == [PODMAN, DOCKER, CRI]
    driver.respond(CRI, info(CRI))
    driver.respond(PODMAN, None)
    assert driver.effects == []
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects == [Write(SHORT, info(DOCKER))]
    assert driver.state is State.KNOWN


def test_a_result_does_not_wait_for_engines_after_its_own() -> None:
    driver = Driver(DOCKER, CRI)
    driver.request()
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects == [Write(SHORT, info(DOCKER))]


def test_a_result_does_not_wait_long_for_engines_before_its_own() -> None:
    """A better result is used however late it is; a worse one is not."""
    driver = Driver(PODMAN, DOCKER, CRI)
    driver.request()
    driver.respond(DOCKER, info(DOCKER))
    assert driver.wait_for_timer() == pytest.approx(0.2)
    assert driver.effects == [Write(SHORT, info(DOCKER))]
    driver.respond(CRI, info(CRI))
    assert len(driver.effects) == 1
    driver.respond(PODMAN, info(PODMAN))
    assert driver.effects[1:] == [Write(SHORT, info(PODMAN))]


def test_a_further_result_does_not_extend_the_patience() -> None:
    driver = Driver(PODMAN, DOCKER, CRI)
    driver.request()
    driver.respond(CRI, info(CRI))
    driver.wait(0.15)
    driver.respond(DOCKER, info(DOCKER))
    assert driver.wait_for_timer() == pytest.approx(0.05)
    assert driver.effects == [Write(SHORT, info(DOCKER))]


def test_details_come_from_the_engine_that_announced_the_container() -> None:
    """CRI runs in containerd like docker, which has less metadata of docker's containers."""
    driver = Driver(PODMAN, DOCKER, CRI)
    driver.request()
    driver.event(DOCKER, "created", info(DOCKER, is_partial=True))
    assert driver.effects == [Announce(SHORT, info(DOCKER, is_partial=True))]
    driver.respond(PODMAN, None)
    driver.respond(CRI, info(CRI))
    driver.respond(DOCKER, None)
    assert driver.state is State.IN_FLIGHT, "the event may be newer than the request"
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects[1:] == [Write(SHORT, info(DOCKER))]


# --- Back-off ---------------------------------------------------------------------------------------------------------


def delays_of(driver: Driver, answer: Answer, most: int = 20) -> list[float]:
    """Answer every request likewise; return the delays between the attempts."""
    driver.request()
    found: list[float] = []
    while len(found) < most:
        while driver.in_flight:
            driver.respond(driver.in_flight[0].engine, answer)
        if driver.machine.next_due() is None:
            break
        found.append(round(driver.wait_for_timer(), 6))
    return found


def test_delays_grow_and_end() -> None:
    driver = Driver(DOCKER, wait=0.0)
    assert delays_of(driver, None) == [0.03, 0.06, 0.12, 0.24, 1.0, 2.0, 4.0, 8.0]
    assert driver.state is State.SUSPENDED
    assert [one for one in driver.effects if one != MarkMissing(request(), is_unknown=True)] == []


def test_failed_requests_are_repeated_for_good() -> None:
    driver = Driver(DOCKER, wait=0.0)
    assert delays_of(driver, FAILED, 11) == [0.03, 0.06, 0.12, 0.24, 1.0, 2.0, 4.0, 8.0, 30.0, 30.0, 30.0]


def test_the_last_fast_delay_is_repeated_while_events_wait() -> None:
    assert delays_of(Driver(DOCKER, wait=2.0), None, 11) == [0.03, 0.06, 0.12, *[0.24] * 7, 1.0]


def test_events_are_released_before_the_first_slow_delay() -> None:
    driver = Driver(DOCKER, wait=0.0)
    driver.request()
    for state in (*[State.BACK_OFF] * 4, State.SLOW_BACK_OFF):
        assert driver.effects == []
        driver.respond(DOCKER, None)
        assert driver.state is state
        if state is State.BACK_OFF:
            driver.wait_for_timer()
    assert driver.effects == [MarkMissing(request(), is_unknown=True)]
    assert driver.machine.unanswered() == {SHORT}
    driver.wait_for_timer()
    assert driver.state is State.RECHECK
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects[1:] == [Write(SHORT, info(DOCKER))]
    assert driver.machine.unanswered() == set()


@pytest.mark.parametrize("is_in_flight", [False, True])
def test_a_request_ends_the_slow_back_off(is_in_flight: bool) -> None:
    """The container started again, so its events wait again."""
    driver = Driver(DOCKER, wait=0.0)
    driver.request()
    while driver.state is not State.SLOW_BACK_OFF:
        driver.respond(DOCKER, None)
        driver.wait(0.24)
    if is_in_flight:
        driver.wait_for_timer()
    driver.request()
    assert driver.state is State.IN_FLIGHT
    assert driver.engines() == [DOCKER]
    driver.respond(DOCKER, None)
    if is_in_flight:  # that response may be from before the start
        assert driver.state is State.IN_FLIGHT
        driver.respond(DOCKER, None)
    assert driver.wait_for_timer() == pytest.approx(0.03)


def test_a_container_that_the_table_does_not_have_any_more() -> None:
    driver = Driver(DOCKER)
    delays_of(driver, None, 4)
    driver.request("f" * 64)
    driver.wait(2)
    driver.machine.gone(SHORT)
    assert driver.state is State.IN_FLIGHT, "only with the release of its events"
    driver.respond(DOCKER, None)
    driver.machine.gone(SHORT)
    assert driver.state is State.NONE
    due = driver.machine.next_due()
    assert driver.machine.metadata(SHORT) is None
    driver.wait(30)
    assert driver.state is State.NONE
    assert due is None


# --- Engines that are down --------------------------------------------------------------------------------------------


def test_without_an_engine_nothing_waits_until_one_is_up() -> None:
    driver = Driver()
    driver.request()
    assert driver.effects == [MarkMissing(request(), is_unknown=True)]
    assert driver.state is State.SUSPENDED
    driver.apply(driver.machine.engine_up(DOCKER, {SHORT}))
    assert driver.state is State.RECHECK
    driver.respond(DOCKER, None)
    assert driver.state is State.SLOW_BACK_OFF
    driver.up.append(DOCKER)
    driver.wait_for_timer()
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects[-1] == Write(SHORT, info(DOCKER))


def test_suspended_lookups_end_without_their_container() -> None:
    driver = Driver()
    driver.request()
    assert driver.apply(driver.machine.engine_up(DOCKER, set())) == []
    assert driver.state is State.NONE


def test_an_engine_that_comes_up_takes_part_in_the_attempt() -> None:
    driver = Driver(DOCKER)
    driver.request()
    driver.apply(driver.machine.engine_up(DOCKER, {SHORT}))
    driver.apply(driver.machine.engine_up(PODMAN, {SHORT}))
    assert driver.engines() == [DOCKER, PODMAN], "at most one request at each engine"
    driver.respond(DOCKER, None)
    assert driver.state is State.IN_FLIGHT


def test_an_engine_that_comes_up_does_not_change_the_back_off() -> None:
    driver = Driver(DOCKER)
    driver.request()
    driver.respond(DOCKER, None)
    driver.apply(driver.machine.engine_up(PODMAN, {SHORT}))
    driver.respond(PODMAN, None)
    assert driver.state is State.BACK_OFF
    driver.up.append(PODMAN)
    assert driver.wait_for_timer() == pytest.approx(0.03)
    assert driver.engines() == [DOCKER, PODMAN]
    assert driver.machine.next_due() is None


def test_no_engine_is_left_when_a_delay_is_over() -> None:
    driver = Driver(DOCKER)
    driver.request()
    driver.respond(DOCKER, FAILED)
    driver.up.clear()
    driver.wait_for_timer()
    assert driver.state is State.SUSPENDED
    assert driver.effects == [MarkMissing(request(), is_unknown=True)]


# --- Engine events ----------------------------------------------------------------------------------------------------


def test_an_event_precedes_the_request() -> None:
    driver = Driver(DOCKER, PODMAN)
    driver.event(DOCKER, "created")
    assert driver.state is State.PREFETCHED
    driver.respond(DOCKER, info(DOCKER, ip="10.0.0.1"))
    assert driver.state is State.KNOWN
    driver.effects.clear()
    driver.request()
    assert driver.in_flight == []
    assert driver.effects == [Write(SHORT, info(DOCKER, ip="10.0.0.1"))]


@pytest.mark.parametrize("answer", [info(DOCKER, ip="10.0.0.1"), None, FAILED, "late"])
def test_metadata_from_before_the_start_is_requested_again(answer: Any) -> None:
    """Without a new result it is used after all, at once if the engine responds without one."""
    driver = Driver(DOCKER, PODMAN)
    driver.event(DOCKER, "created")
    driver.respond(DOCKER, info(DOCKER))
    driver.effects.clear()
    driver.request()
    assert driver.engines() == [DOCKER]
    assert driver.effects == []
    if answer == "late":
        assert driver.wait_for_timer() == pytest.approx(0.4)
        assert driver.effects == [Write(SHORT, info(DOCKER))]
        driver.effects.clear()
        answer = info(DOCKER, ip="10.0.0.1")
    driver.respond(DOCKER, answer)
    expected = answer if isinstance(answer, ContainerInfo) else info(DOCKER)
    assert driver.effects == [Write(SHORT, expected)]
    driver.request()
    assert driver.in_flight == [], "once is enough"


def test_partial_metadata_is_announced_and_completed() -> None:
    driver = Driver(DOCKER, PODMAN)
    driver.event(DOCKER, "created", info(DOCKER, is_partial=True))
    driver.respond(DOCKER, None)
    assert driver.effects == []
    driver.request()
    assert driver.engines() == [DOCKER]
    driver.request()
    assert driver.effects == [Announce(SHORT, info(DOCKER, is_partial=True))] * 2
    driver.respond(DOCKER, None)
    driver.wait_for_timer()
    assert driver.engines() == [DOCKER, PODMAN]
    driver.respond(DOCKER, info(DOCKER))
    driver.respond(PODMAN, None)
    assert driver.effects[2:] == [Write(SHORT, info(DOCKER))]


def test_a_container_that_no_engine_has_does_not_stay() -> None:
    driver = Driver(DOCKER)
    driver.event(DOCKER, "created")
    driver.respond(DOCKER, None)
    assert driver.state is State.NONE


def test_events_during_a_request_are_followed_by_one_more() -> None:
    driver = Driver(DOCKER)
    driver.request()
    for _ in range(5):
        driver.event(DOCKER, "started")
    assert driver.engines() == [DOCKER]
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects == [Write(SHORT, info(DOCKER))]
    assert driver.engines() == [DOCKER]
    driver.respond(DOCKER, info(DOCKER, name="new"))
    assert driver.effects[1:] == [Write(SHORT, info(DOCKER, name="new"))]
    assert driver.in_flight == []


def test_the_last_address_of_a_container_is_kept() -> None:
    driver = Driver(DOCKER)
    driver.request()
    driver.respond(DOCKER, info(DOCKER, ip="10.0.0.1"))
    driver.event(DOCKER, "started")
    driver.respond(DOCKER, info(DOCKER, name="other"))
    assert driver.effects[1:] == [Write(SHORT, info(DOCKER, name="other", ip="10.0.0.1"))]


@pytest.mark.parametrize("container", ["web", FULL])
def test_a_removed_container_of_a_chosen_name_is_dropped(container: str) -> None:
    """A name is free for another container then. A request may still follow for a random id."""
    driver = Driver(DOCKER)
    driver.request(container, "containerd", f"/default/{container}")
    driver.respond(DOCKER, info(DOCKER, container))
    driver.machine.engine_event(DOCKER, EngineEvent("removed", container))
    assert driver.machine.state(container[:12]) is (State.KNOWN if container == FULL else State.NONE)


def test_a_response_after_the_removal_is_ignored() -> None:
    """It is metadata of the removed container; another one of the same name is requested by itself."""
    driver = Driver(DOCKER)
    driver.apply(driver.machine.engine_event(DOCKER, EngineEvent("created", "web")))
    driver.machine.engine_event(DOCKER, EngineEvent("removed", "web"))
    assert driver.machine.state("web") is State.NONE
    driver.apply(driver.machine.engine_event(DOCKER, EngineEvent("created", "web")))
    assert driver.engines() == [DOCKER, DOCKER]
    assert driver.respond(DOCKER, info(DOCKER, "web", image="old")) == []
    assert driver.machine.state("web") is State.PREFETCHED
    driver.respond(DOCKER, info(DOCKER, "web", image="new"))
    assert driver.effects == [Write("web", info(DOCKER, "web", image="new"))]


def test_a_lookup_outlives_the_removal() -> None:
    """Events that wait for the container still need its metadata."""
    driver = Driver(DOCKER)
    driver.request()
    driver.event(DOCKER, "removed")
    driver.respond(DOCKER, info(DOCKER))
    assert driver.effects == [Write(SHORT, info(DOCKER))]


def test_a_suspended_lookup_ends_with_the_removal() -> None:
    driver = Driver()
    driver.request()
    driver.event(DOCKER, "removed")
    assert driver.state is State.NONE


@pytest.mark.parametrize("is_owners", [False, True])
def test_a_rootless_engine_reports_containers_of_its_user_only(is_owners: bool) -> None:
    driver = Driver(ROOTLESS)
    driver.event(ROOTLESS, "created", info(ROOTLESS, is_partial=True))
    assert driver.state is State.NONE, "only a control group proves the owner"
    cgroup = f"/user.slice/user-{1000 if is_owners else 1001}.slice/libpod-{FULL}.scope"
    driver.request(matcher="podman", cgroup=cgroup)
    driver.event(ROOTLESS, "started", info(ROOTLESS, is_partial=True))
    announced = Announce(SHORT, info(ROOTLESS, is_partial=True))
    missing = MarkMissing(request(matcher="podman", cgroup=cgroup), is_unknown=True)
    assert driver.effects == [announced if is_owners else missing]


def test_a_rootless_engine_stores_less() -> None:
    for engine, is_kept in ((PODMAN, True), (ROOTLESS, False)):
        driver = Driver(engine)
        driver.request(matcher="podman", cgroup=f"/user.slice/user-1000.slice/libpod-{FULL}.scope")
        driver.respond(engine, info(engine, env=("A=" + "x" * 20_000,)))
        found = driver.machine.metadata(SHORT)
        assert found is not None
        assert bool(found.env) is is_kept


def test_containers_that_share_a_short_id() -> None:
    """An event of the other one is ignored; a request for it replaces the entry."""
    other = SHORT + "f" * 52
    driver = Driver(DOCKER)
    driver.request()
    assert driver.apply(driver.machine.engine_event(DOCKER, EngineEvent("started", other))) == []
    driver.request(other)
    assert [one.whole for one in driver.in_flight] == [FULL, other]
    assert driver.respond(DOCKER, info(DOCKER)) == []
    driver.respond(DOCKER, info(DOCKER, other))
    assert driver.effects == [Write(SHORT, info(DOCKER, other))]


# --- Limits -----------------------------------------------------------------------------------------------------------


def numbered(number: int) -> str:
    return f"{number:012x}" + "0" * 52


def test_requests_without_room_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_machine, "_MAX_LOOKUPS", 2)
    driver = Driver(DOCKER)
    for number in range(4):
        driver.request(numbered(number))
    assert len(driver.in_flight) == 2
    assert driver.effects == [MarkMissing(request(numbered(number)), is_unknown=False) for number in (2, 3)]
    assert driver.machine.refused == 2
    driver.respond(DOCKER, info(DOCKER, numbered(0)))
    driver.request(numbered(3))
    assert driver.machine.refused == 2


@pytest.mark.parametrize("is_up", [False, True])
def test_the_oldest_entry_is_evicted(monkeypatch: pytest.MonkeyPatch, is_up: bool) -> None:
    monkeypatch.setattr(lookup_machine, "_MAX_SUSPENDED", 2)
    monkeypatch.setattr(lookup_machine, "_MAX_SETTLED", 2)
    driver = Driver(*[DOCKER] * is_up)
    for number in range(3):
        driver.request(numbered(number))
        if is_up:
            driver.respond(DOCKER, info(DOCKER, numbered(number)))
    states = [driver.machine.state(numbered(number)[:12]) for number in range(3)]
    assert states == [State.NONE, *[State.KNOWN if is_up else State.SUSPENDED] * 2]
    assert driver.machine.evicted == 1


def test_outdated_timers_do_not_pile_up() -> None:
    driver = Driver(PODMAN, DOCKER)
    for _ in range(1000):
        driver.event(DOCKER, "created")
        driver.respond(DOCKER, info(DOCKER))
        driver.request()
        driver.respond(DOCKER, info(DOCKER))
    assert len(driver.machine._timers) < 200
