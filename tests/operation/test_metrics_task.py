# SPDX-License-Identifier: Apache-2.0
"""Periodic snapshots, as alerts and in a file."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from support.snapshots import snapshot

from tiercel.config.operation_settings import MetricsSettings
from tiercel.errors import OutputError
from tiercel.operation.metrics_task import MetricsTask


class Snapshots:
    """Source of snapshots with more and more events."""

    def __init__(self) -> None:
        self.count = 0

    def collect(self) -> Any:
        self.count += 1
        return snapshot(self.count, events=100 * self.count)


def run(task: MetricsTask, times: int) -> None:
    for _ in range(times):
        time.sleep(max(0.0, task.due() - time.monotonic()))
        task.work()


def test_lines_of_a_file_and_alerts(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    settings = MetricsSettings(enabled=True, interval_ms=400, output_rule=True, output_file=str(path))
    alerts: list[tuple[Any, ...]] = []
    collector: Any = Snapshots()
    task = MetricsTask(settings, collector, lambda *parts: alerts.append(parts), print)
    task.work()
    assert collector.count == 0, "not due yet"
    run(task, 2)
    path.rename(tmp_path / "rotated")
    run(task, 1)
    lines = [
        json.loads(line) for name in ("rotated", "metrics.jsonl") for line in (tmp_path / name).read_text().splitlines()
    ]
    assert [line["sample"] for line in lines] == [1, 2, 3]
    assert [line["output_fields"]["falco.num_evts_prev"] for line in lines] == [0, 100, 200]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [alert[0] for alert in alerts] == ["metrics snapshot"] * 3
    assert alerts[2][3] == lines[2]["output_fields"]


def test_a_file_that_cannot_be_opened_is_an_error_of_the_start(tmp_path: Path) -> None:
    settings = MetricsSettings(enabled=True, output_file=str(tmp_path / "none" / "file"))
    with pytest.raises(OutputError, match="No such file"):
        MetricsTask(settings, Snapshots(), lambda *parts: None, print)  # type: ignore[arg-type]


def test_a_full_disk_is_reported_once() -> None:
    errors: list[OutputError] = []
    settings = MetricsSettings(enabled=True, interval_ms=100, output_file="/dev/full")
    task = MetricsTask(settings, Snapshots(), lambda *parts: None, errors.append)  # type: ignore[arg-type]
    run(task, 3)
    assert [error.text for error in errors] == ["/dev/full: No space left on device"]
