# SPDX-License-Identifier: Apache-2.0
"""The sensor on the live kernel: its life, and the ways to get its alerts."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.opener import Opener
from support.waiting import eventually
from support.watch import SETTLE, watch

import tiercel
from tiercel import Alert, KernelError, Ruleset, Scope, Sensor, SensorError, UsageError

pytestmark = pytest.mark.kernel

RULES = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked and evt.failed = false
  output: "%fd.name by %proc.pid"
  priority: NOTICE
"""
OTHER = """
- rule: Directory made
  desc: d
  condition: evt.type in (mkdir, mkdirat) and fs.path.name endswith .folder
  output: "%fs.path.name"
  priority: NOTICE
"""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return Ruleset.loads(RULES)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "file.marked"
    path.touch()
    return path


@pytest.fixture
def opener() -> Iterator[Opener]:
    with Opener() as found:
        yield found


# --- Ways to get alerts ---------------------------------------------------------------------------------------------


def test_iterating(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        opener.open(marked, 2)
        found = []
        for alert in sensor:
            found.append(alert)
            if len(found) == 2:
                break
    assert [alert.fields["fd.name"] for alert in found] == [str(marked)] * 2
    assert found[0].event.params["name"] == str(marked)
    assert found[0].event.header["pid"] == opener.process.pid
    assert abs(found[0].time_ns - time.time_ns()) < 60 * 10**9
    assert found[0].time_ns <= found[1].time_ns


def test_the_iteration_ends_with_the_sensor(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        opener.open(marked)
        threading.Timer(0.3, sensor.stop).start()
        assert len(list(sensor)) == 1


def test_batches(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        opener.open(marked, 5)
        assert sensor.flush(SETTLE)
        batches = sensor.batches(max=2, timeout=0.01)
        assert [len(next(batches)) for _ in range(4)] == [2, 2, 1, 0]
        opener.open(marked)
        sensor.stop()
        assert [len(batch) for batch in batches] == [1]


def test_polling(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        assert select.select([sensor.fileno()], [], [], 0) == ([], [], [])
        opener.open(marked)
        assert select.select([sensor.fileno()], [], [], SETTLE)[0]
        assert len(sensor.read()) == 1
        assert sensor.read() == []
        assert select.select([sensor.fileno()], [], [], 0) == ([], [], [])


def once_it_runs(sensor: Sensor, work: Callable[[], object]) -> threading.Thread:
    """Do something from another thread as soon as the sensor watches."""

    def wait() -> None:
        while not sensor.running:
            time.sleep(0.01)
        work()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_run_calls_back(rules: Ruleset, marked: Path, opener: Opener) -> None:
    found: list[Alert] = []
    sensor = Sensor(rules, scope=opener.scope, on_alert=lambda alert: (found.append(alert), sensor.stop()))
    thread = once_it_runs(sensor, lambda: opener.open(marked))
    stats = sensor.run(duration=SETTLE)
    thread.join()
    assert len(found) == stats.alerts == 1
    assert not sensor.running


def test_run_ends_when_stopped(rules: Ruleset, opener: Opener) -> None:
    sensor = Sensor(rules, scope=opener.scope, on_alert=print)
    thread = once_it_runs(sensor, sensor.stop)
    sensor.run()
    thread.join()


def test_a_thread_calls_back_inside_with(rules: Ruleset, marked: Path, opener: Opener) -> None:
    found: list[Alert] = []
    with Sensor(rules, scope=opener.scope, on_alert=found.append) as sensor:
        opener.open(marked)
        eventually(lambda: found)
        started = time.monotonic()
        sensor.run(duration=0.2)
        assert time.monotonic() - started >= 0.2
        opener.open(marked)
    assert len(found) == 2


def test_run_needs_a_callback(rules: Ruleset) -> None:
    with pytest.raises(UsageError, match="on_alert"):
        Sensor(rules).run(1)


def test_a_callback_that_raises_is_counted_and_logged(
    rules: Ruleset, marked: Path, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def callback(alert: Alert) -> None:
        calls.append(alert)
        raise ValueError("on purpose")

    with caplog.at_level(logging.ERROR), Sensor(rules, scope=opener.scope, on_alert=callback) as sensor:
        opener.open(marked, 3)
        eventually(lambda: len(calls) == 3)
    assert sensor.stats().callback_errors == 3
    assert "on purpose" in caplog.text
    assert 1 <= len(caplog.records) <= 3


# --- Life -----------------------------------------------------------------------------------------------------------


def test_it_can_be_started_again(rules: Ruleset, marked: Path, opener: Opener) -> None:
    sensor = Sensor(rules, scope=opener.scope)
    for times in (1, 2):
        with sensor:
            opener.open(marked, times)
            assert sensor.flush(SETTLE)
            assert len(sensor.read()) == times
            assert sensor.stats().alerts == times
        opener.open(marked)
    assert sensor.stats().alerts == 2


def test_what_happened_before_the_stop_can_be_taken_after_it(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        opener.open(marked, 3)
    assert len(sensor.read()) == 3
    assert list(sensor) == []


def test_stopping_from_elsewhere_loses_nothing(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope, overflow="block", queue_capacity=5) as sensor:
        found: list[Alert] = []
        reader = threading.Thread(target=lambda: found.extend(sensor))
        reader.start()
        opener.open(marked, 200)
        stoppers = [threading.Thread(target=sensor.stop) for _ in range(3)]
        for thread in stoppers:
            thread.start()
        for _ in range(10):
            sensor.stats()
        for thread in (*stoppers, reader):
            thread.join()
    assert len(found) == 200
    assert sensor.stats().lossless


def test_a_callback_may_stop_the_sensor(rules: Ruleset, marked: Path, opener: Opener) -> None:
    found: list[Alert] = []
    sensor = Sensor(rules, scope=opener.scope, on_alert=lambda alert: (found.append(alert), sensor.stop()))
    with sensor:
        opener.open(marked)
        eventually(lambda: not sensor.running)
    with sensor:
        opener.open(marked)
        eventually(lambda: len(found) == 2)
    assert len(found) == 2


def test_misuse(rules: Ruleset, opener: Opener) -> None:
    sensor = Sensor(rules, scope=opener.scope)
    for call in (sensor.fileno, sensor.read, sensor.flush, lambda: next(iter(sensor))):
        with pytest.raises(SensorError, match="not started") as caught:
            call()
        assert caught.value.code == "E605"
    sensor.stop()
    assert sensor.stats() == tiercel.Stats()
    with sensor, pytest.raises(SensorError, match="running already"):
        sensor.start()


def test_several_at_once_see_their_own_scope(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Opener() as other, Sensor(rules, scope=opener.scope) as one, Sensor(rules, scope=other.scope) as two:
        opener.open(marked, 2)
        other.open(marked)
        assert one.flush(SETTLE)
        assert two.flush(SETTLE)
        assert [len(one.read()), len(two.read())] == [2, 1]


def test_ctrl_c_ends_a_blocked_iteration(tmp_path: Path) -> None:
    program = f"""
        import os, tiercel
        rules = tiercel.Ruleset.loads({RULES!r})
        sensor = tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid()))
        try:
            with sensor:
                print("watching", flush=True)
                for alert in sensor:
                    pass
        except KeyboardInterrupt:
            print("interrupted", sensor.running, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        time.sleep(0.2)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted False\n"
        assert time.monotonic() - sent < SETTLE
    assert process.returncode == 0


def test_a_fork_leaves_the_parents_sensor_alone(marked: Path) -> None:
    """In a program of its own: pytest's process has threads, which a fork does not like."""
    program = f"""
        import os, sys, tiercel
        rules = tiercel.Ruleset.loads({RULES!r})
        with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
            pid = os.fork()
            if pid == 0:
                try:
                    sensor.read()
                except tiercel.SensorError as error:
                    open(sys.argv[1]).close()
                    sensor.stop()
                    os._exit(0 if error.code == "E605" else 1)
                os._exit(2)
            assert os.waitpid(pid, 0)[1] == 0
            assert sensor.flush(20)
            assert len(sensor.read()) == 1
            if os.fork() == 0:
                sys.exit(0)  # the child leaves the block in the ordinary way
            assert os.wait()[1] == 0
            assert sensor.running and sensor.flush(20)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), marked], timeout=60, check=False)
    assert done.returncode == 0


# --- Rules, scope, losses -------------------------------------------------------------------------------------------


def test_swapping_rules(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope) as sensor:
        opener.open(marked)
        sensor.swap_rules(Ruleset.loads(RULES.replace("Marked file", "Special file")))
        opener.open(marked, 2)
        sensor.swap_rules(Ruleset.loads(OTHER))
        opener.open(marked)
        assert sensor.flush(SETTLE)
        assert [alert.rule for alert in sensor.read()] == ["Marked file opened"] + ["Special file opened"] * 2
        assert sensor.stats().matches == {"Marked file opened": 1, "Special file opened": 2}
        sensor.swap_rules(rules)
        opener.open(marked)
        assert sensor.flush(SETTLE)
        assert len(sensor.read()) == 1


def test_rules_swapped_while_stopped(rules: Ruleset, marked: Path, opener: Opener) -> None:
    sensor = Sensor(Ruleset.loads(OTHER), scope=opener.scope)
    sensor.swap_rules(rules)
    with sensor:
        opener.open(marked)
    assert len(sensor.read()) == 1


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest"])
def test_alerts_that_are_not_taken_are_counted_and_reported(
    rules: Ruleset, marked: Path, opener: Opener, overflow: Any
) -> None:
    with Sensor(rules, scope=opener.scope, overflow=overflow, queue_capacity=10) as sensor:
        opener.open(marked, 25)
        assert sensor.flush(SETTLE)
    alerts = sensor.read()
    assert [alert.source for alert in alerts] == ["syscall"] * 10
    (notice,) = sensor.notices.take()
    assert (notice.kind, notice.fields) == ("alerts lost", {"n_alerts": 15})
    stats = sensor.stats()
    assert (stats.alerts, stats.lost_alerts, stats.lossless) == (25, 15, False)


def test_what_nobody_took_is_counted_when_a_blocking_sensor_stops(rules: Ruleset, marked: Path, opener: Opener) -> None:
    with Sensor(rules, scope=opener.scope, overflow="block", queue_capacity=5) as sensor:
        opener.open(marked, 200)
    alerts = sensor.read()
    stats = sensor.stats()
    assert len(alerts) == 5
    assert (stats.alerts, stats.lost_alerts, stats.dropped) == (200, 195, 0)
    assert stats.matches == {"Marked file opened": 200}


def test_blocking_loses_nothing(rules: Ruleset, marked: Path, opener: Opener) -> None:
    found: list[Alert] = []
    with Sensor(rules, scope=opener.scope, overflow="block", queue_capacity=4, on_alert=found.append) as sensor:
        opener.open(marked, 100)
        assert sensor.flush(SETTLE)
    assert len(found) == 100
    assert sensor.stats().lossless


def test_stats(rules: Ruleset, marked: Path) -> None:
    outcome = watch(rules, ["cat", marked])
    assert outcome.stats.alerts == len(outcome.alerts) == 1
    assert outcome.stats.matches == {"Marked file opened": 1}
    assert outcome.stats.events >= 3
    assert outcome.stats.lossless
    assert outcome.stats.malformed == outcome.stats.callback_errors == 0


def test_the_tree_holds_what_is_started_later(rules: Ruleset, marked: Path) -> None:
    script = '(sh -c "(cat $1; echo >$2) &" sh $1 $2 &); read line <$2; cat $1'
    fifo = marked.with_suffix(".fifo")
    os.mkfifo(fifo)
    assert len(watch(rules, ["sh", "-c", script, "sh", str(marked), str(fifo)]).alerts) == 2


def test_the_sensor_does_not_report_itself(rules: Ruleset, marked: Path) -> None:
    with Sensor(rules, scope=Scope.tree(os.getpid())) as sensor:
        marked.read_bytes()
        subprocess.run(["cat", marked], check=True)
        assert sensor.flush(SETTLE)
        (alert,) = sensor.read()
    assert alert.fields["proc.pid"] != os.getpid()


@pytest.mark.parametrize("scope", [Scope.tree(2**22 + 1), Scope.cgroup("/no/such/group")], ids=str)
def test_a_scope_that_is_not_there(rules: Ruleset, scope: Scope) -> None:
    with pytest.raises(KernelError) as caught:
        Sensor(rules, scope=scope).start()
    assert caught.value.code == "E410"


def test_scopes_that_make_no_sense() -> None:
    with pytest.raises(UsageError):
        Scope.tree(0)
    with pytest.raises(UsageError):
        Sensor(Ruleset.loads(RULES), overflow="explode").start()  # type: ignore[arg-type]
