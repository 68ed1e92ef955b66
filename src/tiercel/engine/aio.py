# SPDX-License-Identifier: Apache-2.0
"""Waiting for a file descriptor in an asyncio event loop.

The one module that needs asyncio, which takes as long to import as the rest of the engine: programs without an event
loop never load this.
"""

from __future__ import annotations

import asyncio
import os
from types import TracebackType

__all__ = ["Readable"]


class Readable:
    """Tells the coroutine of one iteration when a descriptor is readable.

    It watches a duplicate, because an event loop knows only one reader for each descriptor, and there may be several
    iterations.
    """

    def __init__(self, fd: int) -> None:
        self._fd = os.dup(fd)
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def wait(self, timeout: float) -> None:
        """Return once the descriptor is readable, or after ``timeout`` seconds."""
        self._event.clear()
        self._loop.add_reader(self._fd, self._event.set)
        try:
            await asyncio.wait_for(self._event.wait(), timeout)
        except (asyncio.TimeoutError, TimeoutError):
            pass
        finally:
            self._loop.remove_reader(self._fd)

    def __enter__(self) -> Readable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
