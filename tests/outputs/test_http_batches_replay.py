# SPDX-License-Identifier: Apache-2.0
"""Alerts of a replay at all outputs for other systems, by a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from support import scapfile
from support.cli import SHADOW_RULE, one_clear_message, tiercel
from support.http_receiver import Receiver, Reply
from support.mock_kafka import MockKafka

NUMBER = 700  # more than one batch


@pytest.fixture
def receivers() -> Iterator[dict[str, Receiver]]:
    made = {name: Receiver() for name in ("otlp", "loki", "elasticsearch")}
    made["otlp"].answer = lambda *_: Reply(body=b"")
    made["loki"].answer = lambda *_: Reply(204, b"")
    made["elasticsearch"].answer = lambda _, body: Reply(
        body=json.dumps({"items": [{"create": {"status": 201}}] * (body.count(b"\n") // 2)}).encode()
    )
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture
def kafka() -> Iterator[MockKafka]:
    made = MockKafka()
    yield made
    made.close()


def words(folder: Path, outputs: list[dict[str, Any]]) -> list[str]:
    """Return the command line of a replay with NUMBER alerts."""
    (folder / "rules.yaml").write_text(SHADOW_RULE)
    (folder / "tiercel.yaml").write_text(yaml.safe_dump({"stdout_output": {"enabled": False}, "outputs": outputs}))
    times = range(scapfile.START, scapfile.START + NUMBER)
    calls = [scapfile.call("openat", 3, -100, "/etc/shadow", 1, 0, 0, 7, ts=ts) for ts in times]
    (folder / "a.scap").write_bytes(scapfile.capture(*calls))
    return ["replay", "a.scap", "-r", "rules.yaml", "-c", "tiercel.yaml"]


def test_each_system_gets_all_alerts(receivers: dict[str, Receiver], kafka: MockKafka, tmp_path: Path) -> None:
    entries: list[dict[str, Any]] = [{"name": name, "url": one.base} for name, one in receivers.items()]
    entries.append({"name": "kafka", "topic": "alerts", "bootstrap_servers": kafka.servers})
    done = tiercel(*words(tmp_path, entries), cwd=tmp_path)
    assert (done.status, "lost" in done.err) == (0, False), done.err
    times = [*range(scapfile.START, scapfile.START + NUMBER)]
    logs = [ExportLogsServiceRequest.FromString(body) for body in receivers["otlp"].bodies]
    records = [
        record
        for request in logs
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    assert [record.time_unix_nano for record in records] == times
    assert records[0].body.string_value.endswith("Warning bash opened /etc/shadow")
    streams = [stream for body in receivers["loki"].bodies for stream in json.loads(body)["streams"]]
    assert [int(entry[0]) for stream in streams for entry in stream["values"]] == times
    lines = [json.loads(line) for body in receivers["elasticsearch"].bodies for line in body.splitlines()]
    assert len({line["create"]["_id"] for line in lines[::2]}) == NUMBER
    assert {line["rule"]["name"] for line in lines[1::2]} == {"Shadow opened"}
    falco = [json.loads(message.value) for message in kafka.stored()]
    assert {(alert["rule"], alert["output_fields"]["fd.name"]) for alert in falco} <= {("Shadow opened", "/etc/shadow")}
    assert len({alert["time"] for alert in falco}) == NUMBER


@pytest.mark.parametrize("entry", [{"name": "loki", "url": "x"}, {"name": "kafka", "topic": "a", "confg": {"a": "b"}}])
def test_wrong_options(entry: dict[str, Any], tmp_path: Path) -> None:
    one_clear_message(tiercel(*words(tmp_path, [entry]), cwd=tmp_path), 2)
