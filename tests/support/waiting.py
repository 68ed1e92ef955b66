# SPDX-License-Identifier: Apache-2.0
"""Waits of tests for what happens in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout: float = 30.0, what: str = "condition") -> None:
    """Wait until a condition is true; fail if it takes ``timeout`` seconds. The failure names ``what``."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(0.005)
