# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import live
from support.namespaces import PRIVATE
from support.privileges import NOBODY
from support.responding import alert_of, handle, recycled, sleeper
from support.waiting import eventually

import tiercel
from tiercel.response.process import Process
from tiercel.response.procfs import read_stat
from tiercel.response.protection import ProtectedProcesses, Protection

RULES = tiercel.Ruleset.loads("""
- rule: Marked file
  desc: A file was opened.
  condition: evt.type = openat and fd.name endswith tiercel-response-mark
  output: "%proc.pid"
  priority: WARNING
""")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_kill() -> None:
    with sleeper() as process:
        result = handle(process.pid).kill()
        assert (result.action, result.outcome, result.pid) == ("kill", "killed", process.pid)
        assert result.latency_ns > 0
        assert process.wait() == -signal.SIGKILL


def test_stop_and_resume() -> None:
    with sleeper() as process:
        assert handle(process.pid).stop().outcome == "stopped"
        eventually(lambda: state(process.pid) == "T")
        process.send_signal(signal.SIGCONT)
        eventually(lambda: state(process.pid) == "S")


def test_a_process_that_has_ended_is_gone() -> None:
    with sleeper() as process:
        found = handle(process.pid)
        assert found.is_alive
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert found.kill().outcome == "gone"  # not reaped yet
        process.wait()
        assert found.kill().outcome == "gone"
        assert not found.is_alive


def test_a_recycled_number_is_never_signalled() -> None:
    live.gate(live.root_problem())
    with sleeper() as process:
        found = handle(process.pid)
    time.sleep(0.03)  # /proc has start times in units of 10 ms
    with recycled(process.pid):
        for action in (found.kill, found.stop, found.kill_cgroup, found.freeze):
            result = action()
            assert (result.outcome, result.detail) == ("gone", "another process has its number")
        eventually(lambda: state(process.pid) == "S")
        assert handle(process.pid).stop().outcome == "stopped"  # its own handle works


def test_a_recycled_number_of_a_thread_is_never_signalled() -> None:
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    assert thread.native_id is not None
    result = Process(thread.native_id, 1).kill()
    go.set()
    thread.join()
    assert result.outcome == "gone"


def test_another_program_in_the_process_is_the_same_process(tmp_path: Path) -> None:
    with subprocess.Popen(["sh", "-c", "read line; exec sleep 1000"], stdin=subprocess.PIPE) as process:
        found = handle(process.pid)
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()

        def name() -> str:
            stat = read_stat(process.pid)
            return stat.name if stat else ""

        eventually(lambda: name() == "sleep")
        assert found.kill().outcome == "killed"


def test_a_process_whose_first_thread_has_ended_lives() -> None:
    code = "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
    code += "ctypes.CDLL(None).pthread_exit(None)"
    with sleeper(sys.executable, "-c", code) as process:
        found = handle(process.pid)
        eventually(lambda: state(process.pid) == "Z")
        assert found.kill().outcome == "killed"
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("action", ["kill", "stop", "kill_cgroup", "freeze"])
def test_the_sensor_its_ancestors_and_process_1_are_protected(action: str) -> None:
    for pid in (os.getpid(), os.getppid(), 1):
        assert getattr(handle(pid), action)().outcome == "protected"


def test_an_alert_without_a_process_identifies_none() -> None:
    for found in (Process(None), Process.of_header({}), Process.of_header({"pid": 7, "start_ns": 0})):
        assert found.pid is None
        assert {found.kill().outcome, found.stop().outcome, found.kill_cgroup().outcome, found.freeze().outcome} == {
            "unidentified"
        }


def test_given_events_and_pickles() -> None:
    import pickle

    rules = tiercel.Ruleset.loads("""
- rule: r
  desc: d
  condition: evt.type = openat
  output: text
  priority: INFO
""")
    (alert,) = tiercel.Engine(rules).evaluate({"evt.type": "openat", "proc.pid": os.getpid()})
    assert alert.process.pid is None
    found = alert_of(handle(os.getpid()))
    assert pickle.loads(pickle.dumps(found)).process == found.process


def test_a_dry_run_and_a_limit_do_nothing() -> None:
    with sleeper() as process:
        found = handle(process.pid)
        assert found.act("kill", dry_run=True).outcome == "dry_run"
        assert found.act("kill", admit=lambda: False).outcome == "rate_limited"
        assert found.is_alive
        listed = Protection(ProtectedProcesses(names=frozenset({"sleep"})))
        assert found.act("kill", listed, dry_run=True).outcome == "protected"


def test_an_ordinary_user_is_denied() -> None:
    live.gate(live.root_problem())
    with sleeper() as process:
        found = handle(process.pid)
        code = (
            "import os, sys\n"
            f"sys.path = {sys.path!r}\n"
            "from tiercel.response.process import Process\n"
            f"os.setgroups([]); os.setresgid(*[{NOBODY}] * 3); os.setresuid(*[{NOBODY}] * 3)\n"
            f"found = Process({found.pid}, {found.start_ns})\n"
            "print(found.kill().outcome, found.stop().outcome, found.is_alive)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "denied denied True\n", done.stderr
        assert process.poll() is None


def test_a_private_pid_namespace_identifies_nothing() -> None:
    live.gate(live.root_problem())
    code = (
        "from tiercel.response.process import Process; import sys\n"
        "print(Process(1, 1).kill().outcome, Process(1, 1).kill().detail)"
    )
    script = 'mount -t proc proc /proc && exec "$0" -c "$1"'
    done = subprocess.run(
        [*PRIVATE, "unshare", "--pid", "--fork", "sh", "-c", script, sys.executable, code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "unidentified the sensor has a pid namespace of its own\n"


@pytest.mark.kernel
def test_an_alert_of_the_live_sensor_kills_its_process(tmp_path: Path) -> None:
    mark = tmp_path / "tiercel-response-mark"
    mark.touch()
    script = 'read line; exec 3<"$1"; exec sleep 1000'
    with subprocess.Popen(["sh", "-c", script, "sh", mark], stdin=subprocess.PIPE) as process:
        with tiercel.Sensor(RULES, scope=tiercel.Scope.tree(process.pid)) as sensor:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            alert = next(iter(sensor))
        assert alert.process.pid == process.pid
        assert alert.process.uid == os.getuid()
        assert alert.process.is_alive
        assert alert.process.kill().outcome == "killed"
        assert process.wait() == -signal.SIGKILL


@pytest.mark.kernel
def test_a_process_of_another_pid_namespace_is_killed_by_its_number_here(tmp_path: Path) -> None:
    mark = tmp_path / "tiercel-response-mark"
    mark.touch()
    script = 'read line; exec 3<"$1"; exec sleep 1000'
    argv = ["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", str(mark)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        with tiercel.Sensor(RULES, scope=tiercel.Scope.tree(process.pid)) as sensor:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            alert = next(iter(sensor))
        assert alert.event.header["vpid"] == 1
        assert alert.process.pid not in (1, process.pid)
        assert alert.process.kill().outcome == "killed"
        assert process.wait() != 0
