# SPDX-License-Identifier: Apache-2.0
"""The probe compiles for arm64, too.  No machine of that kind takes part in the tests: nothing of it is run."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import ModuleType


def test_the_probe_compiles_for_arm64(build: ModuleType, repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "probe.bpf.o"
    command = build.bpf_command("aarch64", repository / "bpf/probe.bpf.c", target)
    subprocess.run(command, check=True, cwd=repository)
    sections = subprocess.run(["readelf", "-SW", target], capture_output=True, text=True, check=True).stdout
    assert "tp_btf/sys_exit" in sections
