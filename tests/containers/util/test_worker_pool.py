# SPDX-License-Identifier: Apache-2.0
"""Thread pool where threads or room run out."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support.waiting import eventually

from tiercel.containers.util.worker_pool import WorkerPool


def refuse(_: Any) -> None:
    raise RuntimeError("can't start new thread")


def test_a_full_queue_refuses_calls() -> None:
    pool, begun, over = WorkerPool("tiercel-test", 1, 2), threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        over.wait(20)

    assert pool.put(block)
    assert begun.wait(20)
    assert [pool.put(block) for _ in range(3)] == [True, True, False]
    over.set()
    pool.close()
    pool.join(20)


def test_without_a_thread_calls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused call is never made; it is accepted if another thread of the pool runs."""
    pool, made = WorkerPool("tiercel-test", 2, 10), list[str]()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert not pool.put(lambda: made.append("refused"))
    begun, over = threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        over.wait(20)

    assert pool.put(block)
    assert begun.wait(20)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert pool.put(lambda: made.append("later"))
    over.set()
    eventually(lambda: made)
    assert made == ["later"]
    pool.close()
    pool.join(20)
