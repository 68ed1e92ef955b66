# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.waiting import eventually

import tiercel
from tiercel.response.process import Process
from tiercel.response.recordings import Recordings
from tiercel.response.result import Refusal

RULES = tiercel.Ruleset.loads("[]")


def test_without_a_sensor_or_prefix() -> None:
    recordings = Recordings()
    response = tiercel.Response("capture", rules=("x",))
    with pytest.raises(Refusal, match="no sensor"):
        recordings.begin(response, Process(None), 1)
    recordings.attach(tiercel.Sensor(RULES), None)
    with pytest.raises(Refusal, match="no path_prefix"):
        recordings.begin(response, Process(None), 1)


@pytest.mark.kernel
def test_a_capture_contains_the_process_and_ends_after_its_duration(tmp_path: Path) -> None:
    with subprocess.Popen(["sh"], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        with tiercel.Sensor(RULES, scope=tiercel.Scope.tree(process.pid)) as sensor:
            recordings = Recordings()
            recordings.attach(sensor, lambda: str(tmp_path / "capture"))
            response = tiercel.Response("capture", rules=("x",), duration=1.0)
            path = recordings.begin(response, Process(process.pid), 7)
            assert path == str(tmp_path / f"capture_00000000000000000007_{process.pid}.scap")
            with pytest.raises(Refusal, match="in progress") as refused:
                recordings.begin(response, Process(process.pid), 8)
            assert refused.value.outcome == "rate_limited"
            process.stdin.write("cat /etc/hostname >/dev/null\n")
            process.stdin.flush()
            eventually(lambda: not recordings._running)
            recordings.close()
        process.stdin.close()
    with tiercel.open_capture(path) as capture:
        assert any(event.type == "execve" for event in capture)
