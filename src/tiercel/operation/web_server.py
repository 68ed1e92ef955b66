# SPDX-License-Identifier: Apache-2.0
"""Web server for the health check, the versions and the metrics of a sensor.

Imports http.server and ssl: only runs with an enabled web server load this.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tiercel.config.operation_settings import WebserverSettings
from tiercel.errors import UsageError
from tiercel.frozen import frozen

__all__ = ["Page", "WebServer"]

_DEFAULT_CONNECTIONS: Final = 16
_PATIENCE: Final = 10.0  # seconds that a client may need for its request, and to take the answer


@frozen
class Page:
    """Answer of the server.

    Attributes:
        body: content.
        content_type: its type.
        healthy: status 200; else 503.
    """

    body: str
    content_type: str = "application/json"
    healthy: bool = True


class WebServer:
    """Server of a few pages, with a thread for each connection."""

    def __init__(self, settings: WebserverSettings, pages: Mapping[str, Callable[[], Page]]) -> None:
        """Listen, and serve ``pages`` by path until :meth:`close`.

        Raises:
            UsageError: E621, the address is in use, or the certificate cannot be read.
        """
        context = _tls(settings) if settings.tls else None
        try:
            self._server = _Server(settings, pages, context)
        except OSError as error:
            where = f"{settings.address}:{settings.port}"
            hint = "set webserver.listen_port to another port, or webserver.enabled to false"
            raise UsageError("E621", f"the web server cannot listen on {where}: {error.strerror}", hint=hint) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="tiercel-web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving; connections that are open end by themselves."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _tls(settings: WebserverSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, password=lambda: "")  # else OpenSSL reads the terminal
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or str(error)
        text = f"the certificate of the web server, {settings.certificate}, cannot be used: {why}"
        raise UsageError(
            "E621", text, hint="webserver.ssl_certificate is one PEM file with key and certificate"
        ) from error
    return context


class _Server(ThreadingHTTPServer):
    """Socket server with a limit of connections and a TLS handshake in the connection's thread."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, settings: WebserverSettings, pages: Mapping[str, Callable[[], Page]], context: ssl.SSLContext | None
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
        self.pages = pages
        self._context = context
        self._free = threading.BoundedSemaphore(settings.connections or _DEFAULT_CONNECTIONS)
        super().__init__((settings.address, settings.port), _Handler)

    def server_bind(self) -> None:
        """Bind without a request to a name server, unlike HTTPServer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(timeout=_PATIENCE):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            request.settimeout(_PATIENCE)
            if self._context is not None:
                request = self._context.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:  # no TLS, or gone
            self.shutdown_request(request)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that goes away is no error of the sensor."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "tiercel"
    sys_version = ""
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Answer with a page."""
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            self._answer(HTTPStatus.NOT_FOUND, Page(json.dumps({"error": "not found"})))
            return
        page = make()
        self._answer(HTTPStatus.OK if page.healthy else HTTPStatus.SERVICE_UNAVAILABLE, page)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _answer(self, status: HTTPStatus, page: Page) -> None:
        body = page.body.encode()
        self.send_response(status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: requests are frequent, and standard error is for the user."""
