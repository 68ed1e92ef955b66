# SPDX-License-Identifier: Apache-2.0
"""Log records to a collector on loopback, which decodes them with the protocol's own messages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from support.alert_views import View
from support.http_receiver import Receiver, Reply

import tiercel
from tiercel.outputs import DeliveryError, make_output
from tiercel.outputs.otlp import OtlpOutput

ALERTS: Any = [View(number) for number in range(5)]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("no_proxy", "localhost")
    server = Receiver()
    server.answer = lambda *_: Reply(body=ExportLogsServiceResponse().SerializeToString())
    yield server
    server.stop()


def partly(rejected: int, reason: str) -> Reply:
    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=reason)
    return Reply(body=ExportLogsServiceResponse(partial_success=partial).SerializeToString())


def test_requests(receiver: Receiver) -> None:
    options: dict[str, Any] = {"url": receiver.base, "batch": "3", "resource": {"deployment.environment.name": "prod"}}
    output = make_output("otlp", options | {"headers": {"X-Tenant": "a"}}, format="falco")
    assert isinstance(output, OtlpOutput)
    output.send_batch(ALERTS)
    output.close()
    seen = receiver.requests[0]
    assert (seen["path"], seen["Content-Type"], seen["X-Tenant"]) == ("/v1/logs", "application/x-protobuf", "a")
    sizes = []
    for body in receiver.bodies:
        (logs,) = ExportLogsServiceRequest.FromString(body).resource_logs
        assert {pair.key: pair.value.string_value for pair in logs.resource.attributes} == {
            "host.name": "node 1",
            "service.name": "tiercel",
            "service.version": tiercel.__version__,
            "deployment.environment.name": "prod",
        }
        (scope,) = logs.scope_logs
        assert (scope.scope.name, scope.scope.version) == ("tiercel", tiercel.__version__)
        sizes.append(len(scope.log_records))
    assert sizes == [3, 2]


@pytest.mark.parametrize(("rejected", "lost"), [(2, 2), (5, 5), (99, 5)])
def test_rejected_records_are_lost_and_not_repeated(receiver: Receiver, rejected: int, lost: int) -> None:
    receiver.answer = lambda *_: partly(rejected, "too old")
    output = OtlpOutput(receiver.url)
    with pytest.raises(DeliveryError, match=f"{lost} of 5 records were rejected: too old") as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (5 - lost, lost, False)


@pytest.mark.parametrize("reply", [partly(0, "a warning"), partly(-3, ""), Reply(body=b"\xff{no message}"), Reply(204)])
def test_other_responses_of_success_accept_all(receiver: Receiver, reply: Reply) -> None:
    receiver.answer = lambda *_: reply
    output = OtlpOutput(receiver.url)
    output.send_batch(ALERTS)
    output.close()


@pytest.mark.parametrize("status", [429, 502, 503, 504, 400, 401, 408, 500, 501])
def test_statuses_that_allow_a_retry(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda *_: Reply(status, b"", {"Retry-After": "3"})
    output = OtlpOutput(receiver.url)
    with pytest.raises(DeliveryError, match=f"status {status}") as caught:
        output.send_batch(ALERTS)
    output.close()
    retry = status in {429, 502, 503, 504}
    assert (caught.value.retry, caught.value.lost, caught.value.after) == (retry, 0 if retry else 5, 3)


@pytest.mark.parametrize("module", ["urllib3", "opentelemetry.proto.logs.v1.logs_pb2", "google.protobuf"])
def test_without_the_extra_the_error_names_it(module: str) -> None:
    code = f"import sys; sys.modules['{module}'] = None\nfrom tiercel.outputs.otlp import OtlpOutput\n"
    code += "OtlpOutput('http://example.com/')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'tiercel[otlp]'" in done.stderr
