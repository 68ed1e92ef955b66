# SPDX-License-Identifier: Apache-2.0
"""Standard streams of the program: closed ones, and a standard error that cannot be written."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import Any, Final

from tiercel.errors import TiercelError

__all__ = ["discard_stdout", "prepare", "text_of"]

_PATIENCE_MS: Final = 1000
_FILES: Final = "raise the limit of open files (`ulimit -n`): a sensor takes up to 500 while it starts"
_THREADS: Final = "raise the limits of threads and memory (`ulimit -u`, `ulimit -v`, the limits of the control group)"


class _Lenient(io.FileIO):
    """Descriptor that drops data that it cannot write: a lost message must not end a sensor."""

    def write(self, data: Any) -> int:
        try:
            written = super().write(data)
            if written is None:  # non-blocking, and full
                poller = select.poll()
                poller.register(self.fileno(), select.POLLOUT)
                poller.poll(_PATIENCE_MS)
                written = super().write(data)
        except OSError:
            written = None
        return written if written is not None else memoryview(data).nbytes


class _Named(io.FileIO):
    """Standard output that names itself in its errors."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = "standard output"
            raise


def prepare() -> None:
    """Open closed streams, name standard output in its errors, and suppress errors of standard error.

    Otherwise the next opened file would get the number of a closed stream. The replacement of a closed standard output
    is open for reading only, because results must not vanish without an error.
    """
    for fd, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        _open(fd, flags)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Named(1, "w", closefd=False), sys.stdout, "strict")
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Lenient(2, "w", closefd=False), sys.stderr, "backslashreplace")
        sys.stderr.reconfigure(line_buffering=True)


def _open(fd: int, flags: int) -> None:
    """Open a standard stream if it is closed. It is inherited, as others are."""
    try:
        os.fstat(fd)
    except OSError:
        made = os.open(os.devnull, flags)  # the lowest number that is free, so this one
        os.set_inheritable(made, True)


def _text(raw: io.FileIO, before: Any, errors: str) -> io.TextIOWrapper:
    """Return a text stream like the one before, which is None if its descriptor was closed."""
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        getattr(before, "encoding", "utf-8"),
        errors=getattr(before, "errors", errors),
        line_buffering=getattr(before, "line_buffering", False),
        write_through=getattr(before, "write_through", False),
    )


def discard_stdout() -> None:
    """Drop the unwritten data of standard output, so that the interpreter's flush at exit reports no error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def text_of(error: BaseException) -> TiercelError | None:
    """Return an error of the operating system or of its limits as one with a code, or None if it is a fault."""
    if isinstance(error, MemoryError):
        return TiercelError("E609", "there is no memory left", hint=_more_memory())
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return TiercelError("E609", "no thread can be started", hint=_THREADS)
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return TiercelError("E609", "there are no file descriptors left", hint=_FILES)
    if error.errno == errno.ENOMEM:
        return TiercelError("E609", f"there is no memory left ({error})", hint=_more_memory())
    if error.filename:
        return TiercelError("E602", f"{error.filename}: {error.strerror}")
    return TiercelError("E602", str(error))


def _more_memory() -> str:
    import resource  # few need it

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return "free some memory, or raise the memory limit of the control group"
    return f"the limit of address space (`ulimit -v`) is {limit >> 10} KiB, and a sensor takes about 400000"
