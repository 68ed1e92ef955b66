# SPDX-License-Identifier: Apache-2.0
"""Output of OpenTelemetry log records to a collector, by OTLP over HTTP (the extra ``tiercel[otlp]``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tiercel.errors import UsageError
from tiercel.outputs.base import AlertView, DeliveryError
from tiercel.outputs.http_batches import HttpBatches
from tiercel.outputs.http_client import Response
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["OtlpOutput"]


class OtlpOutput(HttpBatches):
    """Output that posts each alert as a log record, in protobuf.

    The body of a record is the text of the alert, or its JSON in another format. Its attributes are ``rule``,
    ``source``, ``tags``, and the fields by name with their types. Records that a collector rejects
    (``partial_success``) are lost and counted. The statuses 429, 502, 503 and 504 are temporary, as the specification
    of OTLP requires.
    """

    name: ClassVar[str] = "otlp"
    extra: ClassVar[str] = "otlp"
    path: ClassVar[str] = "/v1/logs"
    default_format: ClassVar[AlertFormat] = "text"
    content_type: ClassVar[str] = "application/x-protobuf"
    temporary: ClassVar[frozenset[int]] = frozenset({429, 502, 503, 504})

    def __init__(
        self,
        url: str,
        *,
        format: AlertFormat = "text",
        service_name: str = "tiercel",
        resource: Mapping[str, str] | None = None,
        **connection: Any,
    ) -> None:
        """Prepare requests to ``url``, by default with the path ``/v1/logs``.

        Args:
            url: as of :class:`~tiercel.outputs.http_batches.HttpBatches`.
            format: format of the body.
            service_name: the resource attribute ``service.name``.
            resource: further resource attributes.
            connection: the other arguments of :class:`~tiercel.outputs.http_batches.HttpBatches`.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, a library is not installed.
        """
        super().__init__(url, **connection)
        try:
            from tiercel.outputs import otlp_records
        except ImportError as error:
            hint = "pip install 'tiercel[otlp]'"
            raise UsageError("E608", "the output otlp needs opentelemetry-proto", hint=hint) from error
        from importlib.metadata import version  # slow to import

        self._records = otlp_records
        self._format: AlertFormat = format
        self._resource = {"service.name": service_name, "service.version": version("tiercel"), **(resource or {})}

    def _body(self, alerts: Sequence[AlertView]) -> bytes:
        return self._records.request_of(alerts, self._resource, self._format)

    def _accepted(self, alerts: Sequence[AlertView], response: Response) -> None:
        rejected, reason = self._records.rejected_by(response.content)
        if rejected:
            lost = min(rejected, len(alerts))
            text = f"{self._client.name}: {lost} of {len(alerts)} records were rejected: {reason or 'without a reason'}"
            raise DeliveryError(text, delivered=len(alerts) - lost, lost=lost, retry=False)
