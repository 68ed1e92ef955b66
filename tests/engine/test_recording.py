# SPDX-License-Identifier: Apache-2.0
"""Recordings of a sensor: what happened comes back when the capture is read."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import scapblocks
from support.calls import call, child
from support.expect import PathValue
from support.opening import Child
from support.recorder import Live, ruleset

import tiercel
from tiercel import RulesError, Ruleset, Scope, Sensor, SensorError, SourceError, UsageError

pytestmark = pytest.mark.kernel

EVENTS = """
- rule: any
  desc: any
  condition: evt.type in (openat, execve, dup2, close, procexit)
  output: "%evt.type %proc.name %proc.pid %proc.pname %proc.cmdline %proc.exepath %proc.cwd %fd.name"
  priority: INFO
"""


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    """A sensor without rules, for what this process starts."""
    with Sensor(Ruleset.loads("[]"), scope=Scope.tree(os.getpid())) as sensor:
        yield sensor
        assert sensor.stats().lossless


def sh(script: str, **options: Any) -> None:
    subprocess.run(["sh", "-c", script], check=True, **options)


def shown(path: Path) -> list[tiercel.CaptureEvent]:
    """The events of a capture that rules see; another reader finds every block well-formed."""
    for kind, block in scapblocks.blocks(scapblocks.content(path)):
        if kind in scapblocks.EVENT_KINDS:
            scapblocks.event(block)
    with tiercel.open_capture(path) as capture:
        return list(capture)


def test_the_same_run_recorded_and_replayed_gives_the_same_events(program: Path, tmp_path: Path) -> None:
    made = call("openat", -100, str(tmp_path / "made"), os.O_CREAT | os.O_RDWR, 0o600)
    path = str(tmp_path / "folder")
    steps = [
        made,
        call("write", made, b"some bytes", 10),
        call("dup2", made, 40),
        call("close", 40),
        call("mkdir", path, 0o700),
        call("rename", path, path + "\n\x1b[31m\xff"),
        child("fork", call("unlink", str(tmp_path / "made"))),
        call("socket", 1, 1, 0),
        call("getuid"),
    ]
    out = tmp_path / "out.scap"
    with Sensor(ruleset(), scope=Scope.tree(os.getpid()), rule_matching="all") as sensor:
        with sensor.record(out) as recording:
            live = Live(sensor, program).run(*steps).everything
        assert recording.stats().lost == 0
    recorded = [event for event in shown(out) if "nativeID" not in event.params]

    def key(event: Any) -> tuple[Any, ...]:
        return event.time_ns, event.type

    both = {key(event): event for event in recorded}
    assert len(both) == len(recorded)
    compared = 0
    for event in live:
        if event.time_ns < recorded[0].time_ns or event.time_ns > recorded[-1].time_ns:
            continue
        found = both.pop(key(event))
        assert found.tid == event.header["tid"]
        assert found.cpu == event.header["cpu"]
        assert {name: passed(value) for name, value in event.params.items()} == {
            name: value or None if value == b"" else value for name, value in found.params.items()
        }, event
        compared += 1
    assert both == {}
    assert compared > 2 * len(steps)


def passed(value: Any) -> Any:
    """A param of a live event as captures have it."""
    if isinstance(value, PathValue):
        value = value.name if value.name is not None else value.real
    return None if value == b"" else value


def test_a_replay_knows_processes_and_files(sensor: Sensor, tmp_path: Path) -> None:
    out = tmp_path / "out.scap"
    held = tmp_path / "held"
    rules = Ruleset.loads(EVENTS)
    held.touch()
    reader = ["sh", "-c", "read line; exec cat"]
    with (
        held.open() as file,
        subprocess.Popen(reader, stdin=subprocess.PIPE, stdout=file) as before,
        sensor.record(out),
    ):
        sh(f"cd /tmp; (exec true <{held}); exec cat {held}")
        assert before.stdin is not None
        before.stdin.write(b"line\n")
        before.stdin.close()
        before.wait()
    alerts = list(tiercel.replay(out, rules))
    lines = [alert.output.partition(": ")[2].split(" ", 1)[1] for alert in alerts]
    assert any(line.startswith("execve true ") and "/tmp" in line for line in lines)
    assert any(line.startswith("openat cat ") and line.endswith(f" {held}") for line in lines)
    assert any(line.startswith("close cat ") and line.endswith(f" {held}") for line in lines)
    assert any(f"execve cat {before.pid} " in line for line in lines)
    assert not any("<NA>" in line.split(" ")[1:4] for line in lines)


def test_filter_keeps_what_tables_need(sensor: Sensor, tmp_path: Path) -> None:
    out = tmp_path / "out.scap"
    with sensor.record(out, condition="evt.type = openat and fd.name startswith /etc/host") as recording:
        sh("cat /etc/hostname /etc/passwd >/dev/null")
    events = shown(out)
    assert [(event.type, event.params["name"]) for event in events] == [("openat", "/etc/hostname")]
    assert recording.stats().state_only > 10
    (alert,) = tiercel.replay(out, Ruleset.loads(EVENTS))
    assert " openat cat " in alert.output


def test_a_wrong_filter_is_refused(sensor: Sensor, tmp_path: Path) -> None:
    with pytest.raises(RulesError):
        sensor.record(tmp_path / "out.scap", condition="evt.typ = open")
    assert not (tmp_path / "out.scap").exists()


def test_gzip(sensor: Sensor, tmp_path: Path) -> None:
    out = tmp_path / "out.scap.gz"
    with sensor.record(out):
        sh("true")
    assert out.read_bytes()[:2] == b"\x1f\x8b"
    assert "execve" in {event.type for event in shown(out)}


def test_size_ends_a_recording(sensor: Sensor, tmp_path: Path) -> None:
    out = tmp_path / "out.scap"
    with sensor.record(out, max_bytes=1 << 18) as recording:
        sh("for i in $(seq 3000); do : </etc/hostname; done")
        assert recording.wait(5)
    assert 200_000 < out.stat().st_size <= 1 << 18
    assert shown(out)


def test_rotation_makes_complete_files(sensor: Sensor, tmp_path: Path) -> None:
    out = tmp_path / "out.scap"
    with sensor.record(out, max_bytes=1 << 18, rotate=2) as recording:
        sh("for i in $(seq 6000); do : </etc/hostname; done")
    count = recording.stats().files
    assert count > 2
    names = [f"out.{count - 1}.scap", f"out.{count}.scap"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    events = [shown(tmp_path / name) for name in names]
    assert events[0][-1].time_ns <= events[1][0].time_ns
    alerts = list(tiercel.replay(tmp_path / names[1], Ruleset.loads(EVENTS)))
    assert {alert.output.split(" ")[3] for alert in alerts} == {"sh"}


def test_a_file_in_which_nothing_happens_does_not_stay(tmp_path: Path) -> None:
    child = Child()
    with (
        Sensor(Ruleset.loads("[]"), scope=Scope.tree(child.pid)) as sensor,
        sensor.record(tmp_path / "out.scap", max_bytes=1 << 16, rotate=1) as recording,
    ):
        while (stats := recording.stats()).files == 1:
            for _ in range(1 + ((1 << 16) - stats.bytes) // 1000):
                child.open()
            time.sleep(0.3)
        assert {path.name for path in tmp_path.iterdir()} == {"out.1.scap", "out.2.scap"}
        size = (tmp_path / "out.1.scap").stat().st_size
    child.close()
    assert (recording.stats().files, recording.stats().bytes) == (1, size)
    (left,) = tmp_path.iterdir()
    assert len(shown(left)) == recording.stats().events - recording.stats().state_only > 300


def test_a_full_disk_is_an_error(sensor: Sensor) -> None:
    with pytest.raises(SourceError, match=r"/dev/full: No space left on device \[E710\]"):
        sensor.record("/dev/full")
    sh("true")


def test_an_error_while_it_runs_ends_a_recording(sensor: Sensor, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    recording = sensor.record(fifo)
    os.close(reader)
    sh("true")
    assert recording.wait(5)
    with pytest.raises(SourceError, match=r"fifo: Broken pipe \[E710\]"):
        recording.stop()
    recording.stop()


def test_a_file_that_cannot_be_made(sensor: Sensor, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="E710"):
        sensor.record(tmp_path / "none" / "out.scap")


def test_what_does_not_fit_the_buffer_is_counted(sensor: Sensor, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    recording = sensor.record(fifo, buffer_bytes=1 << 18)
    try:
        sh("for i in $(seq 5000); do : </etc/hostname; done")
        sensor.flush()
        lost = recording.stats().lost
    finally:
        os.close(reader)
    assert lost > 0
    with pytest.raises(SourceError):
        recording.stop()


def test_recordings_end_with_the_sensor(tmp_path: Path) -> None:
    with Sensor(Ruleset.loads("[]"), scope=Scope.tree(os.getpid())) as sensor:
        recordings = [sensor.record(tmp_path / f"{number}.scap") for number in range(2)]
        sh("true")
    assert not any(recording.running for recording in recordings)
    counts = [Counter(event.type for event in shown(tmp_path / f"{number}.scap")) for number in range(2)]
    assert counts[0]["procexit"] == counts[1]["procexit"] == 1
    with pytest.raises(SensorError):
        Sensor(Ruleset.loads("[]")).record(tmp_path / "out.scap")


def test_wrong_sizes(sensor: Sensor, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="E607"):
        sensor.record(tmp_path / "out.scap", max_bytes=10)
    with pytest.raises(UsageError, match="E607"):
        sensor.record(tmp_path / "out.scap", rotate=2)


def test_event_that_falco_lacks_is_found_by_name(program: Path, tmp_path: Path) -> None:
    """A capture holds it as the generic event, so its params are gone and its type is not."""
    by_name, by_param = (
        Ruleset.loads(EVENTS.replace("evt.type in (openat, execve, dup2, close, procexit)", condition))
        for condition in ("evt.type = fallocate", "evt.type = fallocate and evt.arg.len > 0")
    )
    out = tmp_path / "out.scap"
    with Sensor(ruleset(), scope=Scope.tree(os.getpid())) as sensor, sensor.record(out):
        run = Live(sensor, program).run(call("fallocate", 99, 0, 5, 7))
    assert len(run.events("fallocate")) == 1
    (event,) = [event for event in shown(out) if event.type == "fallocate"]
    assert event.params == {"ID": 299, "nativeID": 285}
    assert len(list(tiercel.replay(out, by_name))) == 1
    assert not list(tiercel.replay(out, by_param))
