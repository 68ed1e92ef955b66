# SPDX-License-Identifier: Apache-2.0
"""Damaged and senseless captures: they are read or refused, and never end in a crash, a hang or an object of the wrong
type.

A short run; `tests/support/scapfuzz.py` says how to make a long one.
"""

from __future__ import annotations

import random
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import scapfuzz, scapworld
from support.examples import examples
from support.scapfile import section
from support.scapread import CLOSE


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_damaged_captures(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryFile() as file:
        scapfuzz.drain(scapfuzz.damaged(scapfuzz.whole(rng), rng), file)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=400))
def test_anything_behind_a_section_header(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        scapfuzz.drain(section() + data, file)
        scapfuzz.drain(section() + CLOSE + data, file)
        scapfuzz.drain(data, file)


@pytest.mark.parametrize("seed", range(20))
def test_whole_captures_are_fine(seed: int) -> None:
    """The captures that are damaged above are sound before: the fuzzer reaches the blocks after the tables."""
    blocks = scapfuzz.whole(random.Random(seed))
    with tempfile.TemporaryFile() as file:
        assert scapfuzz.drain(b"".join(blocks), file) > 40


@pytest.mark.parametrize("seed", range(20))
def test_events_that_no_kernel_would_tell(seed: int) -> None:
    """Threads and descriptors come and go as they like: the tables stand it, and rules see every event."""
    data = b"".join(scapworld.World(random.Random(seed)).blocks(300))
    with tempfile.TemporaryFile() as file:
        assert scapfuzz.drain(data, file) > 300
        assert scapfuzz.replay(file) > 2000
