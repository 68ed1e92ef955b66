# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` as a service: reload while it watches a process."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import finish, first_line, start
from support.opener import Opener
from support.watch import SETTLE

from tiercel import Alert, Ruleset, Sensor
from tiercel.config.config import Config
from tiercel.operation.reload import Loaded, Reloader
from tiercel.outputs.dispatch import Delivery

pytestmark = pytest.mark.kernel

PATIENCE = 60
RULE = """
- rule: {name}
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith {suffix} and evt.failed = false
  output: "{name} %proc.pid %proc.ppid %fd.name"
  priority: NOTICE
"""


class Run:
    """A run of tiercel with a rule file and a configuration file, and a process that opens files."""

    def __init__(self, folder: Path, opener: Opener) -> None:
        self.folder = folder
        self.opener = opener
        self.rules = folder / "rules.yaml"
        self.config = folder / "tiercel.yaml"
        self.write(self.rules, RULE.format(name="First", suffix=".one"))
        self.write(self.config, "json_output: true\n")
        self.process = start("run", "-c", self.config, "-r", self.rules, "--pid", str(opener.process.pid))
        assert first_line(self.process).startswith("tiercel: watching ")

    @staticmethod
    def write(path: Path, text: str) -> None:
        new = path.with_suffix(".new")
        new.write_text(text)
        new.rename(path)

    def said(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def alert_of(self, suffix: str) -> dict[str, object]:
        path = self.folder / f"file{suffix}"
        path.touch()
        self.opener.open(path)
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE)[0]
        return json.loads(self.process.stdout.readline())  # type: ignore[no-any-return]

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        done = finish(self.process, timeout=PATIENCE)
        assert done.status == 0
        return done.err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Opener() as opener:
        made = Run(tmp_path, opener)
        try:
            yield made
        finally:
            if made.process.poll() is None:
                made.process.kill()
                made.process.communicate()


def test_rules_and_settings_that_change_are_loaded(run: Run) -> None:
    assert run.alert_of(".one")["rule"] == "First"
    run.write(run.rules, RULE.format(name="Second", suffix=".two"))
    assert run.said() == "tiercel: reloaded (1 rule: 1 added, 1 removed)\n"
    assert run.said() == "tiercel: rules added: Second\n"
    assert run.said() == "tiercel: rules removed: First\n"
    alert = run.alert_of(".two")
    assert (alert["rule"], "tags" in alert) == ("Second", True)
    run.write(run.config, "json_output: true\njson_include_tags_property: false\n")
    assert "settings: json_include_tags_property" in run.said()
    assert "tags" not in run.alert_of(".two")
    assert run.end() == ""


def test_a_bad_file_leaves_the_old_rules(run: Run) -> None:
    run.write(run.rules, RULE.format(name="Second", suffix=".two").replace("evt.type", "evt.tipe"))
    lines = [run.said()]
    while "critical: the reload failed" not in lines[-1]:
        lines.append(run.said())
    assert lines[0] == "error[E201]: there is no field `evt.tipe`\n"
    assert f"{run.rules}:4:" in "".join(lines)
    assert run.alert_of(".one")["rule"] == "First"
    run.write(run.rules, RULE.format(name="Second", suffix=".two"))
    assert "reloaded" in run.said()
    assert run.alert_of(".two")["rule"] == "Second"


def test_responses_that_are_added_changed_and_removed(run: Run) -> None:
    config = "json_output: true\n"
    marks = [run.folder / name for name in ("first", "second")]
    entry = "responses: [{{action: run, name: {}, rules: ['*'], program: [touch, {}]}}]\n"
    for mark in marks:
        run.write(run.config, config + entry.format(mark.name, mark))
        assert run.said() == "tiercel: reloaded (1 rule; settings: responses)\n"
        run.alert_of(".one")
        assert f"response '{mark.name}' to rule 'First': run" in run.said()
        assert mark.exists()
        mark.unlink()
    run.write(run.config, config + entry.format("bad", "x").replace("action: run", "action: rn"))
    lines = [run.said()]
    while "critical: the reload failed" not in lines[-1]:
        lines.append(run.said())
    run.alert_of(".one")
    assert "response 'second' to rule 'First': run" in run.said()
    run.write(run.config, config)
    assert run.said() == "tiercel: reloaded (1 rule; settings: responses)\n"
    marks[1].unlink()
    run.alert_of(".one")
    assert "3 responses: ran 3; longest latency" in run.end()
    assert not any(mark.exists() for mark in marks)


def test_hangup_reloads_although_files_are_not_watched(tmp_path: Path) -> None:
    with Opener() as opener:
        run = Run(tmp_path, opener)
        run.end()
        argv = ("-o", "watch_config_files=false", "-r", run.rules, "--pid", str(opener.process.pid), "--json")
        run.process = start("run", *argv)
        assert first_line(run.process).startswith("tiercel: watching ")
        run.write(run.rules, RULE.format(name="Second", suffix=".two"))
        assert run.alert_of(".one")["rule"] == "First"
        run.process.send_signal(signal.SIGHUP)
        assert "1 added, 1 removed" in run.said()
        assert run.alert_of(".two")["rule"] == "Second"
        run.end()


def test_an_end_during_a_reload_is_quick(run: Run) -> None:
    run.process.send_signal(signal.SIGHUP)
    started = time.monotonic()
    run.end()
    assert time.monotonic() - started < PATIENCE / 2


# The summary of `tiercel falco`, which itself watches a command, without reloads, or the whole machine.
WITH_SUMMARY = """
import sys
from tiercel import cli
from tiercel.cli.falco.summary import summary
args = cli.command_parser("run", cli.load("run")).parse_args(sys.argv[1:])
args.finished = lambda rules, stats: print(summary(rules, stats))
sys.exit(cli.load("run").run(args))
"""


def test_the_summary_of_falco_has_added_and_removed_rules(tmp_path: Path) -> None:
    with Opener() as opener:
        run = Run(tmp_path, opener)
        run.end()
        run.write(run.rules, RULE.format(name="First", suffix=".one"))
        argv = [sys.executable, "-c", WITH_SUMMARY, "--json", "-r", run.rules, "--pid", str(opener.process.pid)]
        run.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert first_line(run.process).startswith("tiercel: watching ")
        assert run.alert_of(".one")["rule"] == "First"
        run.write(run.rules, RULE.format(name="Second", suffix=".two"))
        assert "1 added, 1 removed" in run.said()
        assert run.alert_of(".two")["rule"] == "Second"
        run.process.send_signal(signal.SIGTERM)
        done = finish(run.process, timeout=PATIENCE)
    assert "Events detected: 2\n" in done.out
    assert "by rule name:\n   Second: 1\n   First: 1\n" in done.out


@pytest.mark.slow
def test_a_thousand_reloads_miss_no_alert_and_leak_nothing(tmp_path: Path) -> None:
    """One process tree opens files all the time; each opening raises one alert, whichever rules are in use."""
    marked = tmp_path / "file.one"
    marked.touch()
    sets = [
        Ruleset.loads(RULE.format(name=f"Set {number}", suffix=".one") + RULE.format(name="Other", suffix=f".{number}"))
        for number in range(3)
    ]
    loads = iter(range(10_000))
    seen: Counter[tuple[str, str]] = Counter()

    def count(alert: Alert) -> None:
        seen[alert.rule, alert.message.split(" ", 2)[2]] += 1

    with Opener() as opener, Sensor(sets[0], scope=opener.scope, on_alert=count) as sensor:
        reloader = Reloader(
            sensor,
            Delivery([], print),
            Loaded(Config(), sets[0]),
            load=lambda: Loaded(Config(), sets[next(loads) % 3]),
            outputs=lambda config: [],
            say=lambda line: None,
            report=print,
            prepare=lambda config: lambda: None,
            on_loaded=lambda before, now: None,
        )
        ended = threading.Event()
        opened = 0

        def opens() -> None:
            nonlocal opened
            while not ended.is_set():
                opener.open(marked, 10)
                opened += 10

        thread = threading.Thread(target=opens)
        thread.start()
        resources: list[tuple[int, int]] = []
        for number in range(1000):
            reloader.request()
            assert select.select([reloader.fileno()], [], [], PATIENCE)[0]
            reloader.work()
            if number in (199, 999):
                gc.collect()
                resources.append((_resident(), len(os.listdir("/proc/self/fd"))))
        ended.set()
        thread.join()
        assert sensor.flush(SETTLE)
        parent = os.getpid()
        pid = opener.process.pid
    reloader.close()
    assert reloader.count == 1000
    assert sum(seen.values()) == opened
    assert sensor.stats().lossless
    assert seen.keys() == {(f"Set {number}", f"{pid} {parent} {marked}") for number in range(3)}
    (before, fds), (after, more_fds) = resources
    assert more_fds == fds
    print(f"{opened} alerts, resident {before >> 10} KiB after 200 reloads, {after >> 10} KiB after 1000")
    assert after - before < 4 << 20


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_systemd_is_kept_informed(tmp_path: Path) -> None:
    """The states of a service, in order, as systemd receives them."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE.format(name="First", suffix=".one"))
    with Opener() as opener, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        process = start("run", "-r", rules, "--pid", str(opener.process.pid), env=environment)

        def state() -> str:
            while (text := systemd.recv(1000).decode().partition("\n")[0]) == "WATCHDOG=1":
                pass
            return text

        assert state() == "READY=1"
        assert systemd.recv(1000) == b"WATCHDOG=1"
        process.send_signal(signal.SIGHUP)
        assert [state(), state()] == ["RELOADING=1", "READY=1"]
        rules.write_text("- rule: broken")
        assert [state(), state()] == ["RELOADING=1", "READY=1"]
        process.send_signal(signal.SIGTERM)
        assert state() == "STOPPING=1"
        assert finish(process, timeout=PATIENCE).status == 0
