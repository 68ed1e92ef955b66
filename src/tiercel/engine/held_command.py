# SPDX-License-Identifier: Apache-2.0
"""Command that is started and stopped before its first instruction until the sensor runs."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, NoReturn

from tiercel.errors import SensorError

__all__ = ["HeldCommand"]

# Python changes these for itself; programs expect the defaults.
_RESTORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)
_SHELL: Final = "/bin/sh"


class HeldCommand:
    """Child process that waits for :meth:`release` before it executes its program.

    It shares the terminal, the standard streams and the process group of the caller, like a command of a shell: Ctrl-C
    and Ctrl-Z reach both. As a context manager it kills the child if the block ends before :meth:`release`.

    Attributes:
        pid: the child's process id: the root of the tree to watch.
    """

    def __init__(self, argv: Sequence[str], mask: Iterable[int] | None = None) -> None:
        """Start the child.

        Args:
            argv: the program and its arguments.
            mask: signals that are blocked at the start of the program; by default the caller thread's signal mask.

        Raises:
            SensorError: E606, the program does not exist.
        """
        self.argv = tuple(argv)
        self._program = _find(self.argv[0])
        self._status: int | None = None
        held, self._go = os.pipe()
        self._failure, report = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._go)
            _execute(self._program, self.argv, held, report, mask)
        os.close(held)
        os.close(report)
        self._pidfd = os.pidfd_open(self.pid)

    def release(self) -> None:
        """Let the program begin.

        Raises:
            SensorError: E606, the kernel does not execute it.
        """
        with contextlib.suppress(BrokenPipeError):  # killed meanwhile: poll() returns the status
            os.write(self._go, b"!")
        os.close(self._go)
        self._go = -1
        failure = os.read(self._failure, 16)
        if failure:
            self.wait()
            raise SensorError("E606", f"{self._program}: {os.strerror(int(failure))}")

    def fileno(self) -> int:
        """Return a descriptor that is readable once the child has ended."""
        return self._pidfd

    def poll(self) -> int | None:
        """Return the exit status as a shell gives it (128 + N after signal N), or None while the child runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._ended(status)
        return self._status

    def wait(self) -> int:
        """Wait for the end of the child and return its exit status as :meth:`poll` does."""
        if self._status is None:
            self._ended(os.waitpid(self.pid, 0)[1])
        assert self._status is not None
        return self._status

    def send_signal(self, signum: int) -> None:
        """Send a signal to the child, if it still runs and has not changed to another user."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(self._pidfd, signum)

    def __enter__(self) -> HeldCommand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._go >= 0:
            self.send_signal(signal.SIGKILL)
            self.wait()
            os.close(self._go)
        os.close(self._failure)
        os.close(self._pidfd)

    def _ended(self, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        self._status = code if code >= 0 else 128 - code


def _find(name: str) -> str:
    """Return the path of a program, looked up here so that rules see no failing attempts of the child."""
    found = shutil.which(name)
    if found is not None:
        return found
    if os.sep not in name:
        raise SensorError("E606", f"{name}: command not found")
    problem = errno.EACCES if os.path.lexists(name) else errno.ENOENT
    raise SensorError("E606", f"{name}: {os.strerror(problem)}")


def _execute(program: str, argv: Sequence[str], held: int, report: int, mask: Iterable[int] | None) -> NoReturn:
    """In the child: wait, then become the program."""
    try:
        if os.read(held, 1) != b"!":
            os._exit(127)  # the watcher has gone
        for signum in _RESTORED:
            signal.signal(signum, signal.SIG_DFL)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            os.execv(program, list(argv))  # noqa: S606 - the user's own command
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without #!, as execvp(3) does it.
            os.execv(_SHELL, [argv[0], program, *argv[1:]])  # noqa: S606
    except OSError as error:
        os.write(report, str(error.errno).encode())
    finally:
        os._exit(127)
