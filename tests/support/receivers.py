# SPDX-License-Identifier: Apache-2.0
"""Receivers of alerts on loopback, which can be stopped and started again at the same port."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def server_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    """Return the settings of a server with a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


class HttpsReceiver:
    """HTTPS server that refuses some requests, and can be stopped and started at the same port."""

    scheme = "https"

    def __init__(self, context: ssl.SSLContext) -> None:
        self.seen: list[int] = []
        self.requests = 0
        self.refuses: Callable[[int], bool] = lambda _: False
        self._context = context
        self._port = 0
        self.start()

    def has(self, count: int) -> bool:
        """Return whether ``count`` different alerts have arrived."""
        return len(set(self.seen)) >= count

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self._port}/"

    def start(self) -> None:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests += 1
                refused = receiver.refuses(receiver.requests)
                if not refused:
                    receiver.seen += [json.loads(line)["number"] for line in body.splitlines()]
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request: Any, client_address: Any) -> None:
                receiver._connections.append(request)
                super().process_request(request, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None: ...

        self._connections: list[socket.socket] = []
        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self._server.socket = self._context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()


class SyslogReceiver:
    """Syslog server for RFC 6587 over TCP or TLS: it reads all it has received before it closes a connection."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.seen: list[int] = []
        self._context = context
        self._port = 0
        self.start()

    def has(self, count: int) -> bool:
        """Return whether ``count`` different alerts have arrived."""
        return len(set(self.seen)) >= count

    @property
    def address(self) -> str:
        return f"{'tls' if self._context is not None else 'tcp'}://localhost:{self._port}"

    def start(self) -> None:
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._listener.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _serve(self) -> None:
        with self._listener:
            while not self._ending.is_set():
                with contextlib.suppress(TimeoutError, ssl.SSLError):
                    connection = self._listener.accept()[0]
                    connection.settimeout(5)
                    if self._context is not None:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    with connection:
                        self._read(connection)

    def _read(self, connection: socket.socket) -> None:
        connection.settimeout(0.02)
        data = b""
        while True:
            try:
                part = connection.recv(65536)
            except TimeoutError:
                if self._ending.is_set():
                    return
                continue
            if not part:
                return
            data += part
            while (found := re.match(rb"(\d+) ", data)) and len(data) >= found.end() + int(found[1]):
                message, data = data[found.end() :][: int(found[1])], data[found.end() + int(found[1]) :]
                self.seen.append(json.loads(message.partition(b" - - ")[2])["number"])
