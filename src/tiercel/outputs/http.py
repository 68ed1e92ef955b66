# SPDX-License-Identifier: Apache-2.0
"""Output that posts alerts to an HTTP server, on top of urllib3 (the extra ``tiercel[http]``)."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tiercel.errors import UsageError
from tiercel.outputs.base import AlertView, DeliveryError, Printable
from tiercel.outputs.tls import client_context
from tiercel.schema.alert_formats import AlertFormat

if TYPE_CHECKING:
    import urllib3

__all__ = ["HttpOutput"]

_KEPT: Final = 65_536  # bytes of a response that are read
_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_AFTER: Final = 300.0  # seconds that a server can request with Retry-After


class HttpOutput:
    """Output that posts each alert, or some of them as lines, and repeats requests that may succeed later.

    A response with a status of 200 to 299 accepts the alerts. Network errors, and the statuses 408, 425, 429, 500, 502,
    503 and 504, are temporary; any other status loses the alerts of the request. A request whose response is lost is
    repeated, so a server may get an alert twice.
    """

    remote = True

    def __init__(
        self,
        url: str,
        *,
        format: AlertFormat = "text",
        user_agent: str = "falcosecurity/falco",
        insecure: bool = False,
        ca_cert: str = "",
        ca_bundle: str = "",
        ca_path: str = "",
        mtls: bool = False,
        client_cert: str = "/etc/ssl/certs/client.crt",
        client_key: str = "/etc/ssl/certs/client.key",
        echo: bool = False,
        compress_uploads: bool = False,
        keep_alive: bool = False,
        max_consecutive_timeouts: int = 0,
        headers: Mapping[str, str] | None = None,
        proxy: str = "",
        batch: int = 1,
        timeout: float = 10.0,
    ) -> None:
        """Prepare requests to ``url``; the first alert opens the connection.

        Args:
            url: an address with http or https.
            format: format of the alerts.
            user_agent: the header ``User-Agent``.
            insecure: accept any certificate of the server.
            ca_cert: PEM file with certificates of authorities.
            ca_bundle: another such file, if ``ca_cert`` is empty.
            ca_path: folder with such files by hash, if both are empty. By default, the system's authorities count.
            mtls: present a certificate.
            client_cert: PEM file with that certificate.
            client_key: PEM file with its key.
            echo: print the responses of the server on standard output.
            compress_uploads: compress requests by gzip.
            keep_alive: probe idle connections (TCP keep-alive).
            max_consecutive_timeouts: after more timeouts than this in a row, the alerts are lost; 0: never.
            headers: further headers.
            proxy: address of a proxy; empty: ``$http_proxy``, ``$https_proxy`` and ``$no_proxy``.
            batch: alerts in one request, one per line.
            timeout: seconds for a connection, and for each part of a response.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, urllib3 is not installed.
        """
        self._url = url.strip().strip("'\"")
        parts = _checked(self._url)
        if batch < 1 or timeout <= 0 or max_consecutive_timeouts < 0:
            raise UsageError("E607", "http: batch is at least 1, timeout more than 0, and no limit is negative")
        self._name = f"http {parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        self._format: AlertFormat = format
        self._echo = echo
        self._compress = compress_uploads
        self._batch = batch
        self._timeout = timeout
        self._limit = max_consecutive_timeouts
        self._timeouts = 0
        kind = "text/plain" if format == "text" else "application/json" if batch == 1 else "application/x-ndjson"
        self._headers = {"Content-Type": kind, "User-Agent": user_agent, **(headers or {})}
        if compress_uploads:
            self._headers["Content-Encoding"] = "gzip"
        context = None
        if parts.scheme == "https":
            own = (client_cert, client_key) if mtls else None
            context = client_context("http", ca_file=ca_cert or ca_bundle, ca_path=ca_path, own=own, insecure=insecure)
        self._pool = _pool(proxy or _proxy(parts.scheme or "", parts.hostname or ""), context, keep_alive, timeout)

    def send(self, alert: Printable) -> None:
        """Post one alert."""
        self._post([alert])

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Post alerts, as many in a request as ``batch`` allows."""
        for at in range(0, len(alerts), self._batch):
            part = alerts[at : at + self._batch]
            try:
                self._post(part)
            except DeliveryError as error:
                error.delivered = at
                raise

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _post(self, alerts: Sequence[Printable]) -> None:
        from urllib3.exceptions import HTTPError, NewConnectionError
        from urllib3.exceptions import TimeoutError as Late

        body = "\n".join(alert.render(self._format) for alert in alerts).encode()
        if self._compress:
            body = gzip.compress(body, 6)
        try:
            response = self._pool.request(
                *("POST", self._url), body=body, headers=self._headers, redirect=False, retries=False,
                preload_content=False, timeout=self._timeout,
            )  # fmt: skip
            content = _content(response, self._timeout)
        except (HTTPError, OSError) as error:
            # A refused connection is a timeout in the classes of urllib3.
            late = isinstance(error, Late) and not isinstance(error, NewConnectionError)
            raise self._failed(error, late=late) from error
        self._timeouts = 0
        if self._echo and content:
            os.write(1, content + b"\n")
        if not 200 <= response.status < 300:
            text = f"{self._name}: status {response.status} {response.reason or ''}".rstrip()
            after = _after(response.headers.get("Retry-After", ""))
            raise DeliveryError(text, retry=response.status in _TEMPORARY, after=after)

    def _failed(self, error: Exception, *, late: bool) -> DeliveryError:
        """Return the error of a request without a response; it is permanent after too many timeouts in a row."""
        self._timeouts = self._timeouts + 1 if late else 0
        lost = 0 < self._limit < self._timeouts
        if lost:
            self._timeouts = 0
        reason = f"timeout after {self._timeout:g} s" if late else _reason(error)
        return DeliveryError(f"{self._name}: {reason}", retry=not lost)


def _checked(url: str) -> urllib3.util.Url:
    try:
        from urllib3.exceptions import LocationParseError
        from urllib3.util import parse_url
    except ImportError as error:
        raise UsageError("E608", "the output http needs urllib3", hint="pip install 'tiercel[http]'") from error
    try:
        parts = parse_url(url)
    except LocationParseError:
        parts = parse_url("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = urlsplit(url).scheme if "@" in url else url  # an address may contain a password
        hint = "for example https://alerts.example.org:2801/"
        raise UsageError("E607", f"http: {shown!r} is no address with http or https", hint=hint)
    return parts


def _proxy(scheme: str, host: str) -> str:
    """Return the proxy that the environment names for a host."""
    return "" if proxy_bypass(host) else getproxies().get(scheme, "")


def _pool(proxy: str, context: ssl.SSLContext | None, keep_alive: bool, timeout: float) -> urllib3.PoolManager:
    import urllib3
    from urllib3.connection import HTTPConnection

    if context is not None and context.verify_mode == ssl.CERT_NONE:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # as configured
    options = [*HTTPConnection.default_socket_options]
    if keep_alive:
        options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    if proxy:
        return urllib3.ProxyManager(proxy, ssl_context=context, socket_options=options, timeout=timeout)
    return urllib3.PoolManager(ssl_context=context, socket_options=options, timeout=timeout)


def _content(response: urllib3.BaseHTTPResponse, timeout: float) -> bytes:
    """Return the start of a response, and keep the connection if it is short."""
    until = time.monotonic() + timeout
    found = b""
    while len(found) < _KEPT and time.monotonic() < until:
        part = response.read(4096, decode_content=False)
        if not part:
            response.release_conn()
            return found
        found += part
    response.close()
    return found


def _after(header: str) -> float:
    """Return the seconds of ``Retry-After``; a date counts as none."""
    return min(float(header), _MAX_AFTER) if header.isdecimal() and len(header) < 9 else 0.0


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason.args[-1] if isinstance(reason, Exception) and reason.args else reason)
