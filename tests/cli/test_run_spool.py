# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` with spools: alerts of an earlier run, and of a reload, reach a receiver that was away."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, finish, first_line, start
from support.waiting import eventually

pytestmark = pytest.mark.kernel


class Opener:
    """Process that opens a file of each line that it reads."""

    def __init__(self) -> None:
        program = "import sys\nfor line in sys.stdin:\n  open(line.strip()).close(); print(flush=True)"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, bufsize=1)

    def open_shadow(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("/etc/shadow\n")
        self.process.stdout.readline()


@pytest.fixture
def opener() -> Iterator[Opener]:
    made = Opener()
    with made.process:
        yield made
        made.process.communicate()


def stored(path: Path) -> int:
    """Return the number of alerts in the spool of a sensor that has ended."""
    with sqlite3.connect(path) as db:
        (count,) = db.execute("SELECT count(*) FROM alerts").fetchone()
    db.close()
    return int(count)


def run(config: Path, rules: Path, opener: Opener) -> subprocess.Popen[str]:
    process = start("run", "-c", config, "-r", rules, "--pid", str(opener.process.pid))
    assert first_line(process).startswith("tiercel: watching (")
    return process


def test_alerts_of_an_earlier_run_and_of_a_reload(tmp_path: Path, opener: Opener) -> None:
    rules, config, spool = tmp_path / "r.yaml", tmp_path / "tiercel.yaml", tmp_path / "spool"
    rules.write_text(SHADOW_RULE)

    def configure(ident: str) -> None:
        text = f"stdout_output: {{enabled: false}}\noutputs_spool: {{enabled: true, path: {spool}}}\n"
        text += f"outputs: [{{name: syslog, address: tcp://127.0.0.1:{port}, ident: {ident}}}]\n"
        new = tmp_path / "new"
        new.write_text(text)
        new.rename(config)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    configure("first")
    process = run(config, rules, opener)
    for _ in range(20):
        opener.open_shadow()
    size = spool / "syslog.spool-wal"
    eventually(lambda: size.exists() and os.path.getsize(size) > 0)
    process.send_signal(signal.SIGTERM)
    done = finish(process, timeout=60)
    assert (done.status, "spooled for the next run: 20 alerts (syslog 20)" in done.err) == (0, True), done.err

    process = run(config, rules, opener)
    for _ in range(20):
        opener.open_shadow()
    configure("second")
    assert process.stderr is not None
    assert any("reloaded (" in line for line in iter(process.stderr.readline, ""))
    opener.open_shadow()
    eventually(lambda: os.path.getsize(size) > 0)
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(60)
        with server.accept()[0] as connection:
            connection.settimeout(60)
            received = b""
            while received.count(b" opened /etc/shadow") < 41:
                received += connection.recv(65536)
            assert received.count(b" first ") == 0
            assert received.count(b" second ") == 41
            process.send_signal(signal.SIGTERM)
            done = finish(process, timeout=60)
    assert (done.status, "lost" in done.err, "spooled" in done.err) == (0, False, False), done.err
    assert stored(spool / "syslog.spool") == 0
