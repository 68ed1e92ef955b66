# SPDX-License-Identifier: Apache-2.0
"""Periodic snapshots of metrics, as alerts and as lines of a file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from tiercel.config.operation_settings import MetricsSettings
from tiercel.engine.internal_alerts import AlertMaker
from tiercel.errors import OutputError
from tiercel.operation.snapshot import Collector, Snapshot
from tiercel.operation.snapshot_fields import snapshot_fields
from tiercel.private_files import open_private
from tiercel.rules import Priority

__all__ = ["MetricsTask"]


class MetricsTask:
    """Snapshots at an interval; a task of the main loop."""

    def __init__(
        self,
        settings: MetricsSettings,
        collector: Collector,
        alert: AlertMaker,
        on_failure: Callable[[OutputError], None],
    ) -> None:
        """Prepare.

        Args:
            settings: interval and destinations.
            collector: source of the snapshots.
            alert: delivers an alert.
            on_failure: called once if the file cannot be written.

        Raises:
            OutputError: E801, the file cannot be opened, or another user may have created it.
        """
        self._settings = settings
        self._collector = collector
        self._alert = alert
        self._on_failure = on_failure
        self._failed = False
        self._sample = 0
        self._before: Snapshot | None = None
        self._next = time.monotonic() + settings.interval_ms / 1000
        if settings.output_file:
            self._append("")

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._next

    def work(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = max(self._next, time.monotonic()) + self._settings.interval_ms / 1000
        now = self._collector.collect()
        fields = snapshot_fields(now, self._before, self._settings)
        self._before = now
        self._sample += 1
        if self._settings.output_rule:
            self._alert("metrics snapshot", Priority.INFORMATIONAL, "Falco metrics snapshot", fields)
        if self._settings.output_file:
            self._write(json.dumps({"sample": self._sample, "output_fields": fields}) + "\n")

    def _write(self, line: str) -> None:
        try:
            self._append(line)
        except OutputError as error:
            if not self._failed:
                self._failed = True
                self._on_failure(error)

    def _append(self, line: str) -> None:
        """Append a line, or only open the file without one; it is opened each time, so that it may be rotated."""
        path = self._settings.output_file
        try:
            fd = open_private(path, append=True)
            try:
                if line:
                    os.write(fd, line.encode())
            finally:
                os.close(fd)
        except OSError as error:
            raise OutputError("E801", f"{path}: {error.strerror}") from error
