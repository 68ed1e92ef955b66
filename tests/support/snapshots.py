# SPDX-License-Identifier: Apache-2.0
"""Snapshots for tests of metrics."""

from __future__ import annotations

from typing import Any

from tiercel import Ruleset, Stats
from tiercel.operation.resources import Resources
from tiercel.operation.snapshot import Snapshot
from tiercel.outputs.worker import OutputStats

RULES = Ruleset.loads(
    "".join(
        f"- rule: {name}\n  desc: d\n  condition: evt.type = openat\n  output: x\n  priority: WARNING\n  tags: {tags}\n"
        for name, tags in (("Shell in a container", "[mitre_execution, T1059]"), ("Never", "[]"))
    )
)


def snapshot(seconds: int = 10, **stats: Any) -> Snapshot:
    """A snapshot some seconds after the start."""
    return Snapshot(
        time_ns=1_000_000_000_000 + seconds * 1_000_000_000,
        started_ns=1_000_000_000_000,
        reloaded_ns=1_000_000_000_000,
        boot_ns=5,
        hostname="box",
        kernel="6.1.0",
        cpus=4,
        version="1.2",
        stats=Stats(**stats),
        rules={rule.name: rule for rule in RULES.enabled},
        failed_deliveries=2,
        outputs={"http": OutputStats(delivered=5, dropped=2, spooled=7), 'a "b"': OutputStats()},
        reloads=3,
        rules_files={"my rules.yaml": "ab"},
        config_files={"falco.yaml": "cd"},
        resources=Resources(cpu_percent=12.5, rss=2048, vsz=4096, pss=1024, host_memory=10240, host_running=3),
    )
