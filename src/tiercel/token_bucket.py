# SPDX-License-Identifier: Apache-2.0
"""Rate limit of actions."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TokenBucket"]


class TokenBucket:
    """Bucket with up to ``burst`` tokens, refilled at ``rate`` per second; not for several threads at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] | None = None) -> None:
        """Begin with a full bucket; at a ``rate`` of 0 it is never refilled."""
        self._rate = rate
        self._burst = burst
        self._clock = clock or time.monotonic
        self._tokens = float(burst)
        self._at = self._clock()

    def take(self) -> bool:
        """Take a token; return False if the bucket is empty."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
