# SPDX-License-Identifier: Apache-2.0
"""Output that posts alerts to an HTTP server, on top of urllib3 (the extra ``tiercel[http]``)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from tiercel.errors import UsageError
from tiercel.outputs.base import AlertView, Printable
from tiercel.outputs.http_client import HttpClient, NoResponseError
from tiercel.outputs.parts import deliver_in_parts
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["HttpOutput"]

_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpOutput:
    """Output that posts each alert, or some of them as lines, and repeats requests that may succeed later.

    A response with a status of 200 to 299 accepts the alerts. Network errors, and the statuses 408, 425, 429, 500, 502,
    503 and 504, are temporary; any other status loses the alerts of the request. A request whose response is lost is
    repeated, so a server may get an alert twice.
    """

    remote = lazy = True

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
        if batch < 1 or max_consecutive_timeouts < 0:
            raise UsageError("E607", "http: batch is at least 1, and no limit is negative")
        self._format: AlertFormat = format
        self._echo = echo
        self._batch = batch
        self._limit = max_consecutive_timeouts
        self._timeouts = 0
        kind = "text/plain" if format == "text" else "application/json" if batch == 1 else "application/x-ndjson"
        self._client = HttpClient(
            "http",
            url.strip().strip("'\""),
            headers={"Content-Type": kind, "User-Agent": user_agent, **(headers or {})},
            timeout=timeout,
            compress=compress_uploads,
            keep_alive=keep_alive,
            proxy=proxy,
            ca_file=ca_cert or ca_bundle,
            ca_path=ca_path,
            own=(client_cert, client_key) if mtls else None,
            insecure=insecure,
        )

    def send(self, alert: Printable) -> None:
        """Post one alert."""
        self._post([alert])

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Post alerts, as many in a request as ``batch`` allows."""
        deliver_in_parts(alerts, self._batch, self._post)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, alerts: Sequence[Printable]) -> None:
        body = "\n".join(alert.render(self._format) for alert in alerts).encode()
        try:
            response = self._client.post(body)
        except NoResponseError as error:
            self._judge(error, len(alerts))
            raise
        self._timeouts = 0
        if self._echo and response.content:
            os.write(1, response.content + b"\n")
        if not response.is_success:
            raise self._client.refused(response, len(alerts), _TEMPORARY)

    def _judge(self, error: NoResponseError, alerts: int) -> None:
        """Make an error permanent after too many timeouts in a row."""
        self._timeouts = self._timeouts + 1 if error.late else 0
        if 0 < self._limit < self._timeouts:
            self._timeouts = 0
            error.retry, error.lost = False, alerts
