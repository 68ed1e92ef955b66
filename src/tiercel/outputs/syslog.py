# SPDX-License-Identifier: Apache-2.0
"""Output to the local syslog socket, or to a syslog server by RFC 5424 over UDP, TCP or TLS."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import struct
import termios
import time
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from tiercel.errors import UsageError
from tiercel.outputs.base import AlertView, DeliveryError
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["FACILITIES", "SyslogOutput"]

FACILITIES: Final = {
    **{name: number for number, name in enumerate(("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news"))},
    "uucp": 8,
    "cron": 9,
    "authpriv": 10,
    "ftp": 11,
    **{f"local{number}": 16 + number for number in range(8)},
}
_TIMEOUT: Final = 5.0  # seconds
_LOOK: Final = 0.001  # seconds between two looks at the bytes that the server has not received
_MOST_READS: Final = 16  # a server that sends data has not closed the connection
_NO_DATA: Final = (errno.EAGAIN, 2)  # 2 is SSL_ERROR_WANT_READ of a TLS connection
_PORTS: Final = {"udp": 514, "tcp": 601, "tls": 6514}
_MOST_UDP: Final = 65_000  # bytes of one datagram


class SyslogOutput:
    """Output that sends each alert as one message with the priority of its rule.

    Syslog has no acknowledgements. Over TCP and TLS, alerts count as delivered when the kernel of the server has
    received them and the connection still exists; a server that crashes loses what it has not read by then. Alerts
    whose connection ends are sent again, so a server may get them twice.
    """

    remote = lazy = True

    def __init__(
        self,
        *,
        format: AlertFormat = "text",
        address: str = "/dev/log",
        ident: str = "tiercel",
        facility: str = "user",
        ca_cert: str = "",
        client_cert: str = "",
        client_key: str = "",
        insecure: bool = False,
    ) -> None:
        """Prepare messages to ``address``; the first alert opens the connection.

        Args:
            format: format of the messages.
            address: path of a local socket, or ``udp://HOST:PORT``, ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.
            ident: name of the program in messages.
            facility: for example ``user``, ``daemon``, ``local0``.
            ca_cert: PEM file with the authorities of a TLS server; empty: the system's.
            client_cert: PEM file with a certificate to present.
            client_key: PEM file with its key.
            insecure: accept any certificate of the server.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value.
        """
        if facility not in FACILITIES:
            raise UsageError("E607", f"syslog: unknown facility {facility!r}", hint=f"known: {', '.join(FACILITIES)}")
        if not ident or len(ident) > 48 or not (ident.isascii() and ident.isprintable()) or " " in ident:
            raise UsageError("E607", f"syslog: ident {ident!r} is not 1 to 48 printable characters without spaces")
        self._format: AlertFormat = format
        self._address = address
        self._scheme, self._host, self._port = _parsed(address)
        self._facility = FACILITIES[facility] << 3
        self._ident = ident
        self._socket: socket.socket | None = None
        self._context = None
        if self._scheme == "tls":
            from tiercel.outputs.tls import client_context  # imports ssl

            own = (client_cert, client_key or None) if client_cert else None
            self._context = client_context("syslog", ca_file=ca_cert, own=own, insecure=insecure)

    def send(self, alert: AlertView) -> None:
        """Send one message."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Send one message for each alert."""
        sent = 0
        try:
            connection = self._connected()
            if self._stream:
                connection.sendall(b"".join(self._framed(self._message(alert)) for alert in alerts))
                if self._scheme != "unix":
                    _wait_for_receipt(connection)
                return
            for alert in alerts:
                self._datagram(connection, self._message(alert))
                sent += 1
        except DeliveryError as error:
            error.delivered = sent
            raise
        except OSError as error:
            self.close()
            raise DeliveryError(f"syslog {self._address}: {error.strerror or error}", delivered=sent) from error

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is not None and self._stream and _has_ended(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._local() if self._scheme == "unix" else self._remote()
            self._socket.settimeout(_TIMEOUT)
        return self._socket

    def _local(self) -> socket.socket:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            made = socket.socket(socket.AF_UNIX, kind)
            try:
                made.connect(self._host)
            except OSError as error:
                made.close()
                if kind == socket.SOCK_STREAM or error.errno != errno.EPROTOTYPE:
                    raise
            else:
                self._stream = kind == socket.SOCK_STREAM
                return made
        raise AssertionError

    def _remote(self) -> socket.socket:
        self._stream = self._scheme != "udp"
        if not self._stream:
            family, kind, _, _, where = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            made = socket.socket(family, kind)
            made.connect(where)
            return made
        made = socket.create_connection((self._host, self._port), _TIMEOUT)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._context is None:
            return made
        try:
            return self._context.wrap_socket(made, server_hostname=self._host)
        except BaseException:
            made.close()
            raise

    def _message(self, alert: AlertView) -> bytes:
        priority = self._facility | int(alert.priority)
        text = alert.render(self._format)
        if self._scheme == "unix":
            when = time.strftime("%b %e %H:%M:%S", time.localtime())
            return f"<{priority}>{when} {self._ident}[{os.getpid()}]: {text}".encode()
        seconds, fraction = divmod(alert.time_ns, 1_000_000_000)
        when = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction // 1000:06}Z"
        host = "".join(char for char in alert.hostname if "!" <= char <= "~")[:255] or "-"
        return f"<{priority}>1 {when} {host} {self._ident} {os.getpid()} - - {text}".encode()

    def _framed(self, message: bytes) -> bytes:
        """Return a message with its length (RFC 6587), or for a local socket with its end."""
        return message + b"\0" if self._scheme == "unix" else b"%d %s" % (len(message), message)

    def _datagram(self, connection: socket.socket, message: bytes) -> None:
        """Send a message; cut one that is longer than the socket accepts."""
        limit = _MOST_UDP if self._scheme == "udp" else len(message)
        while not _fits(connection, message[:limit]):
            limit //= 2


def _fits(connection: socket.socket, message: bytes) -> bool:
    """Send a datagram; return False if it is too long for the socket."""
    try:
        connection.send(message)
    except OSError as error:
        if error.errno != errno.EMSGSIZE or len(message) < 1024:
            raise
        return False
    return True


def _parsed(address: str) -> tuple[str, str, int]:
    if address.startswith("/"):
        return "unix", address, 0
    parts = urlsplit(address)
    with contextlib.suppress(ValueError):  # a port that is no number
        if parts.scheme in _PORTS and parts.hostname and not parts.path.strip("/"):
            return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
    hint = "give a path such as /dev/log, or udp://, tcp:// or tls:// with a host"
    raise UsageError("E607", f"syslog: {address!r} is no address", hint=hint)


def _has_ended(connection: socket.socket) -> bool:
    """Return whether the server closed the connection; discard what it sent."""
    connection.settimeout(0.0)
    try:
        return any(not connection.recv(4096) for _ in range(_MOST_READS))
    except OSError as error:
        return error.errno not in _NO_DATA
    finally:
        connection.settimeout(_TIMEOUT)


def _wait_for_receipt(connection: socket.socket) -> None:
    """Wait until the kernel of the server has received everything. Raises ``OSError`` if the connection has ended."""
    until = time.monotonic() + _TIMEOUT
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() > until:
            raise TimeoutError(errno.ETIMEDOUT, "the server does not receive")
        time.sleep(_LOOK)
    failed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, os.strerror(failed))
    if _has_ended(connection):
        raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
