# SPDX-License-Identifier: Apache-2.0
"""One engine's threads, where they have more to do than there is room for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from support.waiting import eventually

from tiercel.containers.engines import worker
from tiercel.containers.engines.interface import Answer, EngineEvent, EngineId
from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.metadata import ContainerInfo
from tiercel.notice import Notice


class Engine:
    """Answers when it may; its stream of events is over at once."""

    name = "docker"

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.looked_up: list[str] = []
        self.followed = 0

    def version(self) -> str:
        return "docker 1"

    def lookup(self, container: str) -> ContainerInfo | None:
        self.looked_up.append(container)
        self.may_answer.wait(20)
        return None

    def events(self) -> Iterator[EngineEvent]:
        self.followed += 1
        return iter(())

    def close(self) -> None:
        self.may_answer.set()


class Listener:
    """Keeps calls that are to be made later."""

    def __init__(self) -> None:
        self.due: list[Callable[[], object]] = []

    def on_up(self, worker: EngineWorker) -> None: ...

    def on_engine_event(self, worker: EngineWorker, event: EngineEvent) -> None: ...

    def schedule(self, delay: float, call: Callable[[], object]) -> None:
        if delay != worker.SLOW:
            self.due.append(call)

    def notify(self, notice: Notice) -> None: ...


def test_events_are_followed_again_however_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the look that precedes it there is another one; the engine itself is well, so no other comes."""
    monkeypatch.setattr(worker, "_THREADS", 1)
    monkeypatch.setattr(worker, "_ROOM", 1)
    engine, listener = Engine(), Listener()
    docker = EngineWorker(EngineId("docker", "/docker.sock", 0), lambda: engine, listener)
    answers: list[Answer] = []
    docker.start()
    eventually(lambda: engine.followed == 1 and listener.due)
    docker.request("a", answers.append)
    eventually(lambda: engine.looked_up == ["a"])
    docker.request("b", answers.append)
    (look,) = listener.due
    listener.due.clear()
    look()
    assert len(listener.due) == 1
    engine.may_answer.set()
    eventually(lambda: len(answers) == 2)
    listener.due.pop()()
    eventually(lambda: engine.followed == 2)
    docker.close()
    docker.join(10)


def test_a_flood_of_events_waits_for_the_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream of the engine stops at the limit, continues with each taken event, and ends with the worker."""
    monkeypatch.setattr(worker, "_MAX_EVENTS", 3)
    monkeypatch.setattr(worker, "_EVENT_WAIT", 0.01)
    engine, listener = Engine(), Listener()
    yielded: list[int] = []

    def flood() -> Iterator[EngineEvent]:
        for number in range(1_000_000):
            yielded.append(number)
            yield EngineEvent("started", f"{number:064x}")

    engine.events = flood  # type: ignore[method-assign]
    docker = EngineWorker(EngineId("docker", "/docker.sock", 0), lambda: engine, listener)
    docker.start()
    eventually(lambda: len(yielded) == 4)
    docker.event_taken()
    eventually(lambda: len(yielded) == 5)
    docker.close()
    docker.join(20)
    assert docker._follower is not None
    assert not docker._follower.is_alive()
    assert len(yielded) == 5
