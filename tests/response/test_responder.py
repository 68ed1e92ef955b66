# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support import live
from support.responding import alert_of, handle, recycled, sleeper
from support.waiting import eventually

import tiercel
from tiercel import ActionResult, ProtectedProcesses, Responder, Response
from tiercel.response.process import Process
from tiercel.rules import Priority

ALL = ("*",)


class Results(list[ActionResult]):
    """Results in order of arrival."""

    def outcomes(self) -> list[str]:
        return [one.outcome for one in self]


@pytest.fixture(name="results")
def _results() -> Results:
    return Results()


def test_a_kill_is_reported_and_counted(results: Results) -> None:
    handled: list[tiercel.Alert] = []
    response = Response("kill", rules=("Test*",), name="stop it")
    with Responder([response], on_alert=handled.append, on_result=results.append) as responder, sleeper() as process:
        alert = alert_of(handle(process.pid))
        responder.handle(alert)
        assert process.wait() == -signal.SIGKILL
        eventually(lambda: results)
        responder.handle(alert_of(Process(None), "Other"))
    assert [one.rule for one in handled] == ["Test rule", "Other"]
    (result,) = results
    assert (result.outcome, result.rule, result.response) == ("killed", "Test rule", "stop it")
    assert result.latency_ns > 0
    assert responder.stats().outcomes == {"stop it": {"killed": 1}}
    assert responder.stats().latency_ns == {"stop it": result.latency_ns}


def test_internal_alerts_and_alerts_without_a_process(results: Results) -> None:
    with Responder([Response("kill", rules=ALL)], on_result=results.append) as responder:
        responder.handle(alert_of(handle(os.getpid()), source="internal"))
        responder.handle(alert_of(Process(None)))
    assert results.outcomes() == ["unidentified"]


def test_dry_run_of_one_response_and_of_all(results: Results) -> None:
    for responder in (
        Responder([Response("kill", rules=ALL, dry_run=True)], on_result=results.append),
        Responder([Response("kill", rules=ALL), Response("run", rules=ALL, program=("false",))],
                  dry_run=True, on_result=results.append),
    ):  # fmt: skip
        with responder, sleeper() as process:
            responder.handle(alert_of(handle(process.pid)))
            responder.close()
            assert process.poll() is None
    assert results.outcomes() == ["dry_run"] * 3


def test_protected_processes(results: Results) -> None:
    protected = ProtectedProcesses(names=frozenset({"sleep"}))
    responder = Responder([Response("kill", rules=ALL)], protected=protected, on_result=results.append)
    with responder, sleeper() as process:
        responder.handle(alert_of(handle(process.pid)))
        responder.handle(alert_of(handle(os.getppid())))
        responder.close()
        assert process.poll() is None
    assert results.outcomes() == ["protected", "protected"]


def test_the_sensor_causes_no_response(results: Results) -> None:
    with Responder([Response("run", rules=ALL, program=("true",))], on_result=results.append) as responder:
        responder.handle(alert_of(handle(os.getpid())))
    assert results.outcomes() == ["own"]


def test_a_recycled_number_is_never_signalled(results: Results) -> None:
    live.gate(live.root_problem())
    with sleeper() as process:
        alert = alert_of(handle(process.pid))
    time.sleep(0.03)
    with Responder([Response("kill", rules=ALL)], on_result=results.append) as responder, recycled(process.pid):
        responder.handle(alert)
        responder.close()
        assert handle(process.pid).is_alive
    assert [(one.outcome, one.detail) for one in results] == [("gone", "another process has its number")]


def test_a_fork_bomb_under_a_rate_limit(results: Results) -> None:
    """Many processes at once: the burst is killed, the rest is counted, and reported once."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        bomb = [stack.enter_context(sleeper()) for _ in range(30)]
        response = Response("kill", rules=ALL, rate=0.001, burst=5)
        with Responder([response], on_result=results.append) as responder:
            for process in bomb:
                responder.handle(alert_of(handle(process.pid)))
        for process in bomb[:5]:
            assert process.wait() == -signal.SIGKILL
        assert all(process.poll() is None for process in bomb[5:])
    assert responder.stats().outcomes == {"kill": {"killed": 5, "rate_limited": 25}}
    assert results.outcomes() == ["killed"] * 5 + ["rate_limited"]


def test_a_full_queue_is_counted(results: Results) -> None:
    go, begun = threading.Event(), threading.Event()
    response = Response("call", rules=ALL, function=lambda alert: (begun.set(), go.wait()), rate=0)
    with Responder([response], queue_capacity=2, on_result=results.append) as responder:
        for number in range(10):
            responder.handle(alert_of(Process(None)))
            eventually(lambda: not responder._actions._jobs)
            if number == 0:
                assert begun.wait(20)
        go.set()
    assert responder.stats().outcomes == {"call": {"called": 3, "overflow": 7}}


def test_a_program_gets_the_alert_and_hostile_names_stay_data(results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rule = "$(touch /tmp/pwned); `id`\n\0 'x' \udcff"
    script = 'printf "%s" "$TIERCEL_RULE" >"$1.rule"; printf "%s" "$TIERCEL_PID" >"$1.pid"; cat >"$1"'
    response = Response("run", rules=ALL, program=("sh", "-c", script, "sh", str(out)))
    with Responder([response], on_result=results.append) as responder, sleeper() as process:
        responder.handle(alert_of(handle(process.pid), rule))
        responder.close(20)
    assert results.outcomes() == ["ran"], results
    lines = out.read_text().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["rule"].startswith("$(touch /tmp/pwned); `id`\n\0")
    assert Path(f"{out}.rule").read_text() == "$(touch /tmp/pwned); `id`\n? 'x' ?"
    assert Path(f"{out}.pid").read_text() == str(process.pid)


def test_a_function_gets_the_alert_and_its_errors_are_reported(results: Results) -> None:
    called: list[tiercel.Alert] = []

    def broken(alert: tiercel.Alert) -> None:
        raise OSError("no network")

    responses = [Response("call", rules=ALL, function=called.append), Response("call", rules=ALL, function=broken)]
    alert = alert_of(Process(None))
    with Responder(responses, on_result=results.append) as responder:
        responder.handle(alert)
    assert called == [alert]
    assert [(one.outcome, one.detail) for one in results] == [("called", ""), ("failed", "OSError: no network")]


def test_a_slow_program_delays_no_kill(results: Results) -> None:
    responses = [Response("run", rules=ALL, program=("sleep", "1000")), Response("kill", rules=ALL)]
    with sleeper() as process, Responder(responses, on_result=results.append) as responder:
        responder.handle(alert_of(handle(process.pid)))
        assert process.wait(20) == -signal.SIGKILL
        responder.close(0.1)
    assert results.outcomes() == ["killed", "failed"]


def test_a_child_of_a_fork_is_refused() -> None:
    with Responder([Response("kill", rules=ALL)]) as responder:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                responder.handle(alert_of(Process(None)))
            except tiercel.SensorError:
                responder.close()
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_new_responses_replace_the_old_ones_at_once(results: Results) -> None:
    kept = Response("kill", rules=("Kept",), name="kept", rate=0.001, burst=1)
    gone = Response("kill", rules=("Gone",), name="gone")
    with Responder([kept, gone], on_result=results.append) as responder, sleeper() as one, sleeper() as other:
        responder.handle(alert_of(handle(one.pid), "Kept"))
        assert one.wait(20) == -signal.SIGKILL
        new = Response("call", rules=("New",), name="new", function=lambda alert: None)
        responder.replace([new, kept])
        responder.handle(alert_of(handle(other.pid), "Kept"))
        responder.handle(alert_of(handle(other.pid), "Gone"))
        responder.handle(alert_of(handle(other.pid), "New"))
        responder.close()
        assert other.poll() is None
    expected = {"kept": {"killed": 1, "rate_limited": 1}, "new": {"called": 1}}
    assert responder.stats().outcomes == expected, "an unchanged response keeps the state of its rate limit"


def test_queued_actions_follow_the_new_settings(results: Results) -> None:
    """A list of protected processes counts from its reload on, also for what waits in the queue."""
    go, begun = threading.Event(), threading.Event()

    def block(result: ActionResult) -> None:
        results.append(result)
        begun.set()
        go.wait(20)

    blocking = Response("kill", rules=("Block",), name="block")
    kill, removed = Response("kill", rules=("Test*",)), Response("stop", rules=("Test*",))
    with Responder([blocking, kill, removed], on_result=block) as responder, sleeper() as process:
        responder.handle(alert_of(Process(None), "Block"))
        assert begun.wait(20)
        responder.handle(alert_of(handle(process.pid)))
        responder.replace([kill], protected=ProtectedProcesses(names=frozenset({"sleep"})))
        go.set()
        responder.close()
        assert process.poll() is None
    assert [(one.action, one.outcome) for one in results[1:]] == [("kill", "protected"), ("stop", "removed")]


def test_an_invalid_replacement_changes_nothing(results: Results) -> None:
    with Responder([Response("kill", rules=ALL)], on_result=results.append) as responder:
        with pytest.raises(tiercel.UsageError):
            responder.replace([Response("call", rules=ALL, function="no_such_module:f")])
        responder.handle(alert_of(Process(None)))
    assert results.outcomes() == ["unidentified"]


def test_a_running_action_is_completed_after_its_removal(results: Results, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = ("sh", "-c", f"touch {begun}; sleep 0.5; exit 3")
    with Responder([Response("run", rules=ALL, program=program)], on_result=results.append) as responder:
        responder.handle(alert_of(Process(None)))
        eventually(begun.exists)
        responder.replace([])
        responder.handle(alert_of(Process(None)))
    assert [(one.outcome, one.detail) for one in results] == [("failed", "exit status 3")]


@pytest.mark.parametrize("action", ["run", "call"])
def test_what_waits_for_a_thread_is_dropped_with_its_response(results: Results, action: str, tmp_path: Path) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    script = f"until test -e {go}; do sleep 0.05; done"
    one = Response("run", rules=("Block",), name="block", program=("sh", "-c", script), rate=0)
    other = Response("call", rules=("Block",), name="block", function=lambda alert: eventually(go.exists), rate=0)
    removed = {
        "run": Response("run", rules=("Test*",), name="removed", program=("touch", str(mark))),
        "call": Response("call", rules=("Test*",), name="removed", function=lambda alert: mark.touch()),
    }[action]
    blocking = {"run": one, "call": other}[action]
    with Responder([blocking, removed], on_result=results.append) as responder:
        for _ in range({"run": 8, "call": 1}[action]):  # as many as run at once
            responder.handle(alert_of(Process(None), "Block"))
        responder.handle(alert_of(Process(None)))
        eventually(lambda: responder._programs._pending if action == "run" else responder._calls._jobs)
        responder.replace([blocking])
        go.touch()
        responder.close(20)
    assert responder.stats().outcomes["removed"] == {"removed": 1}
    assert not mark.exists()


def test_an_async_function_is_run(results: Results) -> None:
    called: list[tiercel.Alert] = []

    async def function(alert: tiercel.Alert) -> None:
        await asyncio.sleep(0)
        called.append(alert)

    async def broken(alert: tiercel.Alert) -> None:
        raise OSError("no network")

    responses = [Response("call", rules=ALL, function=function), Response("call", rules=ALL, function=broken)]
    alert = alert_of(Process(None))
    with Responder(responses, on_result=results.append) as responder:
        responder.handle(alert)
    assert called == [alert]
    assert [(one.outcome, one.detail) for one in results] == [("called", ""), ("failed", "OSError: no network")]


def test_a_fault_while_an_action_is_prepared_is_counted(results: Results) -> None:
    class Broken:
        rule, tags, priority, is_internal, time_ns, process = "R", (), Priority.WARNING, False, 1, handle(1)

        @property
        def event(self) -> None:
            raise RuntimeError("no event")

    alert: Any = Broken()
    with Responder([Response("kill", rules=ALL)], on_result=results.append) as responder:
        responder.handle(alert)
        responder.handle(alert_of(Process(None)))
    assert [(one.outcome, one.detail) for one in results] == [
        ("failed", "RuntimeError: no event"),
        ("unidentified", "the alert has no process of this machine"),
    ]


RULES = """
- rule: Marked file
  desc: A file was opened.
  condition: evt.type = openat and fd.name = MARK
  output: "%proc.pid"
  priority: WARNING
"""


@pytest.mark.kernel
def test_a_program_that_causes_alerts_does_not_loop(results: Results, tmp_path: Path) -> None:
    """Also not by descendants in other sessions that end before their alerts arrive."""
    mark, count = tmp_path / "mark", tmp_path / "count"
    mark.touch()
    code = (
        "import os, subprocess, sys\n"
        f"open({str(count)!r}, 'a').write('x')\n"
        f"open({str(mark)!r})\n"
        f"subprocess.run(['setsid', 'sh', '-c', 'env -i cat {mark}'])"
    )
    rules = tiercel.Ruleset.loads(RULES.replace("MARK", str(mark)))
    response = Response("run", rules=ALL, program=(sys.executable, "-c", code), rate=0)
    with Responder([response], on_result=results.append) as responder:
        scope = tiercel.Scope.tree(os.getpid())  # contains the programs of responses
        with tiercel.Sensor(rules, scope=scope, on_alert=responder.handle) as sensor:
            subprocess.run(["cat", str(mark)], check=True)
            eventually(lambda: responder.stats().total().get("own", 0) >= 2)
            time.sleep(0.3)
            sensor.flush(5)
    assert count.read_text() == "x"
    assert responder.stats().outcomes["run"]["ran"] == 1


@pytest.mark.kernel
def test_a_live_tree_is_killed(results: Results, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    rules = tiercel.Ruleset.loads(RULES.replace("MARK", str(mark)))
    script = 'read line; for n in 1 2 3; do sh -c \'exec 3<"$0"; exec sleep 1000\' "$1" & done; wait'
    with (
        subprocess.Popen(["sh", "-c", script, "sh", str(mark)], stdin=subprocess.PIPE) as process,
        Responder([Response("kill", rules=ALL)], on_result=results.append) as responder,
        tiercel.Sensor(rules, scope=tiercel.Scope.tree(process.pid), on_alert=responder.handle),
    ):
        process.communicate(b"\n", timeout=60)  # it ends when its children have ended
    assert process.returncode == 0
    assert results.outcomes() == ["killed"] * 3
