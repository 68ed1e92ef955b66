# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from tiercel.response.token_bucket import TokenBucket


def test_a_burst_then_the_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 1000.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_no_limit() -> None:
    bucket = TokenBucket(0, 1)
    assert all(bucket.take() for _ in range(1000))
