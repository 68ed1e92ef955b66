# SPDX-License-Identifier: Apache-2.0
"""Programs of responses: started without a shell, limited in time, several at once."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from tiercel.escaping import visible
from tiercel.frozen import frozen
from tiercel.response.procfs import ancestors, read_stat
from tiercel.response.result import Outcome, Refusal

__all__ = ["Program", "Programs"]

_AT_ONCE: Final = 8
_REMEMBERED: Final = 1024  # programs that have ended
_GRACE: Final = 2.0  # seconds that killed programs have to end
_RETRY: Final = 0.05  # seconds between two signals to a process group
_PIPE: Final = 1 << 20  # bytes read at once: no pipe of an unprivileged user has more
_MAX_ERRORS: Final = 4096  # bytes of standard error
_SHOWN: Final = 200  # characters of them in a result


@frozen
class Program:
    """One call of a program.

    Attributes:
        argv: the program and its arguments.
        environment: all its variables.
        text: its standard input.
        timeout: seconds.
        report: called with the outcome and its reason at the end.
        require: called before the start; a refusal that it raises is the outcome.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    text: bytes
    timeout: float
    report: Callable[[Outcome, str], None]
    require: Callable[[], None] = lambda: None


class _Running:
    """A started program: its process group is killed after the timeout."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.errors = b""
        self.timed_out = False
        self.has_errors = True  # standard error is open
        self.deadline = time.monotonic() + program.timeout
        readable, writable = os.pipe()
        self.stderr = readable
        os.set_blocking(readable, False)
        try:
            self.pid = _spawn(program, writable)
        except BaseException:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        try:
            stat = read_stat(self.pid)
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:  # no descriptor is left: nothing would end the program
            os.close(readable)
            self.kill()
            os.waitpid(self.pid, 0)
            raise
        self.identity = (self.pid, stat.start_ticks if stat is not None else 0)

    def read_errors(self) -> None:
        """Read standard error, as much as a pipe contains; keep its beginning, and discard the rest."""
        with suppress(BlockingIOError):
            chunk = os.read(self.stderr, _PIPE)
            self.errors += chunk[: _MAX_ERRORS - len(self.errors)]
            self.has_errors = bool(chunk)

    def kill(self) -> None:
        """Kill the process group; its number is in use until the program is reaped."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def finish(self) -> None:
        """Reap the program and report its end."""
        self.read_errors()
        os.close(self.stderr)
        os.close(self.pidfd)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if self.timed_out:
            self.program.report("failed", f"killed after {self.program.timeout:g} s")
        elif status:
            how = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
            last = self.errors.decode(errors="replace").strip().rpartition("\n")[2][:_SHOWN]
            self.program.report("failed", how + (f": {visible(last)}" if last else ""))
        else:
            self.program.report("ran", "")


class Programs:
    """Thread that starts programs and waits for them."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._pending: deque[Program] = deque()
        self._running: list[_Running] = []
        self._ended: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._deadline: float | None = None  # of close()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="tiercel-programs", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, program: Program) -> bool:
        """Append a program, without waiting; return False if the queue is full or closed."""
        with self._lock:
            if self._closed or len(self._pending) >= self._capacity:
                return False
            self._pending.append(program)
            os.eventfd_write(self._wake, 1)
            return True

    def is_own(self, pid: int, start_ticks: int | None = None) -> bool:
        """Return whether a process is a program of a response, or a living descendant of one that runs."""
        with self._lock:
            running = [one.identity for one in self._running]
            if start_ticks is not None and (pid, start_ticks) in (*running, *self._ended):
                return True
        pids = {number for number, _ in running}
        return bool(pids) and not pids.isdisjoint(ancestors(pid))

    def is_child(self, parent: int) -> bool:
        """Return whether a number was that of one of the programs."""
        with self._lock:
            return any(parent == number for number, _ in (*(one.identity for one in self._running), *self._ended))

    def close(self, timeout: float) -> None:
        """Run the programs of the queue, for ``timeout`` seconds at most, then kill what still runs."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._deadline = time.monotonic() + timeout
            os.eventfd_write(self._wake, 1)
        if self._thread.ident is not None:
            self._thread.join(timeout + _GRACE)
        if not self._thread.is_alive():
            os.close(self._wake)

    def _run(self) -> None:
        while True:
            self._start_pending()
            if self._closed and not self._running and not self._pending:
                return
            poller = select.poll()
            poller.register(self._wake, select.POLLIN)
            for one in self._running:
                poller.register(one.pidfd, select.POLLIN)
                if one.has_errors:
                    poller.register(one.stderr, select.POLLIN)
            ready = {fd for fd, _ in poller.poll(self._timeout())}
            if self._wake in ready:
                with suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
            self._attend(ready)

    def _timeout(self) -> float | None:
        """Return the milliseconds until the next deadline."""
        deadlines = [one.deadline for one in self._running]
        if self._deadline is not None and (self._running or self._pending):
            deadlines.append(self._deadline)
        if not deadlines:
            return None
        least = _RETRY if any(one.timed_out for one in self._running) else 0.0
        return max(least, min(deadlines) - time.monotonic()) * 1000 + 1

    def _start_pending(self) -> None:
        over = self._deadline is not None and time.monotonic() >= self._deadline
        while len(self._running) < _AT_ONCE or over:
            with self._lock:
                if not self._pending:
                    return
                program = self._pending.popleft()
            if over:
                program.report("overflow", "the sensor ends")
                continue
            try:
                program.require()
                started = _Running(program)
            except Refusal as refusal:
                program.report(refusal.outcome, refusal.detail)
            except OSError as error:
                denied = error.errno in (errno.EACCES, errno.EPERM)
                program.report("denied" if denied else "failed", f"{program.argv[0]}: {error.strerror}")
            else:
                with self._lock:
                    self._running.append(started)

    def _attend(self, ready: set[int]) -> None:
        now = time.monotonic()
        over = self._deadline is not None and now >= self._deadline
        for one in tuple(self._running):
            if one.stderr in ready:
                one.read_errors()
            if one.pidfd in ready:
                with self._lock:
                    self._running.remove(one)
                    self._ended.append(one.identity)
                one.finish()
            elif now >= one.deadline or over:
                one.timed_out = True
                one.kill()


def _spawn(program: Program, stderr: int) -> int:
    """Start a program in a session of its own, with default signals and no other descriptors; return its number."""
    opened = [os.memfd_create("tiercel-alert", os.MFD_CLOEXEC)]
    try:
        os.write(opened[0], program.text)
        os.lseek(opened[0], 0, os.SEEK_SET)
        # Above the standard descriptors, which the sensor may have closed.
        opened += [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in (opened[0], stderr)]
        return os.posix_spawnp(
            program.argv[0],
            program.argv,
            program.environment,
            file_actions=[
                *((os.POSIX_SPAWN_CLOSE, fd) for fd in _inheritable()),
                (os.POSIX_SPAWN_DUP2, opened[1], 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, opened[2], 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
    finally:
        for fd in opened:
            os.close(fd)


def _inheritable() -> list[int]:
    """Return the descriptors that this process inherited and would pass on, except for the standard ones."""
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names only
        with suppress(OSError):  # the folder's own
            if int(name) > 2 and os.get_inheritable(int(name)):
                found.append(int(name))
    return found
