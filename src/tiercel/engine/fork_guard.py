# SPDX-License-Identifier: Apache-2.0
"""Locks that are replaced in the child of a fork, where the thread that held one does not exist."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Final

__all__ = ["Locks"]

_ALL: Final[weakref.WeakSet[Locks]] = weakref.WeakSet()


class Locks:
    """Locks of one sensor.

    Attributes:
        life: lock of start and rule swap.
        ending: lock of the stop.
        stopper: thread that stops the sensor now, or None.
    """

    def __init__(self) -> None:
        self.begin()
        _ALL.add(self)

    def begin(self) -> None:
        """Create new, free locks."""
        self.life = threading.Lock()
        self.ending = threading.Lock()
        self.stopper: int | None = None


def _after_fork_child() -> None:
    for locks in list(_ALL):
        locks.begin()


os.register_at_fork(after_in_child=_after_fork_child)
