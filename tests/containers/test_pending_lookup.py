# SPDX-License-Identifier: Apache-2.0
"""A question about a container, and what is made of the answers."""

from __future__ import annotations

from typing import cast

import pytest

from tiercel.containers.engines.worker import FAILED, EngineWorker
from tiercel.containers.interfaces import Ask
from tiercel.containers.metadata import Info
from tiercel.containers.pending_lookup import Question, whole_id
from tiercel.containers.util.bounded_dict import Limited

FULL = "0123456789abcdef" * 4
ASK: Ask = (FULL[:12], "docker", f"/docker/{FULL}", 0, 0, "info")


class Worker:
    """As much of an engine's threads as a question looks at."""

    def __init__(self, name: str, rank: int, owner: int | None = None) -> None:
        self.name, self.rank, self.owner = name, rank, owner


def worker(name: str, rank: int, owner: int | None = None) -> EngineWorker:
    return cast("EngineWorker", Worker(name, rank, owner))


PODMAN, DOCKER, CRI = worker("podman", 0), worker("docker", 1), worker("cri", 2)


def asked(*workers: EngineWorker) -> Question:
    question = Question(ASK, 0.0)
    question.pending = set(workers)
    return question


def test_the_first_in_the_order_is_believed() -> None:
    question = asked(PODMAN, DOCKER, CRI)
    question.take(CRI, Info("1", "cri"))
    assert not question.is_settled()
    question.take(PODMAN, None)
    assert not question.is_settled()
    question.take(DOCKER, Info("1", "docker"))
    assert question.is_settled()
    assert question.best == (DOCKER, Info("1", "docker"))


def test_those_after_it_are_not_waited_for() -> None:
    question = asked(DOCKER, CRI)
    question.take(DOCKER, Info("1", "docker"))
    assert question.is_settled()


def test_who_announced_something_is_waited_for() -> None:
    question = asked(PODMAN, DOCKER)
    question.best = DOCKER, Info("1", "docker", is_partial=True)
    question.take(PODMAN, None)
    assert not question.is_settled()
    question.take(CRI, Info("1", "cri"))  # which runs docker's containers, and knows less of them
    assert not question.is_settled()
    question.take(DOCKER, None)
    assert not question.is_settled()
    question.take(DOCKER, Info("1", "docker"))
    assert question.is_settled()


def test_pauses_grow_and_end_unless_somebody_could_not_be_asked() -> None:
    question = asked(DOCKER)
    pauses = [question.pause() for _ in range(9)]
    assert [late for _, late in pauses] == [False] * 4 + [True] * 5
    assert [pause for pause, _ in pauses] == [0.03, 0.06, 0.12, 0.24, 1.0, 2.0, 4.0, 8.0, None]
    question.take(DOCKER, FAILED)
    assert question.pause() == (30.0, True)
    hurried = asked(DOCKER)
    hurried.hurry_no_more()
    assert hurried.pause() == (1.0, True)


def test_as_long_as_events_wait_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("tiercel.containers.pending_lookup.time.monotonic", lambda: now)
    question = Question(ASK, 2.0)
    pauses = []
    while pauses[-1:] != [1.0]:
        pause, is_late = question.pause()
        assert pause is not None
        assert is_late is (pause == 1.0)
        pauses.append(pause)
        now += pause
    assert pauses == [0.03, 0.06, 0.12, *[0.24] * 7, 1.0]
    again = Question(ASK, 60.0)
    again.hurry_no_more()
    assert again.pause() == (1.0, True)


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
    ("name", "owner", "ask", "fits"),
    [
        ("docker", None, ASK, True),
        ("docker", None, (ASK[0], "podman", *ASK[2:]), False),
        ("podman", None, (ASK[0], "podman", *ASK[2:]), True),
        ("podman", 1000, ASK, False),
        ("podman", 1000, (ASK[0], "podman", "/user.slice/user-1000.slice/a/libpod-1.scope", 0, 0, "info"), True),
        ("podman", 1000, (ASK[0], "podman", "/user.slice/user-10001.slice/a/libpod-1.scope", 0, 0, "info"), False),
    ],
)
def test_who_is_asked(name: str, owner: int | None, ask: Ask, fits: bool) -> None:
    assert Question(ask, 0.5).fits(worker(name, 0, owner)) is fits


def test_a_map_that_is_full_forgets_the_oldest() -> None:
    kept: Limited[int] = Limited(2)
    for key in "abacd":
        kept.put(key, 1)
    assert list(kept) == ["c", "d"]
    kept.put("c", 2)
    kept.put("e", 1)
    assert dict(kept) == {"c": 2, "e": 1}
