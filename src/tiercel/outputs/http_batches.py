# SPDX-License-Identifier: Apache-2.0
"""Common part of the outputs that post batches of alerts to the API of a server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from tiercel.errors import UsageError
from tiercel.outputs.base import AlertView
from tiercel.outputs.http_client import HttpClient, Response
from tiercel.outputs.parts import deliver_in_parts

__all__ = ["HttpBatches"]

_TOO_LARGE: Final = 413


class HttpBatches(ABC):
    """Output that posts several alerts in one request, and repeats requests that may succeed later.

    Attributes:
        name: name of the output.
        extra: extra of the package tiercel with its libraries.
        path: path of the requests to an address that has none.
        content_type: type of the body of the requests.
        temporary: statuses after which a request may succeed later.
        keep: bytes of a response that are read.
    """

    remote = lazy = True
    name: ClassVar[str]
    extra: ClassVar[str] = "http"
    path: ClassVar[str]
    content_type: ClassVar[str]
    temporary: ClassVar[frozenset[int]]
    keep: ClassVar[int] = 65_536

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        batch: int = 512,
        compression: Literal["gzip", "none"] = "gzip",
        timeout: float = 10.0,
        proxy: str = "",
        ca_cert: str = "",
        client_cert: str = "",
        client_key: str = "",
        insecure: bool = False,
    ) -> None:
        """Prepare requests to ``url``; the first alert opens the connection.

        Args:
            url: an address with http or https.
            headers: further headers.
            batch: alerts in one request, at most 512.
            compression: compression of requests.
            timeout: seconds for a connection, and for each part of a response.
            proxy: address of a proxy; empty: ``$http_proxy``, ``$https_proxy`` and ``$no_proxy``.
            ca_cert: PEM file with certificates of authorities; empty: the system's.
            client_cert: PEM file with a certificate to present.
            client_key: PEM file with its key; empty: the key is in ``client_cert``.
            insecure: accept any certificate of the server.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, a library is not installed.
        """
        if not 1 <= batch <= 512:
            raise UsageError("E607", f"{self.name}: batch is a number from 1 to 512")
        self._batch = batch
        self._client = HttpClient(
            self.name,
            url,
            headers={"Content-Type": self.content_type, "User-Agent": "tiercel", **(headers or {})},
            timeout=timeout,
            extra=self.extra,
            path=self.path,
            compress=compression == "gzip",
            proxy=proxy,
            ca_file=ca_cert,
            own=(client_cert, client_key or None) if client_cert else None,
            insecure=insecure,
        )

    def send(self, alert: AlertView) -> None:
        """Post one alert."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Post alerts, as many in a request as ``batch`` allows."""
        deliver_in_parts(alerts, self._batch, self._deliver)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _deliver(self, alerts: Sequence[AlertView]) -> None:
        response = self._client.post(self._body(alerts), keep=self.keep)
        if response.is_success:
            self._accepted(alerts, response)
        elif response.status == _TOO_LARGE and len(alerts) > 1:
            deliver_in_parts(alerts, (len(alerts) + 1) // 2, self._deliver)
        else:
            raise self._client.refused(response, len(alerts), self.temporary, detail=response.detail)

    @abstractmethod
    def _body(self, alerts: Sequence[AlertView]) -> bytes:
        """Return the content of a request."""

    @abstractmethod
    def _accepted(self, alerts: Sequence[AlertView], response: Response) -> None:
        """Read the results in a response. Raises ``DeliveryError`` if the server did not accept all alerts."""
