# SPDX-License-Identifier: Apache-2.0
"""Every program of the probe passes the verifier, at a cost that keeps the start of a sensor short."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from support.libbpf import Loaded, load

from tiercel.schema.events import EVENTS

pytestmark = pytest.mark.kernel

ATTACHED = {
    "cgroup_mkdir": "tp_btf/cgroup_mkdir",
    "cgroup_move": "tp_btf/cgroup_attach_task",
    "cgroup_rmdir": "tp_btf/cgroup_rmdir",
    "close_enter": "tp_btf/sys_enter",
    "iter_caches": "iter/kmem_cache",
    "iter_task": "iter/task",
    "name_enter": "tp_btf/sys_enter",
    "page_fault_kernel": "tp_btf/page_fault_kernel",
    "page_fault_user": "tp_btf/page_fault_user",
    "sched_exec": "tp_btf/sched_process_exec",
    "sched_exit": "tp_btf/sched_process_exit",
    "sched_fork": "tp_btf/sched_process_fork",
    "sched_switch": "tp_btf/sched_switch",
    "signal_deliver": "tp_btf/signal_deliver",
    "sys_exit_dispatch": "tp_btf/sys_exit",
    "uring_complete": "tp_btf/io_uring_complete",
    "uring_submit": "tp_btf/io_uring_submit_req",
}
STAGES = {
    "fill_task_state": "tp_btf/sys_exit",
    "filter_open": "tp_btf/sys_exit",
    "lookup_names": "tp_btf/sys_exit",
    "name_begin": "tp_btf/sys_enter",
    "name_check": "tp_btf/sys_exit",
    "own_calls": "tp_btf/sys_exit",
    "sys_exit_wanted": "tp_btf/sys_exit",
    "uring_arguments": "tp_btf/io_uring_submit_req",
}  # before a filler and after it
FILLED = [event for event in EVENTS if (event.syscalls or event.name == "syscall") and not event.pending]
FILLERS = {f"ex_{event.name}": "tp_btf/sys_exit" for event in FILLED}

# The verifier gives up at a million steps.  Near these limits, look for code that it checks twice.
MAX_STEPS = 40_000
MAX_STEPS_IN_ALL = 1_150_000
MAX_CPU_SECONDS = 3.0


@pytest.fixture(scope="module")
def probe(repository: Path) -> Path:
    """The object file that was built."""
    return repository / "src/tiercel/_core/probe.bpf.o"


@pytest.fixture(scope="module")
def loaded(live_kernel: None, probe: Path) -> Loaded:
    """The object, loaded with all its programs."""
    return load(probe)


def test_the_kernel_takes_the_object(loaded: Loaded) -> None:
    refused = [verdict for verdict in loaded.verdicts if not verdict.steps]
    assert loaded.error == 0, refused[0].log if refused else "no program was refused"


def test_there_is_a_program_for_each_event(loaded: Loaded) -> None:
    assert {verdict.name: verdict.section for verdict in loaded.verdicts} == ATTACHED | STAGES | FILLERS


@pytest.mark.parametrize("name", [*ATTACHED, *STAGES, *FILLERS])
def test_program_is_cheap_to_verify(loaded: Loaded, name: str) -> None:
    (verdict,) = [verdict for verdict in loaded.verdicts if verdict.name == name]
    assert 0 < verdict.steps <= MAX_STEPS


def test_the_object_is_cheap_to_load(loaded: Loaded, probe: Path) -> None:
    """All programs at once; a sensor loads only the ones that its rules need."""
    seconds = min(loaded.cpu_seconds, *(load(probe).cpu_seconds for _ in range(2)))
    steps = sum(verdict.steps for verdict in loaded.verdicts)
    print(f"{'program':<20} {'instructions':>12} {'verified':>9} {'microseconds':>12}")
    for verdict in sorted(loaded.verdicts, key=lambda verdict: -verdict.steps):
        print(f"{verdict.name:<20} {verdict.instructions:>12} {verdict.steps:>9} {verdict.microseconds:>12}")
    print(f"{'in all':<20} {'':>12} {steps:>9} {seconds * 1e6:>12.0f}")
    assert steps <= MAX_STEPS_IN_ALL
    assert seconds <= MAX_CPU_SECONDS


def test_no_debugging_information_is_shipped(probe: Path) -> None:
    """Types, which loading needs, are kept; DWARF, several times their size, is not."""
    sections = subprocess.run(["readelf", "-SW", probe], capture_output=True, text=True, check=True).stdout
    assert ".BTF" in sections
    assert ".debug_info" not in sections


def test_the_object_carries_the_schema(probe: Path, repository: Path) -> None:
    header = (repository / "bpf/gen/events.gen.h").read_text()
    (line,) = [line for line in header.splitlines() if line.startswith("#define TIERCEL_SCHEMA_HASH ")]
    expected = int(line.split()[2].removesuffix("ULL"), 16)
    assert struct.pack("<Q", expected) in probe.read_bytes()
