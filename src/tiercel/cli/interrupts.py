# SPDX-License-Identifier: Apache-2.0
"""Signal handling in a thread of its own.

Signals interrupt no system call: the main loop polls a descriptor, takes the signals, and ends after all alerts are
delivered. If the main loop is stuck (in a write to a full pipe), a second signal or some seconds end the process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final

from tiercel.frozen import frozen

__all__ = ["Interrupt", "Interrupts", "discard_early_signals", "early_signals_blocked"]

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
# SIGHUP ends the program only when its terminal has gone. The default action of all others kills a process, too.
_NOTED: Final = (
    *(signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
    *(signal.SIGIO, signal.SIGPWR, 16),  # 16: SIGSTKFLT, which has a name since Python 3.11
    *range(signal.SIGRTMIN, signal.SIGRTMAX + 1),
)
_PATIENCE: Final = 5.0  # seconds that the main loop has to take a signal
_ECHO: Final = 0.3  # seconds within which a signal to the process and the same one to its group are one request
_SLICE: Final = 0.5
_CAPACITY: Final = 256  # signals that may wait: a flood of them costs no memory


@frozen
class Interrupt:
    """One signal.

    Attributes:
        signum: its number.
        directed: sent by a process (``kill``); else it came from the terminal and reached the whole foreground group.
        ends: a request to end: SIGINT, SIGTERM, SIGQUIT, and SIGHUP after the terminal has gone.
    """

    signum: int
    directed: bool
    ends: bool


@contextlib.contextmanager
def early_signals_blocked() -> Iterator[frozenset[int]]:
    """Block the signals that request no end until an :class:`Interrupts`, which starts later, receives them.

    Yields:
        The signal mask from before, for a command that starts within the block.
    """
    noted = _noted()
    mask = frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, noted))
    try:
        yield mask
    finally:
        _unblock(noted, mask)


def discard_early_signals() -> None:
    """Discard blocked signals that precede a command, or they would be passed on to it; SIGHUP still counts."""
    _discard([signum for signum in _noted() if signum != signal.SIGHUP])


def _noted() -> list[int]:
    return [signum for signum in _NOTED if signal.getsignal(signum) == signal.SIG_DFL]


def _unblock(signals: list[int], mask: Iterable[int]) -> None:
    """Restore a signal mask; discard pending signals first, whose default action would kill the process."""
    _discard(signals)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _discard(signals: list[int]) -> None:
    while signals and signal.sigtimedwait(signals, 0) is not None:
        pass


class Interrupts:
    """Receiver of all signals that would end the process; signals that are ignored or handled stay so.

    A context manager: signals are received from its beginning to its end.
    """

    def __init__(self) -> None:
        ending = [signum for signum in _ENDING if signal.getsignal(signum) != signal.SIG_IGN]
        self._noted = _noted()
        self._signals = [*ending, *self._noted]
        self._had_terminal = _has_terminal()
        self._pending: deque[Interrupt] = deque()
        self._first_end: Interrupt | None = None  # request to end that the main loop has not taken
        self._last_end = 0.0
        self._lock = threading.Lock()
        self._taken = threading.Event()
        self._readable, self._wake = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(self._wake, False)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="tiercel-signals", daemon=True)
        self._watchdog: threading.Thread | None = None

    def fileno(self) -> int:
        """Return a descriptor that is readable while signals wait to be taken."""
        return self._readable

    def take(self) -> list[Interrupt]:
        """Return the signals that arrived since the last call."""
        if select.select([self._readable], [], [], 0)[0]:
            os.read(self._readable, 4096)
        with self._lock:
            self._first_end = None
            self._taken.set()
            taken = list(self._pending)
            self._pending.clear()
        return taken

    def __enter__(self) -> Interrupts:
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._taken.set()
        if self._signals and self._thread.ident is not None:
            signal.pthread_kill(self._thread.ident, self._signals[0])
        self._thread.join()
        if self._watchdog is not None:
            self._watchdog.join()
        _unblock(self._noted, self._mask)
        os.close(self._readable)
        os.close(self._wake)

    def _collect(self) -> None:
        """Receive signals, in the thread.

        ``sigwaitinfo`` and not ``sigtimedwait``: before CPython 3.14 the latter returns uninitialised memory when the
        process is suspended past the timeout.
        """
        while self._signals:
            info = signal.sigwaitinfo(self._signals)
            if self._closing.is_set():
                return
            self._receive(info.si_signo, directed=info.si_code <= 0)

    def _receive(self, signum: int, *, directed: bool) -> None:
        gone = signum == signal.SIGHUP and (not directed or (self._had_terminal and not _has_terminal()))
        interrupt = Interrupt(signum, directed, ends=gone or signum in _ENDING)
        with self._lock:
            if interrupt.ends:
                self._expect(interrupt)
            if len(self._pending) < _CAPACITY or interrupt.ends:
                self._pending.append(interrupt)
        with contextlib.suppress(BlockingIOError):  # full: readable already
            os.write(self._wake, b"!")

    def _expect(self, interrupt: Interrupt) -> None:
        """End the process if the main loop takes no request to end."""
        now = time.monotonic()
        if self._first_end is not None and now - self._last_end > _ECHO:
            os._exit(128 + self._first_end.signum)
        self._last_end = now
        if self._first_end is None:
            self._first_end = interrupt
            self._taken.clear()
            if self._watchdog is None or not self._watchdog.is_alive():
                self._watchdog = threading.Thread(target=self._limit, name="tiercel-watchdog", daemon=True)
                self._watchdog.start()

    def _limit(self) -> None:
        """Wait in slices, so that a suspension uses up one slice and not all of the patience."""
        for _ in range(round(_PATIENCE / _SLICE)):
            if self._taken.wait(_SLICE):
                return
        with self._lock:
            first = self._first_end
        if first is not None and not self._closing.is_set():
            os._exit(128 + first.signum)


def _has_terminal() -> bool:
    """Return whether the process has a controlling terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError:
        return False
    return True
