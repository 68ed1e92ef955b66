# SPDX-License-Identifier: Apache-2.0
"""Log records of OpenTelemetry in protobuf: alerts as a request, and its response."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tiercel.escaping import readable
from tiercel.outputs.base import AlertView
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["rejected_by", "request_of"]

_SCOPE: Final = "tiercel"
_SEVERITIES: Final = (
    SeverityNumber.SEVERITY_NUMBER_FATAL,
    SeverityNumber.SEVERITY_NUMBER_ERROR3,
    SeverityNumber.SEVERITY_NUMBER_ERROR2,
    SeverityNumber.SEVERITY_NUMBER_ERROR,
    SeverityNumber.SEVERITY_NUMBER_WARN,
    SeverityNumber.SEVERITY_NUMBER_INFO2,
    SeverityNumber.SEVERITY_NUMBER_INFO,
    SeverityNumber.SEVERITY_NUMBER_DEBUG,
)
"""Severity numbers by priority; the data model of OpenTelemetry maps the levels of syslog in this way."""

_MAX_INT: Final = 1 << 63
_MAX_REASON: Final = 200  # characters


def request_of(alerts: Sequence[AlertView], resource: Mapping[str, str], format: AlertFormat) -> bytes:
    """Return a serialized ``ExportLogsServiceRequest``.

    Args:
        alerts: one log record each.
        resource: attributes of the resource in addition to ``host.name``, which is the alert's; the version of the
            service is the version of the instrumentation scope as well.
        format: format of the body.
    """
    now = time.time_ns()
    scope = InstrumentationScope(name=_SCOPE, version=resource.get("service.version", ""))
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=Resource(attributes=_pairs({"host.name": hostname, **resource})),
                scope_logs=[ScopeLogs(scope=scope, log_records=[_record(alert, now, format) for alert in group])],
            )
            for hostname, group in groupby(alerts, lambda alert: alert.hostname)
        ]
    ).SerializeToString()


def rejected_by(response: bytes) -> tuple[int, str]:
    """Return the number of rejected records in an ``ExportLogsServiceResponse``, and the reason.

    A response that is no such message rejects nothing: its status alone counts.
    """
    try:
        partial = ExportLogsServiceResponse.FromString(response).partial_success
    except DecodeError:
        return 0, ""
    return max(partial.rejected_log_records, 0), partial.error_message[:_MAX_REASON]


def _record(alert: AlertView, now: int, format: AlertFormat) -> LogRecord:
    own = {"rule": alert.rule, "source": alert.source, "tags": alert.tags}
    return LogRecord(
        time_unix_nano=max(alert.time_ns, 0),
        observed_time_unix_nano=now,
        severity_number=_SEVERITIES[alert.priority],
        severity_text=alert.priority.label,
        body=_value(alert.output if format == "text" else alert.render(format)),
        attributes=_pairs({**alert.fields, **own}),
    )


def _pairs(attributes: Mapping[str, Any]) -> Iterator[KeyValue]:
    """Return attributes; a field without a value has none."""
    return (KeyValue(key=readable(key), value=_value(value)) for key, value in attributes.items() if value is not None)


def _value(value: Any) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=readable(value))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int) and -_MAX_INT <= value < _MAX_INT:
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, (list, tuple)):
        return AnyValue(array_value=ArrayValue(values=map(_value, value)))
    return AnyValue(string_value=readable(str(value)))
