# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import threading

import pytest

from tiercel.response.worker import Worker


def test_jobs_run_in_order_and_survive_errors(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    worker = Worker("test", 10)
    worker.start()
    with caplog.at_level(logging.ERROR, "tiercel.response"):
        assert worker.submit(lambda: done.append(1))
        assert worker.submit(lambda: done.append(1 // 0))
        assert worker.submit(lambda: done.append(2))
        assert worker.close(20)
    assert done == [1, 2]
    assert "ZeroDivisionError" in caplog.text
    assert not worker.submit(lambda: None)


def test_a_full_queue_refuses_and_a_hung_job_ends_the_wait() -> None:
    go, begun = threading.Event(), threading.Event()
    worker = Worker("test", 2)
    worker.start()

    def hang() -> None:
        begun.set()
        go.wait()

    assert worker.submit(hang)
    assert begun.wait(20)
    assert worker.submit(lambda: None)
    assert worker.submit(lambda: None)
    assert not worker.submit(lambda: None)
    assert not worker.close(0.05)
    assert worker.abandon() == 2
    go.set()
    assert worker.close(20)
