# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tiercel.response import procfs


@contextmanager
def started(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_state_of_this_process() -> None:
    stat = procfs.read_stat(os.getpid())
    assert stat is not None
    assert stat.name == Path("/proc/self/comm").read_text().rstrip("\n")
    assert stat.parent == os.getppid()
    assert not stat.is_kernel_thread
    assert stat.start_ticks * 10_000_000 <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_the_start_is_compared_in_ticks() -> None:
    stat = procfs.ProcStat("x", 1, False, 1234)
    assert stat.started_at(12_340_000_000)
    assert stat.started_at(12_349_999_999)
    assert not stat.started_at(12_350_000_000)
    assert not stat.started_at(12_339_999_999)


@pytest.mark.parametrize("name", [") R 1 1", "a b", "(((", "\n1 (x) Z 1", "ü\udcff"])
def test_a_hostile_name_changes_no_other_value(name: str) -> None:
    code = f"import os,sys; open('/proc/self/comm','wb').write(os.fsencode({name!r})); print(flush=True); input()"
    with subprocess.Popen(
        ["python3", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"}
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        stat = procfs.read_stat(process.pid)
        process.communicate(b"\n")
    assert stat is not None
    assert stat.name == name
    assert stat.parent == os.getpid()
    assert not stat.is_kernel_thread


def test_a_process_that_does_not_exist_has_no_state() -> None:
    with started("true") as process:
        process.wait()
        assert procfs.read_stat(process.pid) is None
        assert procfs.cgroup_path(process.pid) is None
        assert procfs.mount_namespace(process.pid) is None


def test_threads_of_the_kernel() -> None:
    stat = procfs.read_stat(2)  # kthreadd
    assert stat is None or stat.is_kernel_thread or stat.name != "kthreadd"


def test_ancestors_end_at_the_first_process() -> None:
    found = list(procfs.ancestors(os.getpid()))
    assert found[:2] == [os.getpid(), os.getppid()]
    assert len(found) == len(set(found))


def test_an_executable_is_compared_as_a_file(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    copy, link = tmp_path / "copy", tmp_path / "link"
    shutil.copy(sleep, copy)
    link.symlink_to(copy)
    with started(str(copy), "100") as process:
        assert procfs.runs_file(process.pid, str(copy))
        assert procfs.runs_file(process.pid, str(link))
        assert not procfs.runs_file(process.pid, sleep)
        copy.unlink()  # an upgrade replaces it
        shutil.copy(sleep, copy)
        assert procfs.runs_file(process.pid, str(copy))


def test_numbers_of_processes_are_valid_in_the_first_namespace_only() -> None:
    first = Path("/proc/self/ns/pid").stat().st_ino == 0xEFFFFFFC
    assert procfs.reads_initial_pids() is first
