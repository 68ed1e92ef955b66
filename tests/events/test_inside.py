# SPDX-License-Identifier: Apache-2.0
"""Names of users in a container: its own, once a program has started there, and never those of the host."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.proc import unified_root

import tiercel

ID = "5a" * 32
NAMED = "app /app apps"
RULE = """
- rule: signal
  desc: a signal
  condition: evt.type = kill
  output: "%user.name %user.homedir %group.name"
  priority: INFO
"""
CODE = """
import os, sys
os.chroot(sys.argv[1])
os.setresgid(1, 1, 1)
os.setresuid(1, 1, 1)
for _ in sys.stdin:
    os.kill(os.getpid(), 0)
    print(flush=True)
"""


@pytest.fixture
def container_cgroup() -> Iterator[Path]:
    path = unified_root() / f"docker-{ID}.scope"
    path.mkdir()
    yield path
    path.rmdir()


def test_names_come_from_the_container(tmp_path: Path, container_cgroup: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("app:x:1:1::/app:/bin/ash\n")
    (tmp_path / "etc/group").write_text("apps:x:1:\n")
    join = f'echo $$ > {container_cgroup}/cgroup.procs && exec unshare -m --propagation unchanged "$@"'
    command = ["sh", "-c", join, "sh", sys.executable, "-c", CODE, str(tmp_path)]
    with tiercel.Sensor(tiercel.Ruleset.loads(RULE), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        try:
            seen = set()
            end = time.monotonic() + 20
            while NAMED not in seen and time.monotonic() < end:
                assert process.stdin
                assert process.stdout
                process.stdin.write("\n")
                assert process.stdout.readline() == "\n"
                assert sensor.flush(timeout=10)
                seen |= {alert.message for alert in sensor.read() if alert.rule == "signal"}
                time.sleep(0.2)
        finally:
            process.communicate()
    assert seen - {"<NA> <NA> <NA>"} == {NAMED}
