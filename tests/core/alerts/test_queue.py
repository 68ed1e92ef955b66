# SPDX-License-Identifier: Apache-2.0
"""The bounded alert queue: order, policies and their accounting, wake-ups, signals."""

from __future__ import annotations

import os
import random
import resource
import select
import signal
import threading
import time
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel._core.alerts.queue import AlertQueue
from tiercel.errors import SensorError, UsageError

POLICIES = ("drop_oldest", "drop_newest", "block")


def readable(queue: AlertQueue) -> bool:
    return bool(select.select([queue.fileno()], [], [], 0)[0])


def accounted(queue: AlertQueue) -> bool:
    stats = queue.stats()
    return stats["pushed"] == stats["popped"] + stats["queued"] + stats["lost_oldest"] + stats["lost_newest"]


def test_items_come_out_in_order_with_their_tags():
    queue = AlertQueue(capacity=8)
    for n in range(5):
        assert queue.push(b"alert %d" % n, n)
    assert len(queue) == 5
    assert queue.pop(2, timeout=0) == [(0, b"alert 0"), (1, b"alert 1")]
    assert queue.pop(timeout=0) == [(n, b"alert %d" % n) for n in (2, 3, 4)]
    assert queue.pop(timeout=0) == []


def test_empty_item():
    queue = AlertQueue()
    assert queue.push(b"")
    assert queue.pop(timeout=0) == [(0, b"")]


def test_drop_oldest_keeps_the_newest():
    queue = AlertQueue(capacity=3, policy="drop_oldest")
    assert all(queue.push(b"%d" % n) for n in range(5))
    assert [data for _, data in queue.pop(timeout=0)] == [b"2", b"3", b"4"]
    assert queue.stats()["lost_oldest"] == 2
    assert queue.stats()["peak"] == 3


def test_drop_newest_keeps_the_oldest():
    queue = AlertQueue(capacity=3, policy="drop_newest")
    assert [queue.push(b"%d" % n) for n in range(5)] == [True, True, True, False, False]
    assert [data for _, data in queue.pop(timeout=0)] == [b"0", b"1", b"2"]
    assert queue.stats()["lost_newest"] == 2


@pytest.mark.parametrize("policy", POLICIES)
def test_an_item_larger_than_the_queue_is_lost_and_counted(policy):
    queue = AlertQueue(max_bytes=4096, policy=policy)
    assert queue.push(b"small")
    assert not queue.push(bytes(4096))
    assert queue.stats()["lost_newest"] == 1
    assert queue.pop(timeout=0) == [(0, b"small")]


def test_block_waits_for_room():
    queue = AlertQueue(capacity=2, policy="block")
    got: list[bytes] = []
    producer = threading.Thread(target=lambda: [queue.push(b"%d" % n) for n in range(50)])
    producer.start()
    while not queue.stats()["waits"]:
        time.sleep(0.001)
    while len(got) < 50:
        got += [data for _, data in queue.pop(timeout=5)]
    producer.join()
    assert got == [b"%d" % n for n in range(50)]
    assert queue.stats()["lost_oldest"] == queue.stats()["lost_newest"] == 0


def test_close_releases_a_blocked_push_and_counts_its_item():
    queue = AlertQueue(capacity=1, policy="block")
    assert queue.push(b"first")
    results: list[bool] = []
    producer = threading.Thread(target=lambda: results.append(queue.push(b"second")))
    producer.start()
    while not queue.stats()["waits"]:
        time.sleep(0.001)
    queue.close()
    producer.join()
    assert results == [False]
    assert queue.closed
    assert queue.pop() == [(0, b"first")]
    assert queue.pop() == [], "a closed and empty queue does not block"
    assert accounted(queue)


@pytest.mark.parametrize("policy", POLICIES[:2])
def test_a_flood_of_one_owner_pushes_out_nothing_of_another(policy):
    queue = AlertQueue(capacity=100, policy=policy)
    for n in range(1000):
        queue.push(b"loud %d" % n, owner=1)
        if n % 50 == 0:
            assert queue.push(b"quiet %d" % n, owner=2)
    data = [data for _, data in queue.pop(timeout=0)]
    assert [item for item in data if item.startswith(b"quiet")] == [b"quiet %d" % n for n in range(0, 1000, 50)]
    assert 70 <= sum(item.startswith(b"loud") for item in data) <= 80
    assert accounted(queue)


def test_a_flood_of_long_items_leaves_bytes_for_others():
    queue = AlertQueue(capacity=1000, max_bytes=4096)
    for n in range(100):
        queue.push(bytes(400), owner=1)
        if n % 20 == 0:
            assert queue.push(b"quiet %d" % n, owner=2)
    data = [data for _, data in queue.pop(timeout=0)]
    assert [item for item in data if item.startswith(b"quiet")] == [b"quiet %d" % n for n in range(0, 100, 20)]


def test_what_was_taken_counts_for_nobody():
    queue = AlertQueue(capacity=100)
    for _ in range(3):
        for n in range(100):
            assert queue.push(b"%d" % n, owner=1)
        assert len(queue.pop(timeout=0)) == 100
    for n in range(50):
        assert queue.push(b"%d" % n, owner=n)
    assert [data for _, data in queue.pop(timeout=0)] == [b"%d" % n for n in range(50)]
    assert queue.stats()["lost_oldest"] == 0


@given(
    policy=st.sampled_from(POLICIES[:2]),
    capacity=st.integers(1, 20),
    steps=st.lists(st.one_of(st.binary(max_size=900), st.integers(1, 10)), max_size=200),
)
def test_accounting_and_content_agree_with_a_model(policy, capacity, steps):
    """A push is bytes, a pop is a number; 4,096 bytes make the circular buffer wrap all the time."""
    queue = AlertQueue(capacity=capacity, max_bytes=4096, policy=policy)
    model: list[bytes] = []

    def used() -> int:
        return sum((16 + len(data) + 7) & ~7 for data in model)

    for step in steps:
        if isinstance(step, int):
            assert [data for _, data in queue.pop(step, timeout=0)] == model[:step]
            del model[:step]
            continue
        need = (16 + len(step) + 7) & ~7
        while policy == "drop_oldest" and (len(model) >= capacity or used() + need > 4096):
            del model[0]
        room = len(model) < capacity and used() + need <= 4096
        assert queue.push(step) is room
        if room:
            model.append(step)
        assert accounted(queue)
        assert readable(queue) is bool(model)
    assert [data for _, data in queue.pop(timeout=0)] == model


@pytest.mark.parametrize("policy", POLICIES)
def test_many_producers_and_consumers_account_for_every_item(policy):
    queue = AlertQueue(capacity=16, policy=policy)
    got: list[bytes] = []

    def produce(name: int) -> None:
        for n in range(500):
            queue.push(b"%d %d" % (name, n))

    def consume() -> None:
        while not (queue.closed and not len(queue)):
            got.extend([data for _, data in queue.pop(7, timeout=1)])

    producers = [threading.Thread(target=produce, args=(name,)) for name in range(3)]
    consumers = [threading.Thread(target=consume) for _ in range(2)]
    for thread in producers + consumers:
        thread.start()
    for thread in producers:
        thread.join()
    queue.close()
    for thread in consumers:
        thread.join()
    stats = queue.stats()
    assert stats["pushed"] == 1500
    assert len(got) == len(set(got)) == stats["popped"]
    assert stats["popped"] + stats["lost_oldest"] + stats["lost_newest"] == 1500
    if policy == "block":
        assert stats["popped"] == 1500


def test_the_descriptor_is_readable_exactly_while_there_is_something_to_take():
    queue = AlertQueue()
    assert not readable(queue)
    queue.push(b"a")
    queue.push(b"b")
    assert readable(queue)
    queue.pop(1, timeout=0)
    assert readable(queue)
    queue.pop(1, timeout=0)
    assert not readable(queue)
    queue.close()
    assert readable(queue), "so that a poll loop learns of the end"


def test_pop_returns_after_its_timeout():
    queue = AlertQueue()
    began = time.monotonic()
    assert queue.pop(timeout=0.15) == []
    assert 0.14 <= time.monotonic() - began < 20


def test_pop_wakes_for_an_item_from_another_thread():
    queue = AlertQueue()
    threading.Timer(0.05, queue.push, [b"late"]).start()
    assert queue.pop() == [(0, b"late")]


def test_ctrl_c_interrupts_a_blocked_pop():
    queue = AlertQueue()
    threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        queue.pop()


def test_signal_handlers_run_while_pop_waits():
    queue = AlertQueue()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: queue.push(b"from the handler"))
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1])
    try:
        timer.start()
        assert queue.pop(timeout=20) == [(0, b"from the handler")]
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def test_the_child_of_a_fork_cannot_use_the_queue():
    queue = AlertQueue()
    queue.after_fork_child()
    for call in (queue.pop, queue.fileno, queue.stats, lambda: queue.push(b""), lambda: len(queue)):
        with pytest.raises(SensorError, match="E605"):
            call()
    queue.close()
    queue.after_fork_child()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit):
    with pytest.raises(UsageError, match="E607"):
        AlertQueue().pop(limit)


def test_any_larger_limit_takes_all():
    queue = AlertQueue()
    queue.push(b"a")
    assert queue.pop(1 << 70) == [(0, b"a")]


@pytest.mark.parametrize("options", [{"policy": "spill"}, {"capacity": 0}, {"max_bytes": 10}])
def test_wrong_options_are_refused(options):
    with pytest.raises(UsageError, match="E607"):
        AlertQueue(**options)


# --- memory -----------------------------------------------------------------------------------------------------------


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


MIB = 1 << 20


@pytest.mark.resident
def test_the_buffer_takes_no_more_memory_than_what_is_inside():
    queue = AlertQueue(max_bytes=64 * MIB)
    item = b"x" * (64 << 10)
    before = resident()
    for _ in range(4 * 64 * 16):  # 256 MiB, with two items inside at most
        queue.push(item)
        if len(queue) == 2:
            queue.pop(1, timeout=0)
    assert resident() - before < 8 * MIB


@pytest.mark.resident
def test_the_buffer_gives_memory_back():
    queue = AlertQueue(max_bytes=64 * MIB)
    item = b"x" * (64 << 10)
    before = resident()
    for _ in range(3):
        for _ in range(32 * 16):
            queue.push(item)
        assert resident() - before > 30 * MIB
        while queue.pop(16, timeout=0):
            pass
        assert resident() - before < 8 * MIB


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_mixed_up_when_the_buffer_grows_and_shrinks(policy, seed):
    """Against a list, with a fill that swings between nothing and everything."""
    chance = random.Random(seed)
    queue = AlertQueue(max_bytes=8 * MIB, policy=policy)
    inside: deque[tuple[int, bytes]] = deque()
    room = lost = 0
    for number in range(600):
        if chance.random() < (0.9 if number // 150 % 2 == 0 else 0.2):
            data = number.to_bytes(4, "little") * chance.randrange(1 << 16)
            need = (16 + len(data) + 7) & ~7
            full = room + need > 8 * MIB
            lost += full and policy == "drop_newest"
            while room + need > 8 * MIB and policy == "drop_oldest":
                room -= (16 + len(inside.popleft()[1]) + 7) & ~7
                lost += 1
            assert queue.push(data, number) == (not full or policy == "drop_oldest")
            if not full or policy == "drop_oldest":
                inside.append((number, data))
                room += need
        else:
            for item in queue.pop(chance.randrange(1, 4), timeout=0):
                assert item == inside.popleft()
                room -= (16 + len(item[1]) + 7) & ~7
    assert queue.pop(1000, timeout=0) == list(inside)
    stats = queue.stats()
    assert stats["lost_oldest"] + stats["lost_newest"] == lost
    assert lost > 0
