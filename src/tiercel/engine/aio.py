# SPDX-License-Identifier: Apache-2.0
"""Asynchronous wait for a file descriptor in an asyncio event loop.

The import of asyncio takes as long as that of the rest of the engine, so programs without an event loop never load this
module.
"""

from __future__ import annotations

import asyncio
import os
from types import TracebackType

__all__ = ["Readable"]


class Readable:
    """Wakes the coroutine of one iteration when a descriptor becomes readable.

    It watches a duplicate, because an event loop accepts only one reader for each descriptor, and several iterations
    may run.
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
        except TimeoutError:
            pass
        finally:
            self._loop.remove_reader(self._fd)

    def __enter__(self) -> Readable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
