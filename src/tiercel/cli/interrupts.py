# SPDX-License-Identifier: Apache-2.0
"""Signals that ask the program to end, taken by a thread of their own.

Nothing is interrupted by them: the main loop learns of them through a descriptor and ends in good order, with all
alerts delivered. Should it be stuck (in a write to a pipe that nobody reads), a second signal or some seconds end the
process.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections import deque
from types import TracebackType
from typing import Final

from tiercel.frozen import frozen

__all__ = ["Interrupt", "Interrupts"]

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_PATIENCE: Final = 5.0  # seconds that the main loop has to take a signal
_ECHO: Final = 0.3  # seconds within which a signal to the process and the same one to its group are one request
_SLICE: Final = 0.5


@frozen
class Interrupt:
    """One signal.

    Attributes:
        signum: its number.
        directed: sent by a process (``kill``); else it came from the terminal and reached the whole foreground group.
    """

    signum: int
    directed: bool


class Interrupts:
    """Takes SIGINT, SIGTERM, SIGHUP and SIGQUIT while the context lasts; signals that are ignored stay ignored."""

    def __init__(self) -> None:
        self._signals = [signum for signum in _ENDING if signal.getsignal(signum) != signal.SIG_IGN]
        self._pending: deque[Interrupt] = deque()
        self._readable, self._wake = os.pipe()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="tiercel-signals", daemon=True)

    def fileno(self) -> int:
        """Return a descriptor that is readable while signals wait to be taken."""
        return self._readable

    def take(self) -> list[Interrupt]:
        """Return the signals that arrived since the last call."""
        if select.select([self._readable], [], [], 0)[0]:
            os.read(self._readable, 4096)
        taken = []
        while self._pending:
            taken.append(self._pending.popleft())
        return taken

    def __enter__(self) -> Interrupts:
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._signals and self._thread.ident is not None:
            signal.pthread_kill(self._thread.ident, self._signals[0])
        self._thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        os.close(self._readable)
        os.close(self._wake)

    def _collect(self) -> None:
        since = 0.0
        while self._signals:
            info = signal.sigtimedwait(self._signals, _SLICE)
            if self._closing.is_set():
                return
            waited = time.monotonic() - since
            if self._pending and waited > (_ECHO if info is not None else _PATIENCE):
                os._exit(128 + self._pending[0].signum)
            if info is not None:
                since = time.monotonic()
                self._pending.append(Interrupt(info.si_signo, directed=info.si_code <= 0))
                os.write(self._wake, b"!")
