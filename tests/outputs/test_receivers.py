# SPDX-License-Identifier: Apache-2.0
"""Spools and real receivers on loopback: receivers stop and fail, the sender is killed, and no alert is missing."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.certificates import make_certificate
from support.live import REPOSITORY
from support.waiting import eventually

from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route, SpoolPlace
from tiercel.outputs.syslog import SyslogOutput

MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    make_certificate(cert, key, "localhost", "subjectAltName=DNS:localhost")
    return cert, key


def server_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


class HttpsReceiver:
    """HTTPS server that refuses some requests, and can be stopped and started at the same port."""

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
        return f"https://localhost:{self._port}/"

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


def spooled(name: str, make: partial[Any], folder: Path) -> Route:
    return Route(name, make, timeout=30.0, spool=SpoolPlace(str(folder / "spool"), 64 * MIB))


def views(first: int, count: int) -> list[Any]:
    return [View(number) for number in range(first, first + count)]


def unique(seen: list[int]) -> list[int]:
    """Return the numbers without repetitions, in the order of their first arrival."""
    return list(dict.fromkeys(seen))


@pytest.fixture
def receiver(files: tuple[Path, Path]) -> Iterator[HttpsReceiver]:
    made = HttpsReceiver(server_context(files))
    yield made
    made.stop()


def test_an_https_server_that_fails_in_turns_and_is_stopped_in_between(
    receiver: HttpsReceiver, files: tuple[Path, Path], tmp_path: Path
) -> None:
    receiver.refuses = lambda number: number % 3 == 0
    make = partial(HttpOutput, receiver.url, json=True, ca_cert=str(files[0]), batch=100)
    delivery = Delivery([spooled("http", make, tmp_path)], lambda _: None)
    for at in range(0, 2000, 50):
        delivery.send(views(at, 50))
    eventually(partial(receiver.has, 501))
    receiver.stop()
    for at in range(2000, 4000, 50):
        delivery.send(views(at, 50))
    assert delivery.stats()["http"].spooled >= 2000
    receiver.start()
    eventually(lambda: delivery.stats()["http"].spooled == 0, 60)
    delivery.close()
    assert unique(receiver.seen) == [*range(4000)], "in order, and repeated at most"
    assert (delivery.failures, delivery.stats()["http"].delivered) == (0, 4000)


@pytest.mark.parametrize("tls", [False, True])
def test_a_syslog_server_that_is_stopped_in_between(tls: bool, files: tuple[Path, Path], tmp_path: Path) -> None:
    receiver = SyslogReceiver(server_context(files) if tls else None)
    make = partial(SyslogOutput, json=True, address=receiver.address, ca_cert=str(files[0]) if tls else "")
    delivery = Delivery([spooled("syslog", make, tmp_path)], lambda _: None)
    sent = 0
    for _ in range(4):
        delivery.send(views(sent, 500))
        eventually(partial(receiver.has, sent + 1))
        receiver.stop()
        delivery.send(views(sent + 500, 500))
        sent += 1000
        receiver.start()
    eventually(lambda: delivery.stats()["syslog"].spooled == 0, 60)
    eventually(partial(receiver.has, sent))
    delivery.close()
    receiver.stop()
    assert unique(receiver.seen) == [*range(sent)]
    assert delivery.failures == 0


SENDER = """
import sys
from functools import partial
sys.path.insert(0, sys.argv[1])
from support.alert_views import View
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route, SpoolPlace
_, _, folder, url, ca, first = sys.argv
make = partial(HttpOutput, url, json=True, ca_cert=ca, batch=20)
delivery = Delivery([Route("http", make, spool=SpoolPlace(folder, 64 << 20))], lambda _: None)
for at in range(int(first), int(first) + 1_000_000, 10):
    delivery.send([View(number) for number in range(at, at + 10)])
    print(at + 10, flush=True)
"""


def test_after_sigkill_and_a_restart_nothing_is_missing(
    receiver: HttpsReceiver, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """The sender is killed with the receiver there, away, and there again."""
    receiver.refuses = lambda number: number % 4 == 0
    folder = str(tmp_path / "spool")
    stored = 0
    for round_ in range(3):
        command = [sys.executable, "-c", SENDER, str(REPOSITORY / "tests"), folder, receiver.url, str(files[0])]
        sender = subprocess.Popen([*command, str(stored)], stdout=subprocess.PIPE, text=True)
        assert sender.stdout is not None
        with sender.stdout:
            for _ in range(100):
                stored = int(sender.stdout.readline())
            if round_ != 1:
                eventually(partial(receiver.has, round_ * 100 + 1))
            sender.send_signal(signal.SIGKILL)
            for line in sender.stdout:
                stored = int(line) if line.endswith("\n") else stored
        sender.wait()
        if round_ == 0:
            receiver.stop()
        elif round_ == 1:
            receiver.start()
    receiver.refuses = lambda _: False
    make = partial(HttpOutput, receiver.url, json=True, ca_cert=str(files[0]), batch=100)
    last = Delivery([spooled("http", make, tmp_path)], print)
    eventually(lambda: last.stats()["http"].spooled == 0, 60)
    last.close()
    found = unique(receiver.seen)
    assert found[:stored] == [*range(stored)], "each alert whose send() returned has arrived, in order"
    assert len(found) <= stored + 10
