# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tiercel.response.procfs import ProcStat, cgroup_path, read_stat
from tiercel.response.protection import ProtectedProcesses, Protection

ORDINARY = ProcStat("worker", 1, is_kernel_thread=False, start_ticks=1)


@pytest.fixture(name="child")
def _child() -> object:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.communicate(b"\n")


def test_processes_that_are_always_protected(child: int) -> None:
    protection = Protection()
    assert protection.reason(1, ORDINARY) == "process 1"
    assert protection.reason(os.getpid(), ORDINARY) == "the sensor or an ancestor of it"
    assert protection.reason(os.getppid(), ORDINARY) == "the sensor or an ancestor of it" or os.getppid() <= 1
    kernel = ProcStat("kworker/0:1", 2, is_kernel_thread=True, start_ticks=1)
    assert protection.reason(child, kernel) == "a kernel thread"
    assert protection.reason(child, ORDINARY) is None


def test_protection_by_name(child: int) -> None:
    protection = Protection(ProtectedProcesses(names=frozenset({"sshd"})))
    assert protection.reason(child, ProcStat("sshd", 1, False, 1)) == "the name 'sshd' is protected"
    assert protection.reason(child, ProcStat("sshd2", 1, False, 1)) is None


def test_protection_by_executable(child: int) -> None:
    protection = Protection(ProtectedProcesses(paths=(sys.executable,)))
    assert protection.reason(child, ORDINARY) == f"the executable {sys.executable} is protected"
    assert Protection(ProtectedProcesses(paths=("/bin/true",))).reason(child, ORDINARY) is None


def test_protection_by_control_group(child: int) -> None:
    own = cgroup_path("self")
    assert own is not None
    protection = Protection(ProtectedProcesses(cgroups=(own,)))
    assert protection.reason(child, ORDINARY) == f"the control group {own} is protected"
    assert Protection(ProtectedProcesses(cgroups=("/no-such",))).reason(child, ORDINARY) is None


def test_protection_of_own_programs(child: int) -> None:
    assert Protection(is_own=lambda pid: pid == child).reason(child, ORDINARY) == "a process of a response"


def test_groups_that_are_always_protected() -> None:
    protection = Protection()
    assert protection.reason_of_group("/", dict) == "the root of all control groups"
    own = cgroup_path("self")
    assert own is not None
    assert protection.reason_of_group(own, dict) is not None
    assert protection.reason_of_group("/work", dict) is None
    with_first = protection.reason_of_group("/work", lambda: {7: "x", 1: "init"})
    assert with_first == "the control group contains process 1: process 1"
    with_sensor = protection.reason_of_group("/work", lambda: {os.getpid(): "x"})
    assert with_sensor is not None
    assert "the sensor" in with_sensor


@pytest.mark.parametrize(
    ("path", "protected"),
    [("/a/b", True), ("/a/b/c", True), ("/a", True), ("/a/bc", False), ("/ab", False), ("/a/c", False)],
)
def test_groups_above_and_below_a_protected_group(path: str, protected: bool) -> None:
    protection = Protection(ProtectedProcesses(cgroups=("/a/b",)))
    assert (protection.reason_of_group(path, dict) is not None) is protected


def test_a_group_with_a_protected_name(child: int) -> None:
    protection = Protection(ProtectedProcesses(names=frozenset({"sshd"})))
    stat = read_stat(child)
    assert stat is not None
    assert protection.reason_of_group("/work", lambda: {child: stat.name}) is None
    assert protection.reason_of_group("/work", lambda: {child: "sshd"}) is not None
