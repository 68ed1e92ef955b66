# SPDX-License-Identifier: Apache-2.0
"""Canaries: their state machine, and their path through the live kernel."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable

import pytest
from support.waiting import eventually

import tiercel.engine.canary
from tiercel import Ruleset, Scope, SelfChecks, Sensor, Stats
from tiercel.engine.canary import PATIENCE, Canary
from tiercel.engine.stats import CanaryStats
from tiercel.rules import Priority

CHECKS = SelfChecks(canary_ms=1000)
TOKEN = 0x1234_5678
NOTHING = "[]"
EVERYTHING = """
- rule: everything
  desc: d
  condition: evt.num >= 0
  output: "%evt.type %evt.arg.id"
  priority: NOTICE
"""
FILTERED = """
- rule: one file
  desc: d
  condition: evt.type in (open, openat) and fd.name = /no/such/file
  output: "%fd.name"
  priority: NOTICE
"""
IMITATION = """
import ctypes, os, sys
for number in range(int(sys.argv[2])):
    ctypes.CDLL(None).syscall(int(sys.argv[1]), None, None, ctypes.c_ulong(int(sys.argv[3]) << 32 | number))
"""
GETCPU = {"x86_64": 309, "aarch64": 168}[os.uname().machine]


# --- State ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent() -> list[int]:
    return []


@pytest.fixture
def canary(sent: list[int]) -> Canary:
    return Canary(3600, sent.append)


def test_the_first_one_is_sent_at_once_and_the_next_after_the_period(canary: Canary, sent: list[int]) -> None:
    canary.tick(queue_was_emptied=False)
    assert canary.arrived(1) == []
    canary.tick(queue_was_emptied=True)
    assert sent == [1]
    assert canary.stats() == CanaryStats(1, 1, is_missing=False)


def test_without_an_answer_they_are_sent_again_and_reported_once(canary: Canary, sent: list[int]) -> None:
    found = [canary.tick(queue_was_emptied=True) for _ in range(PATIENCE + 3)]
    assert [len(notices) for notices in found] == [0] * PATIENCE + [1, 0, 0]
    (notice,) = found[PATIENCE]
    assert (notice.kind, notice.priority, notice.fields) == (
        "canary missing",
        Priority.CRITICAL,
        {"n_canaries": PATIENCE},
    )
    assert sent == list(range(1, PATIENCE + 4))
    assert canary.stats().is_missing


def test_the_return_is_reported(canary: Canary, sent: list[int]) -> None:
    for _ in range(PATIENCE + 1):
        canary.tick(queue_was_emptied=True)
    assert [notice.kind for notice in canary.arrived(sent[-1])] == ["canary back"]
    assert canary.arrived(sent[-1]) == []
    assert canary.stats() == CanaryStats(PATIENCE + 1, 1, is_missing=False)


def test_a_reader_that_does_not_read_hears_nothing(canary: Canary, sent: list[int]) -> None:
    assert [canary.tick(queue_was_emptied=False) for _ in range(10 * PATIENCE)] == [[]] * (10 * PATIENCE)
    assert sent == [1]


def test_a_number_that_was_not_sent_has_no_effect(canary: Canary) -> None:
    canary.tick(queue_was_emptied=True)
    for number in (0, 2, 2**32 - 1):
        assert canary.arrived(number) == []
    assert canary.stats().arrived == 0


# --- Live -------------------------------------------------------------------------------------------------------------


def arrives(sensor: Sensor, more_than: int = 0) -> None:
    def once() -> bool:
        assert sensor.read() == []
        sensor.notices.take()
        return canary_of(sensor).arrived > more_than

    eventually(once)


def canary_of(sensor: Sensor) -> CanaryStats:
    found = sensor.stats().canary
    assert found is not None
    return found


@pytest.mark.kernel
@pytest.mark.parametrize("text", [NOTHING, FILTERED], ids=["no rule", "kernel filter"])
@pytest.mark.parametrize("scope", ["tree", "containers"])
def test_it_arrives_whatever_is_loaded(text: str, scope: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        watched = Scope.tree(child.pid) if scope == "tree" else Scope.containers()
        with Sensor(Ruleset.loads(text), scope=watched, self_checks=CHECKS) as sensor:
            arrives(sensor)
            assert not sensor.is_blind
        child.communicate(b"\n")


@pytest.mark.kernel
def test_no_rule_of_the_user_and_no_counter_sees_it() -> None:
    waiting = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with Sensor(Ruleset.loads(EVERYTHING), scope=Scope.tree(child.pid), self_checks=CHECKS) as sensor:
            sensor.read()  # the child may be on its way to the wait
            before = sensor.stats()
            arrives(sensor)
            stats = sensor.stats()
        child.communicate(b"\n")
    assert (stats.events, stats.alerts) == (before.events, before.alerts)


@pytest.mark.kernel
def test_it_survives_a_swap_of_rules() -> None:
    with Sensor(Ruleset.loads(FILTERED), scope=Scope.tree(os.getpid()), self_checks=CHECKS) as sensor:
        arrives(sensor)
        sensor.swap_rules(Ruleset.loads(NOTHING))
        arrives(sensor, canary_of(sensor).arrived)
        sensor.swap_rules(Ruleset.loads(FILTERED))
        arrives(sensor, canary_of(sensor).arrived)


@pytest.mark.kernel
def test_without_the_setting_there_is_none() -> None:
    with Sensor(Ruleset.loads(NOTHING), scope=Scope.tree(os.getpid())) as sensor:
        assert sensor.stats().canary is None
        assert not sensor.is_blind


@pytest.mark.kernel
def test_a_detached_probe_is_reported_and_its_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiercel.engine.canary, "PATIENCE", 1)
    with Sensor(Ruleset.loads(FILTERED), scope=Scope.tree(os.getpid()), self_checks=CHECKS) as sensor:
        arrives(sensor)
        assert sensor._source is not None
        sensor._source._probe.detach()
        eventually(kinds_until(sensor, "canary missing"))
        assert sensor.is_blind
        sensor._source._probe.attach()
        eventually(kinds_until(sensor, "canary back"))
        assert not sensor.is_blind


def kinds_until(sensor: Sensor, kind: str) -> Callable[[], bool]:
    def once() -> bool:
        sensor.read()
        return kind in [notice.kind for notice in sensor.notices.take()]

    return once


@pytest.mark.kernel
def test_another_process_cannot_imitate_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process has the random number; its calls are as many as the sensor's."""
    monkeypatch.setattr(secrets, "randbelow", lambda _: TOKEN - 1)
    monkeypatch.setattr(tiercel.engine.canary, "PATIENCE", 1)
    with Sensor(Ruleset.loads(NOTHING), self_checks=CHECKS) as sensor:
        arrives(sensor)
        assert sensor._source is not None
        monkeypatch.setattr(sensor._source, "send_canary", lambda number: None)
        assert sensor._canary is not None
        sensor._canary._send = lambda number: None
        imitation = [sys.executable, "-c", IMITATION, str(GETCPU), "20", str(TOKEN)]
        subprocess.run(imitation, check=True)
        eventually(kinds_until(sensor, "canary missing"))
        subprocess.run(imitation, check=True)
        sensor.flush()
        assert sensor.read() == []
        assert sensor.is_blind


@pytest.mark.kernel
def test_the_child_of_a_fork_sends_none() -> None:
    with Sensor(Ruleset.loads(NOTHING), scope=Scope.tree(os.getpid()), self_checks=CHECKS) as sensor:
        arrives(sensor)
        child = os.fork()
        if child == 0:
            os._exit(0 if sensor._source is not None and sensor._source.send_canary(1) is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        arrives(sensor, canary_of(sensor).arrived)


@pytest.mark.kernel
def test_the_final_counters_have_it() -> None:
    with Sensor(Ruleset.loads(NOTHING), scope=Scope.tree(os.getpid()), self_checks=CHECKS) as sensor:
        arrives(sensor)
    final: Stats = sensor.stats()
    assert final.canary is not None
    assert final.canary.arrived >= 1
