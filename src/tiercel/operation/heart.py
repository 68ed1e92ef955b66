# SPDX-License-Identifier: Apache-2.0
"""Sign of life of the main loop, for health checks and the watchdog of systemd."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["Heart"]

_PERIOD: Final = 1.0
_PATIENCE: Final = 30.0  # seconds without a turn of the main loop, after which it counts as stuck


class Heart:
    """Time of the last turn of the main loop; a task of it."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._last + _PERIOD

    def work(self) -> None:
        self._last = time.monotonic()

    @property
    def beats(self) -> bool:
        """True if the main loop took a turn within the last half minute.

        After a suspension of the whole process it does so again within a second.
        """
        return time.monotonic() - self._last < _PATIENCE
