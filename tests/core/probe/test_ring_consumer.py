# SPDX-License-Identifier: Apache-2.0
"""The ring consumer and the merge, over rings that are files in memory, laid out as the kernel lays them out."""

from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakering import BUSY, DISCARD, PAGE, FakeRing

from tiercel._core.probe.ring_consumer import RingReader
from tiercel.errors import KernelError

SLACK = 1_000_000
MINIMUM = 120


def record(time_ns: int, name: bytes = b"", size: int = MINIMUM) -> bytes:
    """Bytes that carry a time where ev_hdr has it."""
    return (struct.pack("=IHHQ", size, 1, 0, time_ns) + name).ljust(size, b"\0")


@pytest.fixture
def rings():
    made = [FakeRing(), FakeRing()]
    yield made
    for ring in made:
        ring.close()


def reader_of(rings, slack_ns=SLACK):
    return RingReader([(ring.fd, ring.size) for ring in rings], slack_ns=slack_ns)


def times(records):
    return [struct.unpack_from("=Q", data, 8)[0] for _, data in records]


def test_two_rings_are_merged_by_time(rings):
    life, volume = rings
    life.put(record(100, b"fork"))
    life.put(record(300, b"exec"))
    volume.put(record(200, b"open"))
    volume.put(record(400, b"open"))
    reader = reader_of(rings)
    assert reader.read(now_ns=SLACK + 1000) == [
        (0, record(100, b"fork")),
        (1, record(200, b"open")),
        (0, record(300, b"exec")),
        (1, record(400, b"open")),
    ]
    assert (life.consumer, volume.consumer) == (life.producer, volume.producer), "the space is given back"
    assert reader.stats()["out_of_order"] == 0


def test_of_records_of_the_same_time_the_first_ring_s_comes_first(rings):
    """So that what happens to a process is known before what it does."""
    life, volume = rings
    for time_ns in (100, 200, 200):
        volume.put(record(time_ns))
    life.put(record(200))
    assert [ring for ring, _ in reader_of(rings).read(now_ns=SLACK * 2)] == [1, 0, 1, 1]


def test_a_record_that_becomes_whole_while_another_ring_is_read_comes_in_its_place(rings):
    life, volume = rings
    at = life.put(record(100), BUSY)
    for time_ns in (50, 200):
        volume.put(record(time_ns))
    reader = reader_of(rings)
    assert times(reader.read(1, now_ns=SLACK * 2)) == [50]
    life.commit(at, MINIMUM)
    assert times(reader.read(look=False)) == [100, 200], "in the same look at the rings"
    assert reader.stats()["out_of_order"] == 0


def test_a_look_that_found_nothing_more_goes_on_where_records_become_whole(rings):
    life, volume = rings
    at = life.put(record(100), BUSY)
    reader = reader_of(rings)
    assert reader.read(now_ns=SLACK * 2) == reader.read(look=False) == []
    volume.put(record(200))
    life.commit(at, MINIMUM)
    assert times(reader.read(look=False)) == [100], "the other came after the look"
    assert times(reader.read(now_ns=SLACK * 2)) == [200]


def test_a_record_younger_than_the_slack_waits(rings):
    rings[0].put(record(5000))
    reader = reader_of(rings)
    assert reader.read(now_ns=SLACK + 4999) == []
    assert rings[0].consumer == 0
    assert times(reader.read(now_ns=SLACK + 5000)) == [5000]


def test_a_late_record_of_another_ring_is_put_in_order_while_the_other_waits(rings):
    rings[1].put(record(2000))
    reader = reader_of(rings)
    assert reader.read(now_ns=SLACK) == []
    rings[0].put(record(1000))
    assert times(reader.read(now_ns=SLACK + 3000)) == [1000, 2000]
    assert reader.stats()["out_of_order"] == 0


def test_a_record_later_than_the_slack_is_handed_out_and_counted(rings):
    rings[1].put(record(2000))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=SLACK + 2000)) == [2000]
    rings[0].put(record(1000))
    assert times(reader.read(now_ns=SLACK + 3000)) == [1000]
    assert reader.stats()["out_of_order"] == 1


def test_small_disorder_inside_one_ring_is_not_counted(rings):
    for time_ns in (1000, 998, 1001):
        rings[0].put(record(time_ns))
    rings[1].put(record(999))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=SLACK * 2)) == [999, 1000, 998, 1001]
    assert reader.stats()["out_of_order"] == 0


def test_a_record_in_flight_holds_back_only_its_own_ring(rings):
    life, volume = rings
    at = life.put(record(100), BUSY)
    life.put(record(300))
    volume.put(record(200))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=SLACK * 2)) == [200]
    life.commit(at, MINIMUM)
    assert times(reader.read(now_ns=SLACK * 2)) == [100, 300]
    assert reader.stats()["out_of_order"] == 1


def test_discarded_records_are_passed_over(rings):
    rings[0].put(record(100), DISCARD)
    rings[0].put(record(200))
    rings[0].put(record(300), DISCARD)
    assert times(reader_of(rings).read(now_ns=SLACK * 2)) == [200]
    assert rings[0].consumer == rings[0].producer


def test_a_ring_more_than_half_full_does_not_wait(rings):
    size = PAGE // 4
    for n in range(3):
        rings[1].put(record(5000 + n, size=size - 8))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=1000)) == [5000, 5001, 5002]
    assert reader.stats()["hurries"] == 1
    rings[0].put(record(4000))
    reader.read(now_ns=SLACK * 2)
    assert reader.stats()["out_of_order"] == 1
    assert reader.stats()["peak"] == [MINIMUM + 8, 3 * size]


def test_a_limit_leaves_the_rest_for_the_next_read(rings):
    for n in range(5):
        rings[n % 2].put(record(n + 1))
    reader = reader_of(rings)
    assert times(reader.read(2, now_ns=SLACK * 2)) == [1, 2]
    assert times(reader.read(now_ns=SLACK * 2)) == [3, 4, 5]
    assert reader.stats()["records"] == [3, 2]


def test_a_record_shorter_than_a_header_is_handed_out_at_once(rings):
    rings[0].put(b"\xff" * 10)
    rings[0].put(b"")
    assert reader_of(rings).read(now_ns=1) == [(0, b"\xff" * 10), (0, b"")]


def test_a_time_in_the_far_future_does_not_block_its_ring(rings):
    rings[0].put(record(1 << 63))
    reader = reader_of(rings)
    assert reader.read(now_ns=5000) == []
    assert len(reader.read(now_ns=5000 + SLACK)) == 1
    rings[0].put(record(6000))
    assert times(reader.read(now_ns=6000 + SLACK)) == [6000]


def test_a_senseless_length_skips_what_the_snapshot_holds(rings):
    rings[0].put(record(100))
    at = rings[0].put(record(200))
    rings[0].put(record(300))
    rings[0].poke(at, struct.pack("=I", 0x3FFFFFFF))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=SLACK * 2)) == [100]
    assert reader.stats()["corrupt"] == 1
    assert rings[0].consumer == rings[0].producer
    rings[0].put(record(400))
    assert times(reader.read(now_ns=SLACK * 2)) == [400]


def test_a_record_longer_than_any_of_the_probe_is_not_read():
    """No more than the length of such a record is mapped after the end of the ring."""
    ring = FakeRing(64 * PAGE)
    ring.put(record(100, size=30_000))
    ring.put(record(200, size=40_000))
    reader = reader_of([ring])
    assert times(reader.read(now_ns=SLACK * 2)) == [100]
    assert reader.stats()["corrupt"] == 1
    reader.close()
    ring.close()


def test_the_end_of_a_large_ring_is_contiguous_with_its_beginning():
    ring = FakeRing(64 * PAGE)
    reader = reader_of([ring])
    for n in range(60):
        assert ring.put(record(n + 1, b"%d" % n, size=28_672)) is not None
        ((_, data),) = reader.read(now_ns=SLACK * 2)
        assert data == record(n + 1, b"%d" % n, size=28_672)
    reader.close()
    ring.close()


@pytest.mark.parametrize("position", [8, 1 << 20, (1 << 64) - 8])
def test_a_producer_position_outside_the_ring_hands_out_nothing(rings, position):
    rings[0].put(record(100))
    reader = reader_of(rings)
    assert times(reader.read(now_ns=SLACK * 2)) == [100]
    right = rings[0].producer
    rings[0].producer = position
    assert reader.read(now_ns=SLACK * 2) == []
    assert reader.stats()["corrupt"] == 1
    rings[0].producer = right
    rings[0].put(record(200))
    assert times(reader.read(now_ns=SLACK * 2)) == [200]


def test_records_that_wrap_are_contiguous(rings):
    reader = reader_of(rings)
    for n in range(200):
        assert rings[0].put(record(n + 1, b"%d" % n, size=MINIMUM + 8 * (n % 30))) is not None
        ((_, data),) = reader.read(now_ns=SLACK * 2)
        assert data == record(n + 1, b"%d" % n, size=MINIMUM + 8 * (n % 30))


def test_a_reader_goes_on_where_the_last_one_stopped(rings):
    rings[0].put(record(1))
    reader = reader_of(rings)
    reader.read(now_ns=SLACK * 2)
    reader.close()
    assert reader.read(now_ns=SLACK * 2) == []
    rings[0].put(record(2))
    assert times(reader_of(rings).read(now_ns=SLACK * 2)) == [2]


@pytest.mark.parametrize("size", [0, 100, PAGE + 8, 3 * PAGE])
def test_a_wrong_size_is_refused(rings, size):
    with pytest.raises(KernelError, match="E408") as caught:
        RingReader([(rings[0].fd, size)])
    assert "power of two" in (caught.value.hint or "")


def test_a_descriptor_that_cannot_be_mapped_is_refused():
    fd = os.eventfd(0)
    try:
        with pytest.raises(KernelError, match="E408"):
            RingReader([(fd, PAGE)])
    finally:
        os.close(fd)


@given(
    gaps=st.lists(st.tuples(st.integers(1, 400_000), st.integers(0, 8), st.integers(0, 900_000)), max_size=80),
    polls=st.lists(st.integers(0, 60), max_size=8),
)
def test_merge_is_time_order_as_long_as_no_record_is_slower_than_the_slack(gaps, polls):
    """Each record: the time since the last one, its ring, and how long its hook runs (less than the slack)."""
    rings = [FakeRing(4 * PAGE) for _ in range(9)]
    try:
        reader = reader_of(rings)
        hooks, now = [], 10 * SLACK
        for gap, ring, runs in gaps:
            now += gap
            hooks.append((now, ring, now + runs))
        submitted = sorted(hooks, key=lambda hook: hook[2])
        got = []
        for n, (time_ns, ring, until) in enumerate(submitted):
            assert rings[ring].put(record(time_ns)) is not None
            if n in polls:
                got += reader.read(now_ns=until)
        got += reader.read(now_ns=now + 3 * SLACK)
        assert len(got) == len(hooks)
        assert reader.stats()["out_of_order"] == 0
        # Across rings nothing is handed out after a later one that was already seen; inside a ring, in the ring's
        # order.
        newest = dict.fromkeys(range(9), 0)
        last = 0
        for (ring, _), time_ns in zip(got, times(got), strict=True):
            newest[ring] = max(newest[ring], time_ns)
            assert newest[ring] >= last
            last = newest[ring]
        # What caused another event was submitted before the other's hook began: causes come first.
        place = {time_ns: n for n, time_ns in enumerate(times(got))}
        for first, _, until in hooks:
            assert all(place[first] < place[later] for later, _, _ in hooks if later > until)
    finally:
        for ring in rings:
            ring.close()
