# SPDX-License-Identifier: Apache-2.0
"""The probe: opening, loading, attaching, scopes and counters on the live kernel, and what each failure says."""

from __future__ import annotations

import functools
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from support import cgroups
from support.descriptors import held, none_left
from support.elf import symbol_offset, symbol_range
from support.opening import Child

from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader
from tiercel.errors import KernelError, SensorError, UsageError
from tiercel.schema.events import EVENTS

CODES = {event.name: event.code for event in EVENTS}
NAMES = {event.code: event.name for event in EVENTS}
IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
OPENAT = frozenset({CODES["openat"]})

# Loads a register that was never written: the verifier refuses the program at its first instruction.
BROKEN_INSTRUCTION = bytes([0x79, 0x20, 0, 0, 0, 0, 0, 0])

pytestmark = pytest.mark.kernel


def loaded(wanted: object = OPENAT, **options: object) -> Probe:
    probe = Probe(IMAGE)
    probe.load(wanted, **{"scope": "tree", **options})
    return probe


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = loaded()
    yield made
    made.close()


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.close()


def types(reader: RingReader) -> list[str]:
    """Names of the events that have come, without the ends of control groups, as those of all groups are sent."""
    time.sleep(0.002)
    names = [NAMES[int.from_bytes(record[4:6], sys.byteorder)] for _, record in reader.read()]
    return [name for name in names if name != "cgroup_gone"]


# --- what is reported -------------------------------------------------------------------------------------------------


def test_reports_the_wanted_calls_of_a_watched_tree_and_nothing_else(probe, child):
    reader = RingReader(probe.rings())
    probe.attach()
    child.open()
    assert types(reader) == [], "nobody is watched yet"
    assert probe.watch_tree(child.pid) == {child.pid}
    child.open()
    child.open()
    assert types(reader) == ["openat", "openat"]
    probe.unwatch_tree(child.pid)
    child.open()
    assert types(reader) == []
    stats = probe.stats()
    assert stats["sent"] == 2
    assert stats["lost"] == {}


def test_a_process_that_has_ended_and_is_not_asked_about_yet_can_be_watched(probe):
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert probe.watch_tree(ended.pid) == set()
    with pytest.raises(KernelError, match=f"pid {ended.pid}"):
        probe.watch_tree(ended.pid)


def test_life_cycle_events_are_reported_whatever_is_wanted():
    probe = loaded(())
    reader = RingReader(probe.rings())
    probe.attach()
    script = "echo started; read x; /bin/true; exit 3"
    process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    probe.watch_tree(process.pid)
    process.communicate(b"\n")
    seen = types(reader)
    probe.close()
    assert seen == ["proc_fork", "execve", "procexit", "procexit"]


def test_the_wanted_events_can_change_while_events_flow(child):
    """openat stays wanted through every change: not one may be missed."""
    probe = loaded(volume_bytes=1 << 26)  # read now and then only
    reader = RingReader(probe.rings())
    probe.attach()
    probe.watch_tree(child.pid)
    done = threading.Event()
    opened = 0

    def work() -> None:
        nonlocal opened
        while not done.is_set():
            child.open()
            opened += 1

    worker = threading.Thread(target=work)
    worker.start()
    seen: list[str] = []
    for names in (("openat", "unlink"), ("openat", "connect", "unlink"), ("openat",), ("openat", "chmod")) * 3:
        probe.want({CODES[name] for name in names})
        assert probe.wanted == {CODES[name] for name in names}
        seen += types(reader)
    done.set()
    worker.join()
    seen += types(reader)
    probe.close()
    assert seen.count("openat") == opened
    assert opened > 10


def test_nothing_is_hooked_at_system_calls_unless_one_is_wanted(child):
    probe = loaded(())
    reader = RingReader(probe.rings())
    probe.attach()
    probe.watch_tree(child.pid)
    child.open()
    assert types(reader) == []
    probe.want(OPENAT)
    child.open()
    assert types(reader) == ["openat"]
    probe.want(())
    child.open()
    assert types(reader) == []
    probe.close()


def test_detach_and_attach_again(probe, child):
    reader = RingReader(probe.rings())
    probe.attach()
    probe.attach()
    probe.watch_tree(child.pid)
    assert probe.attached
    probe.detach()
    assert not probe.attached
    child.open()
    assert types(reader) == []
    probe.attach()
    child.open()
    assert types(reader) == ["openat"]


def test_probes_do_not_disturb_each_other(child):
    probes = [loaded() for _ in range(3)]
    readers = [RingReader(probe.rings()) for probe in probes]
    for probe in probes:
        probe.attach()
        probe.watch_tree(child.pid)
    child.open()
    assert [types(reader) for reader in readers] == [["openat"]] * 3
    probes[1].close()
    child.open()
    assert [types(reader) for reader in readers[::2]] == [["openat"]] * 2
    probes[0].close()
    probes[2].close()


def test_the_sensor_never_reports_itself():
    probe = loaded(OPENAT, scope="all")
    reader = RingReader(probe.rings())
    probe.attach()
    for _ in range(20):
        Path("/etc/hosts").read_bytes()
    own = [r for _, r in reader.read() if int.from_bytes(r[36:40], sys.byteorder) == os.getpid()]
    probe.close()
    assert own == []


def test_a_full_ring_is_counted_by_class_and_event():
    probe = loaded(OPENAT, volume_bytes=4096)
    probe.attach()
    child = Child()
    probe.watch_tree(child.pid)
    for _ in range(100):
        child.open()
    stats = probe.stats()
    child.close()
    probe.close()
    assert stats["lost_volume"] > 0
    assert stats["lost"] == {"openat": stats["lost_volume"]}
    assert stats["lost_lifecycle"] == 0


# --- scopes -----------------------------------------------------------------------------------------------------------


def test_a_tree_holds_what_its_members_start_before_and_after():
    probe = loaded()
    probe.attach()
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    assert shell.stdout
    sleeper = int(shell.stdout.readline())
    try:
        assert probe.watch_tree(shell.pid) == {shell.pid, sleeper}
    finally:
        os.kill(sleeper, 9)
        shell.communicate()
        probe.close()


def test_a_cgroup_scope_takes_a_cgroup_directory(child):
    root = cgroups.roots("cgroup2")[0]
    folder = root / f"tiercel-test-{os.getpid()}"
    folder.mkdir()
    probe = loaded(scope="cgroup")
    reader = RingReader(probe.rings())
    try:
        probe.attach()
        probe.watch_cgroup(folder)
        child.open()
        assert "openat" not in types(reader), "of processes outside, only forks, execs and exits are told"
        (folder / "cgroup.procs").write_text(str(child.pid))
        child.open()
        assert types(reader).count("openat") == 1
    finally:
        (root / "cgroup.procs").write_text(str(child.pid))
        probe.close()
        cgroups.remove(folder)


def no_such_process(probe: Probe) -> None:
    probe.watch_tree(2**22 + 1)


def no_such_cgroup(probe: Probe) -> None:
    probe.watch_cgroup("/nonexistent")


def no_cgroup_at_all(probe: Probe) -> None:
    probe.watch_cgroup("/proc")


@pytest.mark.parametrize("watch", [no_such_process, no_such_cgroup, no_cgroup_at_all])
def test_a_scope_that_is_not_there_is_refused(probe, watch: Callable[[Probe], None]):
    probe.attach()
    with pytest.raises(KernelError, match="E410"):
        watch(probe)


def test_a_tree_larger_than_its_table_is_refused():
    probe = loaded(tree_capacity=1)
    probe.attach()
    script = "sleep 60 & first=$!; sleep 60 & echo $first $!; wait"
    shell = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert shell.stdout
    sleepers = [int(word) for word in shell.stdout.readline().split()]
    try:
        with pytest.raises(KernelError, match="E410") as caught:
            probe.watch_tree(shell.pid)
        assert "cgroup" in (caught.value.hint or "")
    finally:
        for sleeper in sleepers:
            os.kill(sleeper, 9)
        shell.communicate()
        probe.close()


def test_children_that_a_full_table_has_no_room_for_are_counted():
    probe = loaded(tree_capacity=1)
    probe.attach()
    script = "read go; /bin/true; /bin/true; echo done; read go"
    shell = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert shell.stdin
    assert shell.stdout
    try:
        assert probe.watch_tree(shell.pid) == {shell.pid}
        assert probe.stats()["scope_full"] == 0
        shell.stdin.write("\n")
        shell.stdin.flush()
        assert shell.stdout.readline() == "done\n"
        assert probe.stats()["scope_full"] == 2
    finally:
        shell.kill()
        shell.communicate()
        probe.close()


# --- life of the object -----------------------------------------------------------------------------------------------


def test_twenty_probes_leave_no_descriptor_behind():
    loaded().close()
    with none_left():
        for _ in range(20):
            probe = loaded()
            probe.attach()
            probe.want({*OPENAT, CODES["unlink"]})
            probe.close()


def test_a_probe_that_is_forgotten_is_closed():
    loaded().close()
    with none_left():
        loaded().attach()


def test_a_closed_probe_and_the_child_of_a_fork_refuse_every_call(probe):
    probe.attach()
    other = loaded()
    other.attach()
    before = held()["anon_inode:bpf-map"]
    other.after_fork_child()
    assert held()["anon_inode:bpf-map"] < before
    closed = loaded()
    closed.close()
    closed.close()
    for dead in (other, closed):
        for call in (
            dead.attach,
            dead.detach,
            dead.rings,
            dead.stats,
            dead.cpu_stats,
            dead.program_stats,
            dead.tasks,
            functools.partial(dead.want, OPENAT),
        ):
            with pytest.raises(SensorError, match="E605"):
                call()
        assert not dead.attached
    assert probe.attached


def test_loading_twice_is_refused(probe):
    with pytest.raises(SensorError, match="E605"):
        probe.load(OPENAT)


@pytest.mark.parametrize("options", [{"wanted": {9999}}, {"scope": "town"}])
def test_wrong_options_are_refused(options):
    with pytest.raises(UsageError, match="E607"):
        loaded(**options)


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_kernel_without_btf():
    with pytest.raises(KernelError, match="E402") as caught:
        Probe(IMAGE, btf="/nonexistent/vmlinux")
    assert "CONFIG_DEBUG_INFO_BTF" in (caught.value.hint or "")


@pytest.mark.parametrize("size", [0, 100, 5000, len(IMAGE) - 200])
def test_a_damaged_object(size):
    with pytest.raises(KernelError, match="E403") as caught:
        Probe(IMAGE[:size])
    assert "reinstall" in (caught.value.hint or "")


def test_an_object_of_another_schema():
    at = symbol_offset(IMAGE, "g_schema_hash")
    with pytest.raises(KernelError, match="E404") as caught:
        Probe(IMAGE[:at] + bytes(8) + IMAGE[at + 8 :])
    assert "make setup" in (caught.value.hint or "")


def test_the_verifier_refuses_a_program(capfd):
    at = symbol_offset(IMAGE, "sys_exit_dispatch")
    probe = Probe(IMAGE[:at] + BROKEN_INSTRUCTION + IMAGE[at + 8 :])
    with pytest.raises(KernelError, match="E405") as caught:
        probe.load(OPENAT)
    assert "sys_exit_dispatch" in caught.value.log
    assert "!read_ok" in caught.value.log, "the verifier's reason"
    assert caught.value.errno
    assert capfd.readouterr() == ("", ""), "libbpf must not print"


def test_a_long_log_keeps_its_beginning_and_its_end():
    """The fault is near the end of the longest program: the verifier describes its way there."""
    _, end = symbol_range(IMAGE, "sched_exec")
    probe = Probe(IMAGE[: end - 24] + BROKEN_INSTRUCTION + IMAGE[end - 16 :])
    with pytest.raises(KernelError, match="E405") as caught:
        probe.load(OPENAT)
    log = caught.value.log
    assert len(log) <= 65536
    assert log.startswith("libbpf: prog 'sched_exec'")
    assert "\n[...]\n" in log
    assert "END PROG LOAD LOG" in log[-200:]


def test_a_filler_that_is_refused_later_leaves_the_rest_running(child):
    at = symbol_offset(IMAGE, "ex_unlink")
    probe = Probe(IMAGE[:at] + BROKEN_INSTRUCTION + IMAGE[at + 8 :])
    probe.load(OPENAT, scope="tree")
    reader = RingReader(probe.rings())
    probe.attach()
    probe.watch_tree(child.pid)
    with pytest.raises(KernelError, match="E405"):
        probe.want({*OPENAT, CODES["unlink"]})
    assert probe.wanted == OPENAT
    child.open()
    assert types(reader) == ["openat"]
    probe.close()


def test_errors_of_threads_that_load_at_the_same_time_are_not_mixed():
    logs: dict[str, str] = {}

    def load(name: str) -> None:
        at = symbol_offset(IMAGE, name)
        probe = Probe(IMAGE[:at] + BROKEN_INSTRUCTION + IMAGE[at + 8 :])
        try:
            probe.load(OPENAT)
        except KernelError as error:
            logs[name] = error.log

    names = ("sys_exit_dispatch", "sched_fork", "sched_exec", "ex_openat")
    threads = [threading.Thread(target=load, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        assert f"prog '{name}'" in logs[name]
        assert not any(f"prog '{other}'" in logs[name] for other in names if other != name)


def test_signals_do_not_disturb_it():
    """The kernel gives up the check of a program when one comes. That of a timer comes while each is checked."""
    came = []
    before = signal.signal(signal.SIGALRM, lambda *_: came.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        loaded({event.code for event in EVENTS if not event.internal}).close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert came


def test_no_descriptors_left():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 2, hard))
    try:
        with pytest.raises(KernelError, match="E412") as caught:
            loaded()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ulimit -n" in (caught.value.hint or "")


UNPRIVILEGED = """
import os, sys
from tiercel._core.probe.probe import Probe
from tiercel.errors import KernelError
image = open(sys.argv[1], "rb").read()
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    Probe(image).load([])
except KernelError as error:
    print(error.code, error.errno, error.hint)
"""


def test_without_privileges(tmp_path):
    image = tmp_path / "probe.bpf.o"
    image.write_bytes(IMAGE)
    done = subprocess.run([sys.executable, "-c", UNPRIVILEGED, image], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("E401 1 run it as root")
    assert "CAP_BPF" in done.stdout
    assert done.stderr == ""
