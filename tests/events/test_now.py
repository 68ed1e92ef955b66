# SPDX-License-Identifier: Apache-2.0
"""State of the thread at the time of the event in records, compared with /proc."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.calls import OWN_PID, call, hold, thread
from support.proc import Process
from support.recorder import Live, collect

import tiercel

FIELDS = (
    "proc.nthreads",
    "proc.nchilds",
    "proc.fdopencount",
    "proc.fdlimit",
    "proc.fdusage",
    "proc.vmsize",
    "proc.vmrss",
    "proc.vmswap",
    "thread.pfmajor",
    "thread.pfminor",
    "thread.cap_permitted",
    "thread.cap_effective",
    "thread.cap_inheritable",
    "thread.cgroups",
    "thread.cgroup.memory",
    "proc.pidns_init_start_ts",
    "proc.exe_ino.ctime",
    "proc.exe_ino.mtime",
    *(f"proc.{name}.{what}" for name in ("stdin", "stdout", "stderr") for what in ("type", "name")),
)
RULE = """
- rule: {name}
  desc: every {name}
  condition: evt.type = {name}
  output: "{output}"
  priority: INFO
"""
SPEAK = ("kill", OWN_PID, 0)
ALL_CAPABILITIES = int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1


def ruleset(*fields: str) -> tiercel.Ruleset:
    output = " ".join(f"%{field}" for field in fields)
    return tiercel.Ruleset.loads("".join(RULE.format(name=name, output=output) for name in ("kill", "execve", "dup2")))


@pytest.fixture(scope="module")
def sensor() -> Iterator[tiercel.Sensor]:
    with tiercel.Sensor(ruleset(*FIELDS), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        yield sensor
        stats = sensor.stats()
        assert stats.lossless, stats


@pytest.fixture
def live(sensor: tiercel.Sensor, program: Path) -> Live:
    collect(sensor)
    return Live(sensor, program)


def names(capabilities: str) -> set[str]:
    return set(capabilities.split())


def test_a_process(live: Live, tmp_path: Path) -> None:
    with (tmp_path / "err").open("w") as stderr, live.start(call(*SPEAK), pause := hold(), stderr=stderr) as run:
        run.until(pause)
        task = Process(run.pid)
        open_now = len(os.listdir(f"/proc/{run.pid}/fd"))
        limit = resource.prlimit(run.pid, resource.RLIMIT_NOFILE)[0]
        stdout = os.readlink(f"/proc/{run.pid}/fd/1")
    (event,) = run.events("kill")
    fields = event.fields
    assert (fields["proc.nthreads"], fields["proc.nchilds"]) == (1, 0)
    assert (fields["proc.fdopencount"], fields["proc.fdlimit"]) == (open_now, limit)
    assert fields["proc.fdusage"] == pytest.approx(100 * open_now / limit, abs=0.01)
    status = task.status
    assert fields["proc.vmsize"] == int(status["VmSize"].split()[0])
    assert abs(fields["proc.vmrss"] - int(status["VmRSS"].split()[0])) <= 64 * 4 * (os.cpu_count() or 1)
    assert fields["proc.vmswap"] <= 64 * 4
    assert fields["thread.pfminor"] > 0
    assert fields["thread.pfmajor"] >= 0
    permitted = int(status["CapPrm"], 16)
    assert len(names(fields["thread.cap_permitted"])) == permitted.bit_count() <= ALL_CAPABILITIES
    assert (fields["proc.stderr.type"], fields["proc.stderr.name"]) == ("file", str(tmp_path / "err"))
    assert (fields["proc.stdout.type"], stdout.partition(":")[0]) == ("pipe", "pipe")
    groups = dict(word.split("=", 1) for word in fields["thread.cgroups"].split(" "))
    assert fields["thread.cgroup.memory"] == groups["memory"]
    exe = os.stat(live.program)
    assert (fields["proc.exe_ino.ctime"], fields["proc.exe_ino.mtime"]) == (exe.st_ctime_ns, exe.st_mtime_ns)


def test_the_start_of_a_program_tells_too(live: Live) -> None:
    run = live.run(call(*SPEAK), stderr=subprocess.DEVNULL)
    fields = run.started.fields
    assert (fields["proc.nthreads"], fields["proc.stderr.name"]) == (1, "/dev/null")
    assert fields["proc.fdopencount"] >= 3
    assert fields["proc.vmsize"] > 0


def test_threads_are_counted(live: Live) -> None:
    with live.start(thread(call(*SPEAK), pause := hold())) as run:
        run.until(pause)
    (event,) = run.events("kill")
    assert (event.fields["proc.nthreads"], event.fields["proc.nchilds"]) == (2, 1)


def test_streams_and_descriptors_are_those_of_the_moment(live: Live) -> None:
    first, closing, second = call(*SPEAK), call("close", 2), call(*SPEAK)
    run = live.run(first, closing, second, stderr=subprocess.DEVNULL)
    before, after = (event.fields for event in run.events("kill"))
    assert (before["proc.stderr.type"], before["proc.stderr.name"]) == ("file", "/dev/null")
    assert (after["proc.stderr.type"], after["proc.stderr.name"]) == (None, None)
    assert after["proc.fdopencount"] == before["proc.fdopencount"] - 1


def test_capabilities_follow_the_user(live: Live) -> None:
    run = live.run(call(*SPEAK), call("setresuid", 1000, 1000, 1000), call(*SPEAK))
    root, user = (event.fields for event in run.events("kill"))
    assert "CAP_SETUID" in names(root["thread.cap_effective"])
    assert (user["thread.cap_effective"], user["thread.cap_permitted"]) == ("", "")


def test_a_thread_has_capabilities_of_its_own(live: Live) -> None:
    """The call of a thread changes that thread alone."""
    with live.start(thread(call("setresuid", 1000, 1000, 1000), call(*SPEAK), pause := hold()), call(*SPEAK)) as run:
        run.until(pause)
    by_thread = {event.tid == event.pid: event.fields for event in run.events("kill")}
    assert by_thread[False]["thread.cap_effective"] == ""
    assert "CAP_SETUID" in names(by_thread[True]["thread.cap_effective"])


def test_other_rules_may_ask_for_more(program: Path) -> None:
    """After a swap to rules that use the streams, the probe sends them from then on, and no longer than needed."""
    plain, streams = ruleset("proc.name"), ruleset("proc.stderr.name")
    with tiercel.Sensor(plain, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        live = Live(sensor, program)
        run = live.run(call(*SPEAK), stderr=subprocess.DEVNULL)
        assert "proc.stderr.name" not in run.events("kill")[0].fields
        sensor.swap_rules(streams)
        run = live.run(call(*SPEAK), stderr=subprocess.DEVNULL)
        assert run.events("kill")[0].fields["proc.stderr.name"] == "/dev/null"
        sensor.swap_rules(plain)
        run = live.run(call(*SPEAK), stderr=subprocess.DEVNULL)
        assert len(run.events("kill")) == 1


def test_sessions_and_groups_change_without_a_program(program: Path) -> None:
    rules = ruleset("proc.sid", "proc.pgid", "proc.vpgid", "proc.tty", "proc.is_sid_leader", "proc.is_pgid_leader")
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        live = Live(sensor, program)
        run = live.run(call(*SPEAK), call("setpgid", 0, 0), call(*SPEAK))
        before, after = (event.fields for event in run.events("kill"))
        assert (before["proc.pgid"], before["proc.is_pgid_leader"]) == (os.getpgid(0), False)
        assert (after["proc.pgid"], after["proc.vpgid"], after["proc.is_pgid_leader"]) == (run.pid, run.pid, True)
        assert after["proc.sid"] == os.getsid(0)
        run = live.run(call("setsid"), call(*SPEAK))
        (event,) = run.events("kill")
        assert (event.fields["proc.sid"], event.fields["proc.pgid"]) == (run.pid, run.pid)
        assert (event.fields["proc.is_sid_leader"], event.fields["proc.tty"]) == (True, 0)
