# SPDX-License-Identifier: Apache-2.0
"""Cost of a record before evaluation, and of its conversion to Python objects after a match."""

from __future__ import annotations

from benches.material import START, evaluator_of, execve, openat, procexit, rules_text
from tests.support.fakering import FakeRing
from tiercel._core.alerts.unpack import decode
from tiercel._core.probe.ring_consumer import RingReader
from tiercel._core.testing._testing import apply_repeat

N = 10_000


def bench_ring_and_merge(benchmark):
    """10,000 records of 200 bytes from two rings, merged by time; Python makes a bytes object of each."""
    life, volume = FakeRing(1 << 22), FakeRing(1 << 22)
    reader = RingReader([(life.fd, life.size), (volume.fd, volume.size)])

    def fill():
        for n in range(N):
            (volume if n % 10 else life).put(openat(time_ns=START + n))

    benchmark.extra_info["events"] = N
    taken = benchmark.pedantic(lambda: reader.read(now_ns=START * 2), setup=fill, rounds=5)
    assert len(taken) == N
    life.close()
    volume.close()


def bench_state_of_an_open(benchmark):
    """A record that changes nothing: look its process up."""
    evaluator = evaluator_of(rules_text(1))
    benchmark.extra_info["events"] = N
    benchmark(apply_repeat, evaluator, [openat()], N)


def bench_state_of_a_process_life(benchmark):
    """An exec and an exit, as records: image, lineage, container."""
    evaluator = evaluator_of(rules_text(1))
    benchmark.extra_info["events"] = 2 * N
    benchmark(apply_repeat, evaluator, [execve("cat", "file"), procexit()], N)


def bench_decode_openat(benchmark):
    """An alert's event as a mapping, made on first use."""
    record = openat()
    assert benchmark(decode, record)["type"] == "openat"
