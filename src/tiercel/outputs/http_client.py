# SPDX-License-Identifier: Apache-2.0
"""Requests to one HTTP server, on top of urllib3 (the extra ``tiercel[http]``)."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from tiercel.errors import UsageError
from tiercel.frozen import frozen
from tiercel.outputs.base import DeliveryError

if TYPE_CHECKING:
    import urllib3

__all__ = ["HttpClient", "NoResponseError", "Response"]

_MAX_AFTER: Final = 300.0  # seconds that a server can request with Retry-After
_MAX_DETAIL: Final = 200  # characters of a response in an error
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class NoResponseError(DeliveryError):
    """E802: a request without a whole response; the server may have processed it.

    Attributes:
        late: the server did not respond in time.
    """

    def __init__(self, text: str, *, late: bool) -> None:
        super().__init__(text)
        self.late = late


@frozen
class Response:
    """Response of a server.

    Attributes:
        after: seconds of the header ``Retry-After``, at most 300; 0 without it.
        content: the body, or its start.
        is_whole: ``content`` is the whole body.
    """

    status: int
    reason: str
    after: float
    content: bytes
    is_whole: bool

    @property
    def is_success(self) -> bool:
        """The status is one of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def detail(self) -> str:
        """The start of the body, as text in one line."""
        return " ".join(self.content[: 4 * _MAX_DETAIL].decode("utf-8", "replace").split())[:_MAX_DETAIL]


class HttpClient:
    """POST requests to one address, over connections that are kept.  It has no retries of its own."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: float,
        extra: str = "http",
        path: str = "",
        compress: bool = False,
        keep_alive: bool = False,
        proxy: str = "",
        ca_file: str = "",
        ca_path: str = "",
        own: tuple[str, str | None] | None = None,
        insecure: bool = False,
    ) -> None:
        """Prepare requests; the first one opens a connection.

        Args:
            name: the output in errors.
            url: an address with http or https; its user and password become the header ``Authorization``.
            headers: headers of all requests.
            timeout: seconds for a connection, and for each part of a response.
            extra: extra of the package tiercel that contains the output's libraries.
            path: path of the requests if the address has none.
            compress: compress requests by gzip.
            keep_alive: probe idle connections (TCP keep-alive).
            proxy: address of a proxy; empty: ``$http_proxy``, ``$https_proxy`` and ``$no_proxy``.
            ca_file: as of :func:`~tiercel.outputs.tls.client_context`.
            ca_path: the same.
            own: the same.
            insecure: the same.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, urllib3 is not installed.
        """
        parts = _parsed(name, url, extra)
        if timeout <= 0:
            raise UsageError("E607", f"{name}: timeout is a number of seconds, more than 0")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self.name = f"{name} {parts.scheme}://{parts.hostname}:{port}"
        self._url = parts._replace(auth=None, path=path if path and parts.path in (None, "", "/") else parts.path).url
        self._headers = _checked(name, {**_authorization(parts.auth), **headers})
        if compress:
            self._headers["Content-Encoding"] = "gzip"
        self._compress = compress
        self._timeout = timeout
        context = None
        if parts.scheme == "https":
            from tiercel.outputs.tls import client_context

            context = client_context(name, ca_file=ca_file, ca_path=ca_path, own=own, insecure=insecure)
        proxy = proxy or _environment_proxy(parts.scheme or "", parts.hostname or "")
        self._pool = _pool(name, proxy, context, keep_alive=keep_alive, timeout=timeout)

    def post(self, body: bytes, *, keep: int = 65_536) -> Response:
        """Send one request.

        Args:
            body: content of the request.
            keep: bytes of the response that are kept, at most.

        Raises:
            NoResponseError: the server did not respond.
        """
        from urllib3.exceptions import HTTPError, NewConnectionError
        from urllib3.exceptions import TimeoutError as Late

        if self._compress:
            body = gzip.compress(body, 6)
        try:
            response = self._pool.request(
                *("POST", self._url), body=body, headers=self._headers, redirect=False, retries=False,
                preload_content=False, timeout=self._timeout,
            )  # fmt: skip
            content, is_whole = _content(response, self._timeout, keep)
        except (HTTPError, OSError) as error:
            # A refused connection is a timeout in the classes of urllib3.
            late = isinstance(error, Late) and not isinstance(error, NewConnectionError)
            reason = f"timeout after {self._timeout:g} s" if late else _reason(error)
            raise NoResponseError(f"{self.name}: {reason}", late=late) from error
        after = _after(response.headers.get("Retry-After", ""))
        return Response(response.status, response.reason or "", after, content, is_whole)

    def refused(self, response: Response, alerts: int, temporary: frozenset[int], *, detail: str = "") -> DeliveryError:
        """Return the error of a response without success to ``alerts`` alerts, which are lost without a retry.

        Args:
            response: the response.
            alerts: number of alerts in the request.
            temporary: the statuses after which a retry may succeed.
            detail: the reason of the server.
        """
        text = f"{self.name}: status {response.status} {response.reason}".rstrip()
        retry = response.status in temporary
        text = f"{text}: {detail}" if detail else text
        return DeliveryError(text, lost=0 if retry else alerts, retry=retry, after=response.after)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _parsed(name: str, url: str, extra: str) -> urllib3.util.Url:
    try:
        from urllib3.exceptions import LocationParseError
        from urllib3.util import parse_url
    except ImportError as error:
        raise UsageError("E608", f"the output {name} needs urllib3", hint=f"pip install 'tiercel[{extra}]'") from error
    try:
        parts = parse_url(url)
    except LocationParseError:
        parts = parse_url("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = urlsplit(url).scheme if "@" in url else url  # an address may contain a password
        hint = "for example https://alerts.example.org:2801/"
        raise UsageError("E607", f"{name}: {shown!r} is no address with http or https", hint=hint)
    return parts


def _authorization(auth: str | None) -> dict[str, str]:
    from urllib3.util import make_headers

    return {"Authorization": make_headers(basic_auth=unquote(auth))["authorization"]} if auth else {}


def _checked(name: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that can be sent; errors do not contain values, which may be secrets."""
    for key, value in headers.items():
        if not _HEADER_NAME.fullmatch(key):
            raise UsageError("E607", f"{name}: {key!r} cannot be the name of a header")
        if not _HEADER_VALUE.fullmatch(value):
            hint = "a value has neither line ends nor characters outside of Latin-1"
            raise UsageError("E607", f"{name}: the header {key} has a wrong value", hint=hint)
    return dict(headers)


def _environment_proxy(scheme: str, host: str) -> str:
    """Return the proxy that the environment names for a host."""
    return "" if proxy_bypass(host) else getproxies().get(scheme, "")


def _pool(
    name: str, proxy: str, context: ssl.SSLContext | None, *, keep_alive: bool, timeout: float
) -> urllib3.PoolManager:
    import urllib3
    from urllib3.connection import HTTPConnection
    from urllib3.util import make_headers, parse_url

    if context is not None and context.verify_mode == ssl.CERT_NONE:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # as configured
    options = [*HTTPConnection.default_socket_options]
    if keep_alive:
        options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    if not proxy:
        return urllib3.PoolManager(ssl_context=context, socket_options=options, timeout=timeout)
    try:
        auth = parse_url(proxy).auth
        headers = make_headers(proxy_basic_auth=unquote(auth)) if auth else None
        return urllib3.ProxyManager(
            proxy, proxy_headers=headers, ssl_context=context, socket_options=options, timeout=timeout
        )
    except urllib3.exceptions.HTTPError as error:
        raise UsageError("E607", f"{name}: the proxy is no address with http or https") from error


def _content(response: urllib3.BaseHTTPResponse, timeout: float, keep: int) -> tuple[bytes, bool]:
    """Return the start of a response, and whether it is whole; keep the connection if it is."""
    until = time.monotonic() + timeout
    parts: list[bytes] = []
    while keep > 0 and time.monotonic() < until:
        part = response.read(min(keep, 65_536), decode_content=False)
        if not part:
            response.release_conn()
            return b"".join(parts), True
        parts.append(part)
        keep -= len(part)
    response.close()
    return b"".join(parts), False


def _after(header: str) -> float:
    """Return the seconds of ``Retry-After``: a number, or a date."""
    if header.isdecimal():
        return min(float(header), _MAX_AFTER) if len(header) < 9 else _MAX_AFTER
    try:
        seconds = parsedate_to_datetime(header).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), _MAX_AFTER)


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason.args[-1] if isinstance(reason, Exception) and reason.args else reason)
