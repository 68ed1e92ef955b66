# SPDX-License-Identifier: Apache-2.0
"""HTTP and HTTPS servers on loopback for tests of outputs, and servers that fail in other ways."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = {}


class Receiver(http.server.ThreadingHTTPServer):
    """Server with scripted responses, by number and body of a request; it records the accepted bodies, uncompressed."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.scheme = "http"
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.answer: Callable[[int, bytes], int | Reply] = lambda _, __: 200
        self.delay = 0.0
        self.requests: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"

    @property
    def url(self) -> str:
        return f"{self.base}/in"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def stop(self) -> None:
        self.shutdown()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None: ...


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.requests.append({"path": self.path, **{key.title(): value for key, value in self.headers.items()}})
        answer = self.server.answer(len(self.server.requests), body)
        reply = answer if isinstance(answer, Reply) else Reply(answer)
        if self.server.delay:
            time.sleep(self.server.delay)
        if 200 <= reply.status < 300:
            self.server.bodies.append(body)
        self.send_response(reply.status)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None: ...


def server_context(files: tuple[Path, Path], *, mtls: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    if mtls:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files[0])
    return context


def _mute(connection: socket.socket) -> None:
    """Read requests without a response."""
    while connection.recv(65536):
        pass


def _half_closed(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    _mute(connection)


def _half_a_response(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def _garbage(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\xff\x00 no response\r\n\r\n")


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


FAILURES: Mapping[str, Callable[[socket.socket], None] | None] = {
    "dead": None,
    "slow": _mute,
    "half-closing": _half_closed,
    "half a response": _half_a_response,
    "garbage": _garbage,
    "refusing": _reset,
}
"""Functions that serve one connection; None refuses connections."""


@contextlib.contextmanager
def failing_server(failure: str) -> Iterator[str]:
    """Serve connections as in :data:`FAILURES`; return the address, which is free at the end."""
    serve = FAILURES[failure]
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "http://" + ":".join(map(str, server.getsockname()))
        if serve is not None:
            threading.Thread(target=_serve, args=(server, serve), daemon=True).start()
            yield url
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
    if serve is None:
        yield url


def _serve(server: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1)
                serve(connection)
