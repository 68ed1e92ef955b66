# SPDX-License-Identifier: Apache-2.0
"""Spool of one output: a bounded file of alerts that survives the end of the process, in SQLite."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sqlite3
import stat
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tiercel.errors import OutputError
from tiercel.private_files import private_folder

__all__ = ["Spool", "SpoolDamagedError", "spool_file"]

_APPLICATION: Final = 0x74637370  # "tcsp", in the header of the file
_VERSION: Final = 1  # of the table
_PAGE: Final = 16384  # bytes; several alerts fit into a page, so that little room is wasted
_WAL_PAGES: Final = 1024  # a checkpoint, which waits for the disk, empties the log after 16 MiB
_SMALL: Final = 256  # pages; an empty file that is larger gives its room back
_EVICTED: Final = 64  # alerts that are deleted at once to make room
_RESERVE: Final = 4  # pages: the inner nodes of the tree


class SpoolDamagedError(OutputError):
    """E805: the file is damaged, or is no spool."""


def spool_file(folder: str, output: str) -> str:
    """Return the path of the spool of an output."""
    return str(Path(folder) / f"{quote(output, safe=' ').lstrip('.') or '%2E'}.spool")


class Spool:
    """File with a queue of packed alerts, each with a number; the numbers increase without gaps.

    One process at a time uses it: a lock on the file excludes others. Each :meth:`add` is a transaction without a flush
    to the disk: alerts survive SIGKILL and crashes of this process. A power failure may lose the last ones, and does
    not damage the file. All methods except :meth:`close` raise ``OutputError`` (E805). Calls must not overlap.

    Attributes:
        path: the file.
        limit: size of the file, bytes; the log of SQLite takes up to 16 MiB more.
        first: number of the first alert.
        count: alerts in the file.
    """

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self.limit = limit
        self.first = 1
        self.count = 0
        self._db: sqlite3.Connection | None = None
        _spools.add(self)

    @property
    def is_open(self) -> bool:
        return self._db is not None

    def open(self) -> None:
        """Open or create the file, in a folder with access for its owner only."""
        with self._explained():
            private_folder(os.path.dirname(self.path))  # noqa: PTH120
            _create(self.path)
            db = sqlite3.connect(self.path, timeout=0.5, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(db)
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.close()
                raise
            self._db = db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute(f"PRAGMA page_size = {_PAGE}")
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        (application,), (version,) = (db.execute(f"PRAGMA {name}").fetchone() for name in _MARKS)
        (objects,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, version) != (_APPLICATION, _VERSION) and (application or version or objects):
            other = f"has version {version}" if application == _APPLICATION else "is a file of another program"
            raise SpoolDamagedError("E805", f"{self.path}: {other}", hint=_ASIDE)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        db.execute(f"PRAGMA journal_size_limit = {_WAL_PAGES * _PAGE}")
        if not application:
            with _transaction(db):
                db.execute("CREATE TABLE alerts (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
                for name, value in zip(_MARKS, (_APPLICATION, _VERSION), strict=True):
                    db.execute(f"PRAGMA {name} = {value}")
        first, last = db.execute("SELECT min(number), max(number) FROM alerts").fetchone()
        self.first = max(first or 1, self.first)
        self.count = 0 if last is None else max(0, last - self.first + 1)

    def has_room(self, bodies: Sequence[bytes]) -> bool:
        """Return whether alerts fit without the loss of others."""
        with self._explained():
            return self._fits(self._connection(), _pages(bodies))

    def add(self, bodies: Sequence[bytes]) -> int:
        """Append alerts; delete the oldest ones first if the file is full. Return the number of deleted alerts.

        The alerts of one call must have much less than :attr:`limit` bytes together.
        """
        with self._explained():
            db, needed = self._connection(), _pages(bodies)
            first, count = self.first, self.count
            with _transaction(db):
                while count and not self._fits(db, needed):
                    evicted = min(_EVICTED, count)
                    first, count = first + evicted, count - evicted
                    db.execute("DELETE FROM alerts WHERE number < ?", (first,))
                numbers = range(first + count, first + count + len(bodies))
                db.executemany("INSERT INTO alerts VALUES (?, ?)", zip(numbers, bodies, strict=True))
            lost = first - self.first
            self.first, self.count = first, count + len(bodies)
            return lost

    def read(self, limit: int) -> list[tuple[int, bytes]]:
        """Return the first alerts with their numbers: at most ``limit``, and few if they are large."""
        with self._explained():
            found: list[tuple[int, bytes]] = []
            size = 0
            for number, body in self._connection().execute(
                "SELECT number, body FROM alerts WHERE number >= ? ORDER BY number LIMIT ?", (self.first, limit)
            ):
                if not isinstance(body, bytes):
                    raise sqlite3.DatabaseError("an alert has another type")
                found.append((number, body))
                size += len(body)
                if size > _MAX_READ:
                    break
            if self.count and not found:
                raise sqlite3.DatabaseError("alerts are missing")
            return found

    def remove(self, until: int) -> None:
        """Delete the alerts with numbers below ``until``; after a failure, they are not read again by this process."""
        if until <= self.first:
            return
        self.count = max(0, self.first + self.count - until)
        self.first = until
        with self._explained():
            db = self._connection()
            db.execute("DELETE FROM alerts WHERE number < ?", (until,))
            if not self.count and _pragma(db, "page_count") > _SMALL:
                db.executescript("PRAGMA incremental_vacuum")  # execute() frees one page only

    def close(self) -> None:
        """Close the file; repeated calls have no effect."""
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def keep_for_parent(self) -> None:
        """In the child of a fork, leave the file to the parent.

        The end of a connection would delete the log that the parent uses. So this one never ends.
        """
        if self._db is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))
            self._db = None

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise OutputError("E805", f"{self.path}: is not open")
        return self._db

    def _fits(self, db: sqlite3.Connection, needed: int) -> bool:
        used = _pragma(db, "page_count") - _pragma(db, "freelist_count")
        return (used + needed + _RESERVE) * _PAGE <= self.limit

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of SQLite and of the system into ``OutputError``, with a hint."""
        try:
            yield
        except sqlite3.OperationalError as error:
            text = str(error)
            hint = next((hint for part, hint in _HINTS.items() if part in text), None)
            raise OutputError("E805", f"{self.path}: {text}", hint=hint) from error
        except sqlite3.Error as error:
            raise SpoolDamagedError("E805", f"{self.path}: {error}", hint=_ASIDE) from error
        except OSError as error:
            hint = "make it private: chmod 700" if isinstance(error, PermissionError) else None
            raise OutputError("E805", f"{error.filename or self.path}: {error.strerror}", hint=hint) from error


_MARKS: Final = ("application_id", "user_version")
_MAX_READ: Final = 1 << 20  # bytes of alerts that are read at once
_ASIDE: Final = "move the file away; tiercel makes another one"
_HINTS: Final = {
    "locked": "another process uses it; set another outputs_spool.path",
    "readonly": "the file or its file system is read-only",
    "full": "the disk is full",
}
_spools: weakref.WeakSet[Spool] = weakref.WeakSet()


def _create(path: str) -> None:
    """Create the file with access for its owner, unless it exists.

    An existing file is not opened here: the end of any descriptor of it would release the locks of this process.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", path) from None


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _pages(bodies: Sequence[bytes]) -> int:
    """Return an upper bound of the pages that bodies take: a large one has pages of its own."""
    return sum(len(body) + 32 for body in bodies) // (_PAGE // 2) + 1 + sum(len(body) > _PAGE // 2 for body in bodies)


def _after_fork() -> None:
    for spool in tuple(_spools):
        spool.keep_for_parent()


os.register_at_fork(after_in_child=_after_fork)
