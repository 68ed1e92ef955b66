# SPDX-License-Identifier: Apache-2.0
"""Waits of tests for what happens in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Wait until a condition is true; fail if it takes ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition has not become true"
        time.sleep(0.005)
