# SPDX-License-Identifier: Apache-2.0
"""A stand-in for docker's or podman's engine, that can be as bad as a test wants."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

FULL = "0123456789abcdef" * 4


def docker_container(container: str = FULL, **changes: Any) -> dict[str, Any]:
    """The part of docker's description of a container that matters here."""
    found: dict[str, Any] = {
        "Id": container,
        "Created": "2026-11-26T09:10:11.123456789Z",
        "Name": "/web",
        "Image": "sha256:" + "ab" * 32,
        "Config": {
            "Image": "registry.example:5000/shop/web:2.1",
            "Env": ["PATH=/bin", "A=b"],
            "Labels": {"team": "shop", "long": "x" * 101},
            "User": "1000",
            "Healthcheck": {"Test": ["CMD-SHELL", "wget -q localhost"]},
        },
        "HostConfig": {
            "Privileged": True,
            "NetworkMode": "bridge",
            "PidMode": "host",
            "IpcMode": "private",
            "CapAdd": ["NET_ADMIN"],
        },
        "Mounts": [
            {"Source": "/srv", "Destination": "/data", "Mode": "z", "RW": False, "Propagation": "rprivate"},
        ],
        "NetworkSettings": {"IPAddress": "172.17.0.2", "Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
    }
    return found | changes


DOCKER_IMAGE = {
    "RepoTags": ["registry.example:5000/shop/web:2.1"],
    "RepoDigests": ["registry.example:5000/shop/web@sha256:" + "cd" * 32],
}


class FakeEngine:
    """Listens at a socket until it is stopped.

    Attributes:
        containers: by whole id, the description of each.
        images: the same of images.
        requests: their paths.
        delay: seconds before each answer with content; the sensor looks other containers of the machine up, too.
        gate: while it is cleared, these answers do not come at all.
        raw: these bytes instead of every answer but ``/version``.
        cut: send only so many bytes of each answer.
        base: what paths begin with.
    """

    def __init__(self, path: Path, base: str = "") -> None:
        self.path = path
        self.base = base
        self.containers: dict[str, Any] = {}
        self.images: dict[str, Any] = {}
        self.requests: list[str] = []
        self.delay = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.raw: bytes | None = None
        self.cut: int | None = None
        self._streams: list[queue.Queue[bytes | None]] = []
        self._connections: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        self._stopping = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Die: the socket is no longer listened at, and all connections break."""
        self._stopping.set()
        self.gate.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.path.unlink(missing_ok=True)
        for stream in self._streams:
            stream.put(None)
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> FakeEngine:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def happens(self, action: str, container: str, **attributes: str) -> None:
        """Say so to all who listen to events."""
        actor = {"ID": container, "Attributes": attributes}
        self.say(json.dumps({"Type": "container", "Action": action, "Actor": actor}).encode())

    def say(self, line: bytes) -> None:
        """Say anything to all who listen to events."""
        for stream in self._streams:
            stream.put(line + b"\n")

    @property
    def followers(self) -> int:
        return len(self._streams)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            target = request.split()[1].decode()
            self.requests.append(target)
            path = target.removeprefix(self.base)
            if path.startswith("/events"):
                self._stream(connection)
                return
            answer = self._answer(path)
            if b" 404 " not in answer[:20]:
                self._stopping.wait(self.delay)
                self.gate.wait()
            connection.sendall(answer if self.cut is None else answer[: self.cut])
        self._connections.discard(connection)

    def _answer(self, path: str) -> bytes:
        if path == "/version":
            return answer({"Version": "1.2.3"})
        if self.raw is not None:
            return self.raw
        kind, name = path.split("/")[1:3]
        for whole, found in (self.containers if kind == "containers" else self.images).items():
            if whole.startswith(unquote(name)):
                return answer(found)
        return answer({"message": "no such thing"}, "404 Not Found")

    def _stream(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        stream: queue.Queue[bytes | None] = queue.Queue()
        self._streams.append(stream)
        try:
            while (line := stream.get()) is not None:
                connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
        finally:
            self._streams.remove(stream)


def answer(content: Any, status: str = "200 OK") -> bytes:
    body = json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Parrot(FakeEngine):
    """Sends the same response to every request."""

    def _answer(self, path: str) -> bytes:
        return self.raw or b""


@contextlib.contextmanager
def raw_server(path: Path, content: bytes) -> Iterator[None]:
    """Send the same bytes to every client, and hang up."""
    with Parrot(path) as engine:
        engine.raw = content
        yield
