# SPDX-License-Identifier: Apache-2.0
"""Names of users in a container: its own, once a program has started there, and never those of the host."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cgroups import python_in, remove
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
os.chroot(ROOT)
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
    remove(path)


def test_names_come_from_the_container(tmp_path: Path, container_cgroup: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("app:x:1:1::/app:/bin/ash\n")
    (tmp_path / "etc/group").write_text("apps:x:1:\n")
    code = CODE.replace("ROOT", repr(str(tmp_path)))
    with tiercel.Sensor(tiercel.Ruleset.loads(RULE), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        process = python_in(container_cgroup, code, through="unshare -m --propagation unchanged")
        try:
            seen = set()
            end = time.monotonic() + 20
            while NAMED not in seen and time.monotonic() < end:
                assert process.stdin
                assert process.stdout
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.stdout.readline() == "\n"
                assert sensor.flush(timeout=10)
                seen |= {alert.message for alert in sensor.read() if alert.rule == "signal"}
                time.sleep(0.2)
        finally:
            process.communicate()
    assert seen - {"<NA> <NA> <NA>"} == {NAMED}
