# SPDX-License-Identifier: Apache-2.0
"""Snapshot of all counters of a running sensor, for metrics."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tiercel.alerts.alert import hostname
from tiercel.alerts.limits import LimitStats
from tiercel.engine.sensor import Sensor
from tiercel.engine.stats import Stats
from tiercel.frozen import frozen
from tiercel.operation.buffer_drops import UNFIT
from tiercel.operation.reload import Loaded
from tiercel.operation.resources import Resources, boot_ns, resources
from tiercel.operation.versions import falco_version
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.worker import OutputStats
from tiercel.response.stats import ResponseStats
from tiercel.rules import Rule

__all__ = ["Collector", "Snapshot"]


@frozen
class Snapshot:
    """Counters at one time.

    Attributes:
        time_ns: nanoseconds since 1970.
        started_ns: time of the start; ``reloaded_ns``: of the last reload, or of the start.
        hostname: name of this machine, or ``$FALCO_HOSTNAME``.
        stats: counters of the sensor.
        rules: enabled rules by name.
        failed_deliveries: deliveries of alerts that failed, also of removed outputs.
        outputs: counters of each output by name.
        reloads: successful reloads.
        rules_files: SHA-256 of each rule file, by file name; ``config_files``: of each file of the configuration.
        resources: use of processor and memory; None if they are not wanted.
        responses: counters of responses; None without responses.
        limits: counters of limits of repeated alerts.
    """

    time_ns: int
    started_ns: int
    reloaded_ns: int
    boot_ns: int
    hostname: str
    kernel: str
    cpus: int
    version: str
    stats: Stats
    rules: Mapping[str, Rule]
    failed_deliveries: int
    outputs: Mapping[str, OutputStats]
    reloads: int
    rules_files: Mapping[str, str]
    config_files: Mapping[str, str]
    resources: Resources | None
    responses: ResponseStats | None = None
    limits: LimitStats = LimitStats()

    @property
    def duration(self) -> int:
        """Seconds since the start."""
        return max(0, self.time_ns - self.started_ns) // 1_000_000_000

    @property
    def unfit(self) -> int:
        """Events that were lost because the kernel could not build their records."""
        return self.stats.drops.get(UNFIT, 0)


class Collector:
    """Collector of snapshots; any thread may call :meth:`collect`."""

    def __init__(
        self,
        sensor: Sensor,
        delivery: Delivery,
        current: Callable[[], tuple[Loaded, int]],
        files: Callable[[Loaded], tuple[Iterable[str], Iterable[str]]],
        *,
        with_resources: bool,
        responses: Callable[[], ResponseStats | None] = lambda: None,
        limits: Callable[[], LimitStats] = LimitStats,
    ) -> None:
        """Prepare.

        Args:
            sensor: source of the counters.
            delivery: source of the counters of outputs.
            current: returns what is loaded, and the number of reloads.
            files: returns the paths of rule files and of the configuration.
            with_resources: include use of processor and memory.
            responses: returns the counters of responses.
            limits: returns the counters of limits of repeated alerts.
        """
        self._sensor = sensor
        self._delivery = delivery
        self._current = current
        self._files = files
        self._with_resources = with_resources
        self._responses = responses
        self._limits = limits
        self._started_ns = time.time_ns()
        self._boot_ns = boot_ns()
        self._hashed: tuple[Loaded, int, dict[str, str], dict[str, str]] | None = None

    def collect(self) -> Snapshot:
        """Return the counters of now."""
        loaded, reloads = self._current()
        hashed = self._hashed
        if hashed is None or hashed[0] is not loaded:
            rules, config = self._files(loaded)
            at = time.time_ns() if hashed is not None else self._started_ns
            hashed = self._hashed = (loaded, at, _hashes(rules), _hashes(config))
        return Snapshot(
            time_ns=time.time_ns(),
            started_ns=self._started_ns,
            reloaded_ns=hashed[1],
            boot_ns=self._boot_ns,
            hostname=hostname(),
            kernel=os.uname().release,
            cpus=os.cpu_count() or 1,
            version=falco_version(),
            stats=self._sensor.stats(),
            rules={rule.name: rule for rule in loaded.rules.enabled},
            failed_deliveries=self._delivery.failures,
            outputs=self._delivery.stats(),
            reloads=reloads,
            rules_files=hashed[2],
            config_files=hashed[3],
            resources=resources() if self._with_resources else None,
            responses=self._responses(),
            limits=self._limits(),
        )


def _hashes(paths: Iterable[str]) -> dict[str, str]:
    files = [file for path in map(Path, paths) for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return {file.name: digest for file in files if (digest := _digest(file)) is not None}


def _digest(file: Path) -> str | None:
    """Return the SHA-256 of a file; None if it is gone meanwhile."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
    except OSError:
        return None
