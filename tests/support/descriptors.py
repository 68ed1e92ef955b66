# SPDX-License-Identifier: Apache-2.0
"""The open file descriptors of this process: whether something that was done left any."""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections import Counter
from collections.abc import Iterator

_SECONDS = 5.0


def held() -> Counter[str]:
    """The files that open descriptors of this process refer to, and the number of descriptors of each."""
    gc.collect()
    names: Counter[str] = Counter()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # that of the list itself
            names[os.readlink(f"/proc/self/fd/{number}")] += 1
    return names


@contextlib.contextmanager
def none_left() -> Iterator[None]:
    """Fail if what is done within leaves a descriptor.

    Threads of libraries that earlier tests used (gRPC's never end) may have one open for a moment; so only what is
    still there after some seconds was left.
    """
    before = held()
    yield
    end = time.monotonic() + _SECONDS
    while (left := held() - before) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left, f"left open: {dict(left)}"
