# SPDX-License-Identifier: Apache-2.0
"""HTTP client over a unix socket: GET, bounded in time and size, and cancellable.

The modules of the standard library support neither unix sockets nor a time-out for a whole response, and their import
takes longer than most responses.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final

from tiercel.containers.engines.interface import EngineAbsentError
from tiercel.errors import EngineError

__all__ = ["MAX_BODY", "UnixHttp"]

MAX_BODY: Final = 16 << 20  # bytes
_MAX_HEAD: Final = 64 << 10
_MAX_SIZE: Final = 1 << 10  # bytes of a line with the size of a chunk
_LINES: Final = 16  # ratio of the limits of a response and a line
_PART: Final = 64 << 10
_ABSENT: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR, errno.ENOTSOCK})


class UnixHttp:
    """Client of the server at one socket; each request has its own connection.

    Any thread may send requests, concurrently; :meth:`close` ends pending ones.

    Args:
        path: of the socket.
        most: limit of a response in bytes; a line may have a sixteenth of it. Decoded JSON takes more memory: a hundred
            bytes for each value.
    """

    def __init__(self, path: str, most: int = MAX_BODY) -> None:
        self._path = path
        self._most = most
        self._lock = threading.Lock()
        self._open: set[socket.socket] | None = set()

    def get(self, target: str, timeout: float) -> tuple[int, bytes]:
        """Return status and body of a response that is complete within ``timeout`` seconds.

        Raises:
            EngineError: E901 no response, E902 invalid HTTP or a too large response, E903 no permission to connect.
        """
        with _Connection(self, time.monotonic() + timeout) as connection:
            status = connection.request(target)
            body = bytearray()
            for part in connection.body():
                body += part
                if len(body) > self._most:
                    raise EngineError("E902", f"{self._path}: an answer of more than {self._most >> 10} KiB")
            return status, bytes(body)

    def lines(self, target: str, timeout: float) -> Iterator[bytes]:
        """Yield the lines of a response as they arrive, until its end; it begins within ``timeout`` seconds.

        Raises:
            EngineError: as :meth:`get`, and E903 if the status is not 200.
        """
        with _Connection(self, time.monotonic() + timeout) as connection:
            status = connection.request(target)
            if status != 200:
                raise EngineError("E903", f"{self._path}: status {status} for {target.partition('?')[0]}")
            connection.deadline = None
            rest, most = b"", self._most // _LINES
            for part in connection.body():
                *whole, rest = (rest + part).split(b"\n")
                yield from whole
                if len(rest) > most:
                    raise EngineError("E902", f"{self._path}: a line of more than {most >> 10} KiB")
            if rest:
                yield rest

    def close(self) -> None:
        """End all requests; later requests fail."""
        with self._lock:
            connections, self._open = self._open or set(), None
        for connection in connections:
            _shut(connection)

    def connect(self, deadline: float) -> socket.socket:
        """Return a new connection."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with self._lock:
            if self._open is None:
                connection.close()
                raise EngineError("E901", f"{self._path}: closed")
            self._open.add(connection)
        try:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            connection.connect(self._path)
        except BaseException:
            self.disconnect(connection)
            raise
        return connection

    def disconnect(self, connection: socket.socket) -> None:
        """Close a connection."""
        with self._lock:
            if self._open is not None:
                self._open.discard(connection)
        connection.close()

    def failure(self, error: OSError) -> EngineError:
        """Return the public error for an error of a connection."""
        if isinstance(error, PermissionError):
            hint = "run as root, or as a member of the socket's group"
            return EngineError("E903", f"{self._path}: permission denied", hint=hint)
        if isinstance(error, TimeoutError):
            return EngineError("E901", f"{self._path}: no answer in time")
        if error.errno in _ABSENT:
            return EngineAbsentError("E901", f"{self._path}: no program listens there")
        return EngineError("E901", f"{self._path}: {os.strerror(error.errno) if error.errno else error}")


class _Connection:
    """One request, with status and headers of its response."""

    def __init__(self, server: UnixHttp, deadline: float) -> None:
        self.deadline: float | None = deadline
        self._server = server
        self._path = server._path
        self._begin = deadline
        self._buffer = bytearray()
        self._length: int | None = None
        self._chunked = False

    def __enter__(self) -> _Connection:
        try:
            self._socket = self._server.connect(self._begin)
        except OSError as error:
            raise self._server.failure(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._server.disconnect(self._socket)

    def request(self, target: str) -> int:
        """Send a GET; return the status of the response."""
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        try:
            self._socket.sendall(request.encode())
        except OSError as error:
            raise self._server.failure(error) from error
        first, *lines = self._until(b"\r\n\r\n", _MAX_HEAD).split(b"\r\n")
        words = first.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) != 3:
            raise self._invalid("no HTTP")
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        self._chunked = headers.get(b"transfer-encoding", b"").lower() == b"chunked"
        length = headers.get(b"content-length")
        if length is not None and not self._chunked:
            if not length.isdigit() or len(length) > 18:
                raise self._invalid("a length that is no number")
            self._length = int(length)
        return int(words[1])

    def body(self) -> Iterator[bytes]:
        """Yield the body as it arrives."""
        if self._chunked:
            yield from self._chunks()
        elif self._length is not None:
            yield from self._exactly(self._length)
        else:
            while part := self._some():
                yield part

    def _chunks(self) -> Iterator[bytes]:
        while True:
            text = self._until(b"\r\n", _MAX_SIZE).partition(b";")[0].strip()
            try:
                size = int(text, 16)
            except ValueError:
                size = -1
            if size < 0 or len(text) > 15:
                raise self._invalid("a piece without a size")
            if size == 0:
                return
            yield from self._exactly(size)
            if self._until(b"\r\n", _MAX_SIZE):
                raise self._invalid("a piece of another size than it said")

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            part = self._some(size)
            if not part:
                raise EngineError("E901", f"{self._path}: the answer broke off")
            size -= len(part)
            yield part

    def _until(self, mark: bytes, most: int) -> bytes:
        """Return the bytes before ``mark``, and consume both."""
        start = 0
        while (at := self._buffer.find(mark, start)) < 0:
            if len(self._buffer) > most:
                raise self._invalid("a line without end")
            start = max(0, len(self._buffer) - len(mark) + 1)
            part = self._receive()
            if not part:
                raise EngineError("E901", f"{self._path}: the answer broke off")
            self._buffer += part
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return found

    def _some(self, most: int = _PART) -> bytes:
        """Return the available bytes, at least one, or no bytes at the end."""
        if not self._buffer:
            return self._receive(min(most, _PART))
        part = bytes(self._buffer[:most])
        del self._buffer[:most]
        return part

    def _receive(self, most: int = _PART) -> bytes:
        try:
            if self.deadline is None:
                self._socket.settimeout(None)
            else:
                left = self.deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._socket.settimeout(left)
            return self._socket.recv(most)
        except OSError as error:
            raise self._server.failure(error) from error

    def _invalid(self, what: str) -> EngineError:
        return EngineError("E902", f"{self._path}: {what} in an answer")


def _shut(connection: socket.socket) -> None:
    """Wake the thread that waits for a connection."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected yet, or no longer connected
        return
