# SPDX-License-Identifier: Apache-2.0
"""The web server, with real clients on this machine."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.certificates import make_certificate

from tiercel.config.operation_settings import WebserverSettings
from tiercel.errors import UsageError
from tiercel.frozen import replace
from tiercel.operation.web_server import Page, WebServer

SETTINGS = WebserverSettings(enabled=True, port=0)
PAGES: Any = {
    "/healthz": lambda: Page('{"status": "ok"}'),
    "/sick": lambda: Page("{}", healthy=False),
    "/text": lambda: Page("é\n", "text/plain; charset=utf-8"),
    "/fault": lambda: {}["fault"],
}
PATIENCE = 30


@pytest.fixture
def server() -> Iterator[WebServer]:
    made = WebServer(SETTINGS, PAGES)
    yield made
    made.close()


def get(port: int, path: str, method: str = "GET", context: ssl.SSLContext | None = None) -> tuple[int, str, bytes]:
    if context is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()
    finally:
        connection.close()


def test_pages(server: WebServer) -> None:
    assert get(server.port, "/healthz") == (200, "application/json", b'{"status": "ok"}')
    assert get(server.port, "/healthz?verbose=1")[0] == 200
    assert get(server.port, "/text") == (200, "text/plain; charset=utf-8", "é\n".encode())
    assert get(server.port, "/sick")[0] == 503
    assert get(server.port, "/none")[0] == 404
    assert get(server.port, "/healthz", "HEAD") == (200, "application/json", b"")
    assert get(server.port, "/healthz", "POST")[0] == 501


def test_only_this_machine_connects(server: WebServer) -> None:
    assert server._server.server_address[0] == "127.0.0.1"


def test_clients_that_misbehave_disturb_no_other(server: WebServer, capfd: pytest.CaptureFixture[str]) -> None:
    address = ("127.0.0.1", server.port)
    silent = [socket.create_connection(address) for _ in range(8)]
    for data in (b"\x16\x03\x01garbage\r\n\r\n", b"GET /healthz HTTP/9.9\r\n\r\n", b"GET " + b"a" * 70_000, b""):
        with socket.create_connection(address) as client:
            client.sendall(data)
    with pytest.raises(http.client.HTTPException):
        get(server.port, "/fault")
    assert get(server.port, "/healthz")[0] == 200
    for one in silent:
        one.close()
    assert capfd.readouterr().err == ""


def test_connections_are_limited() -> None:
    server = WebServer(replace(SETTINGS, connections=2), PAGES)
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2)]
    threading.Timer(0.3, lambda: [one.close() for one in silent]).start()
    assert get(server.port, "/healthz")[0] == 200
    server.close()


def test_a_port_that_is_taken(server: WebServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"cannot listen on 127\.0\.0\.1") as caught:
            WebServer(replace(SETTINGS, port=taken.getsockname()[1]), PAGES)
    assert caught.value.code == "E621"
    assert "listen_port" in str(caught.value)


def certificate(folder: Path, *options: str) -> Path:
    key, file = folder / "key.pem", folder / "cert.pem"
    make_certificate(file, key, "127.0.0.1", "subjectAltName=IP:127.0.0.1", options=options)
    both = folder / "falco.pem"
    both.write_text(key.read_text() + file.read_text())
    return both


def test_tls(tmp_path: Path) -> None:
    both = certificate(tmp_path, "-nodes")
    server = WebServer(replace(SETTINGS, tls=True, certificate=str(both)), PAGES)
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    assert get(server.port, "/healthz", context=context)[0] == 200
    with pytest.raises(ssl.SSLError):
        get(server.port, "/healthz", context=ssl.create_default_context())
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as plain:
        plain.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"200" not in plain.recv(1000)
    assert get(server.port, "/healthz", context=context)[0] == 200
    server.close()


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    locked = certificate(tmp_path, "-passout", "pass:secret")
    empty = tmp_path / "empty.pem"
    empty.touch()
    for file in (locked, empty, tmp_path / "none.pem"):
        with pytest.raises(UsageError, match="certificate"):
            WebServer(replace(SETTINGS, tls=True, certificate=str(file)), PAGES)
