# SPDX-License-Identifier: Apache-2.0
"""Alerts as entries of Loki: few labels, and lines in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.alert_views import View
from support.http_receiver import Receiver, Reply

from tiercel.errors import UsageError
from tiercel.outputs import DeliveryError, make_output
from tiercel.rules.model import Priority


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("no_proxy", "localhost")
    server = Receiver()
    server.answer = lambda *_: Reply(204, b"")
    yield server
    server.stop()


def pushed(receiver: Receiver, alerts: list[Any], **options: Any) -> list[dict[str, Any]]:
    output: Any = make_output("loki", {"url": receiver.base, **options}, format="text")
    output.send_batch(alerts)
    output.close()
    (body,) = receiver.bodies
    found: list[dict[str, Any]] = json.loads(body)["streams"]
    return found


def test_streams_of_few_labels(receiver: Receiver) -> None:
    alerts = [View(0), View(1, Priority.ERROR), View(2)]
    labels = {"source": "syscall", "hostname": "node 1"}
    more = {"rule": "A rule", "tags": "t"}
    time = "1700000000123456789"
    assert pushed(receiver, alerts) == [
        {
            "stream": {**labels, "priority": "Warning"},
            "values": [[time, '{"number": 0}', more], [time, '{"number": 2}', more]],
        },
        {"stream": {**labels, "priority": "Error"}, "values": [[time, '{"number": 1}', more]]},
    ]
    seen = receiver.requests[0]
    assert (seen["path"], seen["Content-Type"]) == ("/loki/api/v1/push", "application/json")


def test_options(receiver: Receiver) -> None:
    options = {"labels": {"env": "prod"}, "rule_label": "true", "structured_metadata": "false", "format": "text"}
    (stream,) = pushed(receiver, [View(0)], **options, tenant="blue", username="me", password="word")
    assert stream == {
        "stream": {"source": "syscall", "priority": "Warning", "hostname": "node 1", "rule": "A rule", "env": "prod"},
        "values": [["1700000000123456789", "alert 0 ü"]],
    }
    assert receiver.requests[0]["X-Scope-Orgid"] == "blue"
    assert receiver.requests[0]["Authorization"] == "Basic bWU6d29yZA=="


@pytest.mark.parametrize("name", ["", "a b", "a-b", "1a", "é", 'a"'])
def test_names_of_labels(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a label") as caught:
        make_output("loki", {"url": "http://example.com/", "labels": {name: "x"}}, format="text")
    assert caught.value.code == "E607"


def test_text_that_is_not_utf_8(receiver: Receiver) -> None:
    alert: Any = View(0)
    alert.rule = alert.hostname = "a\udcff\ud800"
    alert.time_ns = -1
    (stream,) = pushed(receiver, [alert])
    assert stream["stream"]["hostname"] == stream["values"][0][2]["rule"] == "a\ufffd\ufffd"
    assert stream["values"][0][0] == "0"


@pytest.mark.parametrize(("status", "retry"), [(429, True), (500, True), (503, True), (400, False), (422, False)])
def test_refused_entries(receiver: Receiver, status: int, retry: bool) -> None:
    receiver.answer = lambda *_: Reply(status, b"entry too far behind", {"Retry-After": "2"})
    output: Any = make_output("loki", {"url": receiver.base}, format="text")
    with pytest.raises(DeliveryError, match=f"status {status} .*: entry too far behind") as caught:
        output.send_batch([View(0), View(1)])
    output.close()
    assert (caught.value.retry, caught.value.lost, caught.value.after) == (retry, 0 if retry else 2, 2)
