# SPDX-License-Identifier: Apache-2.0
"""Alerts as log records of OpenTelemetry."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from support.alert_views import View

from tiercel.outputs.otlp_records import request_of
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat


def view(**members: Any) -> Any:
    made = View(1)
    for name, value in members.items():
        setattr(made, name, value)
    return made


def record(alert: Any, format: AlertFormat = "text") -> LogRecord:
    (logs,) = ExportLogsServiceRequest.FromString(request_of([alert], {}, format)).resource_logs
    (scope,) = logs.scope_logs
    (found,) = scope.log_records
    return found


def plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return [plain(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)


def attributes(found: LogRecord) -> dict[str, Any]:
    assert len({pair.key for pair in found.attributes}) == len(found.attributes)
    return {pair.key: plain(pair.value) for pair in found.attributes}


def test_a_record() -> None:
    before = time.time_ns()
    fields = {"proc.name": "bash", "proc.pid": 7, "proc.is_exe_writable": True, "fd.name": None, "evt.latency": 0.5}
    found = record(view(fields=fields | {"proc.args": ("-c", "id")}, tags=("a", "b"), output="text"))
    assert before <= found.observed_time_unix_nano <= time.time_ns()
    assert (found.time_unix_nano, found.body.string_value) == (1_700_000_000_123_456_789, "text")
    assert attributes(found) == {
        "rule": "A rule",
        "source": "syscall",
        "tags": ["a", "b"],
        "proc.name": "bash",
        "proc.pid": 7,
        "proc.is_exe_writable": True,
        "evt.latency": 0.5,
        "proc.args": ["-c", "id"],
    }


@pytest.mark.parametrize(
    ("priority", "number", "range_name"),
    [
        (Priority.EMERGENCY, 21, "FATAL"),
        (Priority.ALERT, 19, "ERROR3"),
        (Priority.CRITICAL, 18, "ERROR2"),
        (Priority.ERROR, 17, "ERROR"),
        (Priority.WARNING, 13, "WARN"),
        (Priority.NOTICE, 10, "INFO2"),
        (Priority.INFORMATIONAL, 9, "INFO"),
        (Priority.DEBUG, 5, "DEBUG"),
    ],
)
def test_severities(priority: Priority, number: int, range_name: str) -> None:
    found = record(view(priority=priority))
    assert (found.severity_number, found.severity_text) == (number, priority.label)


def test_a_body_in_another_format() -> None:
    alert = view()
    assert record(alert, "falco").body.string_value == alert.to_json()


def test_each_host_is_a_resource() -> None:
    alerts = [view(hostname=name) for name in "aab"]
    request = ExportLogsServiceRequest.FromString(request_of(alerts, {"service.name": "s"}, "text"))
    hosts = [pair.value.string_value for logs in request.resource_logs for pair in logs.resource.attributes]
    assert hosts == ["a", "s", "b", "s"]
    assert [len(logs.scope_logs[0].log_records) for logs in request.resource_logs] == [2, 1]


TEXTS = st.text(st.characters(categories=None, codec=None), max_size=20)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
VALUES = TEXTS | NUMBERS | st.booleans() | st.none() | st.binary(max_size=9) | st.lists(TEXTS | NUMBERS, max_size=3)


@given(fields=st.dictionaries(TEXTS, VALUES, max_size=4), text=TEXTS, time_ns=st.integers(-10, 2**63))
def test_any_value_becomes_a_record(fields: dict[str, Any], text: str, time_ns: int) -> None:
    found = record(view(fields=fields, output=text, rule=text, hostname=text, tags=(text,), time_ns=time_ns))
    assert found.time_unix_nano == max(time_ns, 0)
    assert len(found.attributes) >= 3
