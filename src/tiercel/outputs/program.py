# SPDX-License-Identifier: Apache-2.0
"""Output to the standard input of a program."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import Final

from tiercel.errors import UsageError
from tiercel.outputs.base import DeliveryError, Printable, ReaderGoneError, encode, write_lines
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["ProgramOutput"]

_END: Final = 2.0  # seconds that a program has to end after its input
_SLICE: Final = 0.02
_DEFAULT: Final = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)


class ProgramOutput:
    """Output that runs a shell command, and writes one line for each alert to its standard input.

    The program has a process group of its own, so that Ctrl-C does not end it before the last alert. Alerts in the
    pipe of a program that ends early are lost without an error.
    """

    remote = True

    def __init__(
        self,
        program: str,
        *,
        format: AlertFormat = "text",
        keep_alive: bool = False,
    ) -> None:
        """Prepare ``program``; the first alert starts it.

        Args:
            program: command for ``/bin/sh -c``.
            format: format of the lines.
            keep_alive: one process for all alerts; otherwise each alert starts the program again.

        Raises:
            UsageError: E607, the command is empty or contains a null character.
        """
        if not program.strip() or "\0" in program:
            raise UsageError("E607", f"program: {program!r} is no command", hint="for example logger -t tiercel")
        self._program = program
        self._format: AlertFormat = format
        self._keep_alive = keep_alive
        self._pid = 0
        self._fd = -1

    def send(self, alert: Printable) -> None:
        """Write one line."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[Printable]) -> None:
        """Write one line for each alert."""
        lines = [encode(alert, self._format) for alert in alerts]
        if self._keep_alive:
            self._write(lines, before=0)
            return
        for number, line in enumerate(lines):
            self._write([line], before=number)
            status = self._end(None)
            if status != 0:
                text = f"program {self._program!r}: {_ending(status)}"
                raise DeliveryError(text, delivered=number, retry=False)

    def reopen(self) -> None:
        """Restart the program with the next alert."""
        self._end(_END)

    def close(self) -> None:
        """End the input of the program, and wait a short time for its end."""
        self._end(_END)

    def _write(self, lines: list[bytes], before: int) -> None:
        if not self._pid:
            self._start(before)
        try:
            write_lines(self._fd, lines, f"program {self._program!r}")
        except ReaderGoneError as error:
            status = self._end(_END)
            text = f"program {self._program!r} ended early: {_ending(status)}"
            raise DeliveryError(text, delivered=before + error.delivered) from error
        except DeliveryError as error:
            error.delivered += before
            raise

    def _start(self, before: int) -> None:
        reader, self._fd = os.pipe()
        try:
            self._pid = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", self._program],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0)],
                setpgroup=0,
                setsigmask=(),
                setsigdef=_DEFAULT,
            )
        except OSError as error:
            self._release()
            text = f"program {self._program!r} cannot be started: {error.strerror}"
            raise DeliveryError(text, delivered=before) from error
        finally:
            os.close(reader)

    def _end(self, seconds: float | None) -> int:
        """Close the input; return the wait status, after ``seconds`` at most: 0 if the program still runs then."""
        self._release()
        pid, self._pid = self._pid, 0
        until = time.monotonic() + (seconds or 0.0)
        status = 0
        with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored
            while pid:
                ended, status = os.waitpid(pid, os.WNOHANG if seconds is not None else 0)
                if ended or time.monotonic() >= until:
                    break
                time.sleep(_SLICE)
        return status

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _ending(status: int) -> str:
    """Return a wait status in words."""
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"
