# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from tiercel.token_bucket import TokenBucket


def test_a_burst_then_the_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 1000.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_a_rate_of_zero_never_refills() -> None:
    now = [0.0]
    bucket = TokenBucket(0, 2, lambda: now[0])
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 1e9
    assert not bucket.take()


def test_a_burst_below_one_admits_nothing() -> None:
    assert not TokenBucket(1000, 0.5).take()
