# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of one output."""

from __future__ import annotations

import threading

from tiercel.outputs.queue import MemoryQueue


def test_alerts_stay_until_they_are_done() -> None:
    queue = MemoryQueue(10)
    assert queue.put([1, 2, 3], lambda: False) == 0
    assert queue.peek(2) == queue.peek(2) == [1, 2]
    queue.done(1)
    assert (queue.peek(9), len(queue)) == ([2, 3], 2)


def test_a_full_queue_refuses_the_newest() -> None:
    queue = MemoryQueue(2)
    assert queue.put([1, 2, 3], lambda: False) == 1
    assert queue.put([4], lambda: False) == 1
    assert queue.peek(9) == [1, 2]


def test_a_caller_that_waits_gets_room() -> None:
    queue = MemoryQueue(2)
    queue.put([1, 2], lambda: False)
    seen: list[int] = []

    def consume() -> None:
        while len(seen) < 6:
            seen.extend(found := queue.peek(1))
            queue.done(len(found))

    thread = threading.Thread(target=consume)
    thread.start()
    assert queue.put([3, 4, 5, 6], lambda: True) == 0
    thread.join()
    assert seen == [1, 2, 3, 4, 5, 6]
