# SPDX-License-Identifier: Apache-2.0
"""Use of processor and memory, as the system reports it."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from tiercel.operation.resources import boot_ns, resources


def test_this_process() -> None:
    found = resources()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 0 < found.pss <= found.rss <= peak * 1.1
    assert found.rss < found.vsz
    assert 0 < found.cpu_percent < 100 * 64
    assert 0 < found.host_cpu_percent <= 100
    assert found.host_memory > found.rss
    assert found.host_running >= 1
    assert found.host_open_fds >= found.open_fds > 2


def test_the_boot() -> None:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert abs(time.time() - uptime - boot_ns() / 1e9) < 5


def test_a_container_names_its_own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "usage").write_text("3145728\n")
    monkeypatch.setenv("FALCO_CGROUP_MEM_PATH", str(tmp_path / "usage"))
    assert resources().container_memory == 3072
