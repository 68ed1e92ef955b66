# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` with dropped privileges: reload, log rotation, responses, and a command that keeps its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import finish, first_line, start
from support.waiting import eventually

from tiercel.operation.privileges import NEEDED, status
from tiercel.schema.numbers import CAPABILITIES

pytestmark = pytest.mark.kernel

NEEDED_BITS = sum(1 << bit for bit, name in CAPABILITIES.items() if name in NEEDED)
NOBODY = 65534
# Opens a file, and creates the folder of each line that it reads, as another user.
ACTOR = """
import os, sys
os.setresuid(*[int(sys.argv[2])] * 3)
for line in sys.stdin:
    open(sys.argv[1]).close()
    os.mkdir(line.strip())
    print(flush=True)
"""
OPENED = """
- rule: Opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name = {path}
  output: opened
  priority: NOTICE
"""
MADE = """
- rule: Made
  desc: d
  condition: evt.type in (mkdir, mkdirat) and evt.failed = false
  output: made
  priority: NOTICE
"""


class Actor:
    """Process of another user that opens a file and creates folders."""

    def __init__(self, folder: Path) -> None:
        self.path = "/etc/hostname"
        self.folder = folder
        pipe = subprocess.PIPE
        argv = [sys.executable, "-c", ACTOR, self.path, str(NOBODY)]
        self.process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.count = 0

    def act(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.count += 1
        self.process.stdin.write(f"{self.folder}/{self.count}\n")
        assert self.process.stdout.readline() == "\n"


@pytest.fixture
def actor(tmp_path: Path) -> Iterator[Actor]:
    folder = Path(f"/tmp/{tmp_path.name}-{os.getpid()}")
    folder.mkdir()
    folder.chmod(0o777)
    made = Actor(folder)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()
        for path in folder.iterdir():
            path.rmdir()
        folder.rmdir()


def rules_in(path: Path) -> list[str]:
    return [json.loads(line)["rule"] for line in path.read_text().splitlines()] if path.exists() else []


def test_reload_rotation_and_responses(tmp_path: Path, actor: Actor) -> None:
    rules, config, log = tmp_path / "r.yaml", tmp_path / "tiercel.yaml", tmp_path / "alerts"
    rules.write_text(OPENED.format(path=actor.path))
    settings = (
        f"json_output: true\nwatch_config_files: false\nstdout_output: {{enabled: false}}\n"
        f"file_output: {{enabled: true, keep_alive: true, filename: {log}}}\nprivileges: {{drop: true}}\n"
    )
    config.write_text(settings)
    process = start("run", "-c", config, "-r", rules, "--pid", str(actor.process.pid))
    assert first_line(process).startswith("tiercel: watching (")
    assert process.stderr is not None
    kept = process.stderr.readline()
    assert kept.startswith("tiercel: privileges are dropped; capabilities kept: CAP_DAC_READ_SEARCH, CAP_KILL, ")
    tasks = [f"{process.pid}/task/{task.name}" for task in Path(f"/proc/{process.pid}/task").iterdir()]
    assert len(tasks) >= 3
    for found in map(status, tasks):
        assert found.permitted & ~NEEDED_BITS == 0
        assert found.bounding & ~NEEDED_BITS == 0
        assert found.no_new_privileges
    actor.act()
    eventually(lambda: "Opened" in rules_in(log))
    log.rename(tmp_path / "old")
    process.send_signal(signal.SIGUSR1)
    eventually(log.exists)
    # Rules that need other programs of the probe, and a response to a process of another user.
    rules.write_text(OPENED.format(path=actor.path) + MADE)
    process.send_signal(signal.SIGHUP)
    assert "1 added" in process.stderr.readline()
    assert "Made" in process.stderr.readline()
    actor.act()
    eventually(lambda: "Made" in rules_in(log))
    config.write_text(settings + "responses: [{action: kill, rules: [Opened]}]\n")
    process.send_signal(signal.SIGHUP)
    assert "settings: responses" in process.stderr.readline()
    assert actor.process.stdin is not None
    actor.process.stdin.write(f"{actor.folder}/last\n")
    assert "kill" in process.stderr.readline()
    assert actor.process.wait(20) == -signal.SIGKILL
    done = finish(process)
    assert done.status == 0


def test_a_command_keeps_its_privileges() -> None:
    shown = "grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status"
    outputs = [
        finish(start("run", *options, "-r", "-", "--", "sh", "-c", shown, stdin=subprocess.PIPE), MADE).out
        for options in ((), ("--drop-privileges",))
    ]
    assert outputs[0] == outputs[1]
    assert "NoNewPrivs:\t0" in outputs[1]


def test_further_capabilities_and_an_unknown_one() -> None:
    process = start(
        *("run", "--drop-privileges", "-o", "privileges.keep[]=chown", "--duration", "0.1", "-r", "-"),
        stdin=subprocess.PIPE,
    )
    done = finish(process, MADE)
    assert "capabilities kept: CAP_CHOWN, CAP_DAC_READ_SEARCH" in done.err
    done = finish(start("run", "-o", "privileges.keep[]=CAP_ALL"))
    assert done.status == 2
    assert "CAP_DAC_OVERRIDE" in done.err
