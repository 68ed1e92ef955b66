# SPDX-License-Identifier: Apache-2.0
"""A lookup about a container, and what is made of the answers."""

from __future__ import annotations

from typing import cast

import pytest

from tiercel.containers.engines.interface import FAILED, EngineId
from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.interfaces import LookupRequest
from tiercel.containers.metadata import ContainerInfo
from tiercel.containers.pending_lookup import PendingLookup, whole_id
from tiercel.containers.util.bounded_dict import BoundedDict

FULL = "0123456789abcdef" * 4
ASK: LookupRequest = (FULL[:12], "docker", f"/docker/{FULL}", 0, 0, "info")


class Worker:
    """As much of an engine's threads as a lookup looks at."""

    def __init__(self, name: str, rank: int, owner: int | None = None) -> None:
        self.id = EngineId(name, "", rank, owner)


def worker(name: str, rank: int, owner: int | None = None) -> EngineWorker:
    return cast("EngineWorker", Worker(name, rank, owner))


PODMAN, DOCKER, CRI = worker("podman", 0), worker("docker", 1), worker("cri", 2)


def lookup_at(*workers: EngineWorker) -> PendingLookup:
    lookup = PendingLookup(ASK, 0.0)
    lookup.pending = set(workers)
    return lookup


def test_the_first_in_the_order_is_believed() -> None:
    lookup = lookup_at(PODMAN, DOCKER, CRI)
    lookup.take(CRI, ContainerInfo("1", "cri"))
    assert not lookup.is_settled()
    lookup.take(PODMAN, None)
    assert not lookup.is_settled()
    lookup.take(DOCKER, ContainerInfo("1", "docker"))
    assert lookup.is_settled()
    assert lookup.best == (DOCKER, ContainerInfo("1", "docker"))


def test_those_after_it_are_not_waited_for() -> None:
    lookup = lookup_at(DOCKER, CRI)
    lookup.take(DOCKER, ContainerInfo("1", "docker"))
    assert lookup.is_settled()


def test_who_announced_something_is_waited_for() -> None:
    lookup = lookup_at(PODMAN, DOCKER)
    lookup.best = DOCKER, ContainerInfo("1", "docker", is_partial=True)
    lookup.take(PODMAN, None)
    assert not lookup.is_settled()
    lookup.take(CRI, ContainerInfo("1", "cri"))  # which runs docker's containers, and has less metadata of them
    assert not lookup.is_settled()
    lookup.take(DOCKER, None)
    assert not lookup.is_settled()
    lookup.take(DOCKER, ContainerInfo("1", "docker"))
    assert lookup.is_settled()


def test_pauses_grow_and_end_unless_somebody_could_not_be_asked() -> None:
    lookup = lookup_at(DOCKER)
    delays = [lookup.next_delay() for _ in range(9)]
    assert [late for _, late in delays] == [False] * 4 + [True] * 5
    assert [delay for delay, _ in delays] == [0.03, 0.06, 0.12, 0.24, 1.0, 2.0, 4.0, 8.0, None]
    lookup.take(DOCKER, FAILED)
    assert lookup.next_delay() == (30.0, True)
    hurried = lookup_at(DOCKER)
    hurried.use_slow_backoff()
    assert hurried.next_delay() == (1.0, True)


def test_as_long_as_events_wait_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("tiercel.containers.pending_lookup.time.monotonic", lambda: now)
    lookup = PendingLookup(ASK, 2.0)
    delays = []
    while delays[-1:] != [1.0]:
        delay, is_late = lookup.next_delay()
        assert delay is not None
        assert is_late is (delay == 1.0)
        delays.append(delay)
        now += delay
    assert delays == [0.03, 0.06, 0.12, *[0.24] * 7, 1.0]
    again = PendingLookup(ASK, 60.0)
    again.use_slow_backoff()
    assert again.next_delay() == (1.0, True)


@pytest.mark.parametrize(
    ("matcher", "cgroup", "whole"),
    [
        ("docker", f"/docker/{FULL}", FULL),
        ("podman", f"/machine.slice/libpod-{FULL}.scope/container", FULL),
        ("docker", f"/docker/{'f' * 64}/docker/{FULL}", FULL),
        ("docker", f"/docker/{'f' * 64}", FULL[:12]),
        ("containerd", f"/default/{FULL[:12]}-and-more", f"{FULL[:12]}-and-more"),
        ("lxc", f"/lxc/{FULL[:12]}-and-more", FULL[:12]),
    ],
)
def test_the_whole_id_is_in_the_control_groups_name(matcher: str, cgroup: str, whole: str) -> None:
    assert whole_id((FULL[:12], matcher, cgroup, 0, 0, "info")) == whole


@pytest.mark.parametrize(
    ("name", "owner", "lookup", "fits"),
    [
        ("docker", None, ASK, True),
        ("docker", None, (ASK[0], "podman", *ASK[2:]), False),
        ("podman", None, (ASK[0], "podman", *ASK[2:]), True),
        ("podman", 1000, ASK, False),
        ("podman", 1000, (ASK[0], "podman", "/user.slice/user-1000.slice/a/libpod-1.scope", 0, 0, "info"), True),
        ("podman", 1000, (ASK[0], "podman", "/user.slice/user-10001.slice/a/libpod-1.scope", 0, 0, "info"), False),
    ],
)
def test_who_is_asked(name: str, owner: int | None, lookup: LookupRequest, fits: bool) -> None:
    assert PendingLookup(lookup, 0.5).fits(worker(name, 0, owner)) is fits


def test_a_map_that_is_full_forgets_the_oldest() -> None:
    kept: BoundedDict[int] = BoundedDict(2)
    for key in "abacd":
        kept.put(key, 1)
    assert list(kept) == ["c", "d"]
    kept.put("c", 2)
    kept.put("e", 1)
    assert dict(kept) == {"c": 2, "e": 1}
