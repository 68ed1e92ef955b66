# SPDX-License-Identifier: Apache-2.0
"""The rings of the probe on the live kernel: how large they are, and which CPU writes to which."""

from __future__ import annotations

import os
import sys
import time
from importlib import resources

import pytest
from support.opening import Child

from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader
from tiercel.schema.names import EVENT_BY_NAME

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
OPENAT = EVENT_BY_NAME["openat"].code

pytestmark = pytest.mark.kernel


def test_cpus_have_rings_of_their_own():
    cpus = sorted(os.sched_getaffinity(0))[:8]
    probe, child = Probe(IMAGE), Child()
    probe.load({OPENAT}, scope="tree")
    rings = probe.rings()
    assert len(rings) == 1 + min(8, os.cpu_count() or 1)
    reader = RingReader(rings)
    probe.attach()
    probe.watch_tree(child.pid)
    for cpu in cpus:
        os.sched_setaffinity(child.pid, {cpu})
        child.open()
    time.sleep(0.002)
    # Of the header: that of the CPU.
    seen = [
        (ring, int.from_bytes(record[76:78], sys.byteorder))
        for ring, record in reader.read()
        if int.from_bytes(record[4:6], sys.byteorder) == OPENAT
    ]
    child.close()
    probe.close()
    assert [cpu for _, cpu in seen] == cpus
    assert len({ring for ring, _ in seen}) == len(cpus)
    assert 0 not in {ring for ring, _ in seen}, "that of life-cycle events"


@pytest.mark.parametrize(("requested", "given"), [(0, 4096), (4097, 8192), (1 << 20, 1 << 20)])
def test_sizes_of_rings_are_rounded_up(requested, given):
    probe = Probe(IMAGE)
    probe.load({OPENAT}, life_bytes=requested, volume_bytes=2 * requested)
    sizes = [size for _, size in probe.rings()]
    probe.close()
    assert set(sizes[:2] if len(sizes) > 2 else sizes[:1]) == {max(given, os.sysconf("SC_PAGESIZE"))}
