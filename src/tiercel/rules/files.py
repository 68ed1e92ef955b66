# SPDX-License-Identifier: Apache-2.0
"""Bounded reading of text files: rules, configuration, rule tests, events.

A named file must be a regular file. A pipe is accepted only through a descriptor of this process (``/dev/stdin``,
``/dev/fd/63``), as a shell passes ``<(command)``. An open of a named pipe would wait for a writer.
"""

from __future__ import annotations

import errno
import os
import re
import select
import stat
from pathlib import Path
from typing import Final

from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Report
from tiercel.lang.text import Source, Text

__all__ = ["MAX_FILE", "Content", "FileProblem", "read_bytes", "read_source", "source_of"]

MAX_FILE: Final = 16 << 20
"""Limit of one file, bytes."""

_SILENCE: Final = 30.0  # seconds without data from a pipe
_PART: Final = 1 << 20
_LINKS: Final = 40  # the limit of the kernel
_FOLDER_OF_FDS: Final = re.compile(r"/proc/\d+(?:/task/\d+)?/fd")
_NULL: Final = os.makedev(1, 3)
_KINDS: Final = (
    (stat.S_ISDIR, "it is a directory"),
    (stat.S_ISFIFO, "it is a named pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)


@frozen
class Content:
    """Content of a file that the caller has read, for example from standard input.

    Attributes:
        name: name in findings.
        content: bytes; more than :data:`MAX_FILE` are refused.
    """

    name: str
    content: bytes


class FileProblem(Exception):  # noqa: N818 - every caller turns it into an error of its own
    """Reason why a file cannot be read.

    Attributes:
        text: description of the problem.
        hint: advice; may be empty.
        is_too_large: the file has more than :data:`MAX_FILE` bytes.
    """

    def __init__(self, text: str, hint: str = "", *, is_too_large: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.is_too_large = is_too_large


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file; never wait for a writer without limit.

    Raises:
        FileProblem: the file is missing, unreadable, too large, or of a kind that has no content.
    """
    try:
        return _read(os.fspath(path))
    except FileNotFoundError as error:
        raise FileProblem(error.strerror or str(error), "check the path") from error
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in the path
        raise FileProblem(str(error), "check the path") from error


def _read(path: str) -> bytes:
    _check(path, Path(path).stat())
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise FileProblem("it is a socket") from error
        raise
    try:
        found = os.fstat(fd)
        _check(path, found)  # of the open file, since the path may name another one by now
        if stat.S_ISCHR(found.st_mode):
            return b""
        if found.st_size > MAX_FILE:
            raise _too_large()
        return _content(fd)
    finally:
        os.close(fd)


def _check(path: str, found: os.stat_result) -> None:
    """Refuse files other than regular files, pipes named by a descriptor, and ``/dev/null``."""
    if stat.S_ISREG(found.st_mode) or (stat.S_ISCHR(found.st_mode) and found.st_rdev == _NULL):
        return
    if stat.S_ISFIFO(found.st_mode) and _is_descriptor(path):
        return
    what = next((what for is_kind, what in _KINDS if is_kind(found.st_mode)), "it is no file")
    hint = "pass its content as /dev/stdin" if stat.S_ISFIFO(found.st_mode) else ""
    raise FileProblem(what, hint)


def _is_descriptor(path: str) -> bool:
    """Return whether a path names an open descriptor of a process, like ``/dev/stdin`` and ``/dev/fd/63``."""
    at = Path(path)
    for _ in range(_LINKS):
        folder = at.parent.resolve()
        if _FOLDER_OF_FDS.fullmatch(str(folder)):
            return True
        if not at.is_symlink():
            return False
        at = folder / at.readlink()
    return False


def _content(fd: int) -> bytes:
    """Read a non-blocking descriptor to its end."""
    found = bytearray()
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    while True:
        try:
            part = os.read(fd, min(_PART, MAX_FILE + 1 - len(found)))
        except BlockingIOError:
            if not poller.poll(_SILENCE * 1000):
                raise FileProblem(f"nothing was written to the pipe for {_SILENCE:g} seconds") from None
            continue
        if not part:
            return bytes(found)
        found += part
        if len(found) > MAX_FILE:
            raise _too_large()


def _too_large() -> FileProblem:
    return FileProblem(f"more than {MAX_FILE:,} bytes", "split it", is_too_large=True)


def read_source(path: str | os.PathLike[str], report: Report) -> Source | None:
    """Return the text of a file, or None after a report of E102 or E112."""
    name = os.fspath(path)
    try:
        content = read_bytes(path)
    except FileProblem as problem:
        place = Text.of("", name).span()
        if problem.is_too_large:
            report.add("E112", place, what="the file", size=problem.text, limit=f"{MAX_FILE:,}")
        else:
            report.add("E102", place, problem=problem.text, suggestion=problem.hint)
        return None
    return source_of(content, name, report)


def source_of(content: bytes, name: str, report: Report) -> Source | None:
    """Return a content as text, or None after a report of E102 (not UTF-8) or E112."""
    if len(content) > MAX_FILE:
        size = f"more than {MAX_FILE:,} bytes"
        report.add("E112", Text.of("", name).span(), what="the file", size=size, limit=f"{MAX_FILE:,}")
        return None
    try:
        return Source(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        text = Text(before, Source(name, before))
        problem = f"byte 0x{content[error.start]:02x} is not UTF-8"
        report.add("E102", text.span(len(before), len(before)), problem=problem, suggestion="save the file as UTF-8")
        return None
