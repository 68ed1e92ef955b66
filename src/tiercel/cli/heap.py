# SPDX-License-Identifier: Apache-2.0
"""Settings of the C library's heap for a process that starts a sensor."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

__all__ = ["freeze_objects", "separate_large_blocks"]

_M_MMAP_THRESHOLD: Final = -3
"""Parameter of mallopt(3), from malloc.h of the GNU C library."""

LARGE: Final = 1 << 20
"""Bytes from which a block has pages of its own."""


def separate_large_blocks() -> None:
    """Give blocks of :data:`LARGE` bytes and more pages of their own, which return to the system when they are freed.

    By default the C library keeps blocks as large as the largest that was freed. libbpf reads some 5 MB of kernel types
    several times while it loads programs, and the peak of resident memory would be 12 MB higher. Other C libraries than
    GNU's have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)


def freeze_objects() -> None:
    """Exclude all objects of today from garbage collection, before a fork whose child waits.

    A collection writes to each object that it visits. The kernel would copy all these pages for the child.
    """
    gc.freeze()
