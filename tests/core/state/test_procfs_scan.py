# SPDX-License-Identifier: Apache-2.0
"""Snapshots of running processes from the task iterator and from /proc, and the table made from either."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from support import cgroups, groups
from support.core import event, read

from tiercel._core.probe.probe import Probe
from tiercel._core.state import procfs_scan as seeding
from tiercel._core.state.process_table import ProcessTable
from tiercel.schema.wire import encode

pytestmark = pytest.mark.kernel

FIRST_PID_NS = 0xEFFFFFFC  # PROC_PID_INIT_INO of the kernel


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = Probe(resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes())
    made.load((), scope="tree")
    yield made
    made.close()


def test_tasks_agree_with_proc(probe):
    tasks = {task.tgid: task for task in probe.tasks()}
    theirs = {task.tgid: task for task in seeding.snapshots_from_proc()}
    own, other = tasks[os.getpid()], theirs[os.getpid()]
    for name in ("tgid", "ptgid", "vpid", "pid_ns", "uid", "gid", "loginuid", "sid", "pgid", "vpgid", "tty", "comm"):
        assert getattr(own, name) == getattr(other, name), name
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    assert own.start_ns // tick == other.start_ns // tick
    assert own.pstart_ns == tasks[os.getppid()].start_ns
    assert (own.coarse, other.coarse) == (False, True)


def test_parents_that_the_iterator_leaves_out_come_from_proc(probe):
    """Some sandbox kernels hide process 1 from iterators: its children must still have a parent's name."""
    tasks = {task.tgid: task for task in probe.tasks()}
    parent = tasks[os.getppid()]
    mended = {t.tgid: t for t in seeding.with_hidden_parents([t for t in tasks.values() if t is not parent])}
    assert mended.keys() >= tasks.keys()
    for name in ("start_ns", "ptgid", "pstart_ns", "comm", "uid", "sid", "pgid", "coarse"):
        assert getattr(mended[parent.tgid], name) == getattr(parent, name), name


def test_process_1_is_in_the_table(probe):
    table = ProcessTable()
    seeding.seed(table, probe.tasks())
    first = [entry for entry in table.snapshot() if entry["tgid"] == 1]
    assert len(first) <= 1
    if seeding.own_pid_ns() == FIRST_PID_NS:  # elsewhere /proc does not have the machine's process 1
        assert [entry["comm"] for entry in first] == [Path("/proc/1/comm").read_text().rstrip("\n")]


@pytest.mark.parametrize("fallback", [False, True])
def test_seeding_fills_the_table(probe, fallback):
    variables = {**os.environ, "TIERCEL_SEED": "here"}
    process = subprocess.Popen(
        ["cat", "-", "/dev/null"], cwd="/etc", env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        table = ProcessTable()
        tasks = seeding.snapshots_from_proc() if fallback else probe.tasks()
        seeding.seed(table, [task for task in tasks if task.tgid in (process.pid, os.getpid())], env=True)
        entry = next(entry for entry in table.snapshot() if entry["tgid"] == process.pid)
        assert (entry["comm"], entry["exe"], entry["args"]) == ("cat", "cat", ["-", "/dev/null"])
        assert entry["exepath"] == os.path.realpath("/bin/cat")
        assert entry["cwd"] == "/etc"
        assert entry["ptgid"] == os.getpid()
        assert "TIERCEL_SEED=here" in entry["env"]
        assert not entry["incomplete"]
    finally:
        process.kill()
        process.communicate()


def test_family_is_the_roots_their_descendants_and_on_demand_their_ancestors():
    tasks = seeding.snapshots_from_proc()
    own, parent = os.getpid(), os.getppid()
    assert own in seeding.family(tasks, [own])
    assert parent not in seeding.family(tasks, [own])
    assert {own, parent, 1} <= seeding.family(tasks, [own], ancestors=True)
    assert seeding.family(tasks, [2**22 + 1]) == set()


def test_what_is_no_task_list_is_cut_off():
    assert seeding.snapshots_of(b"") == seeding.snapshots_of(bytes(500)) == seeding.snapshots_of(b"\xff" * 500) == []


def test_a_program_in_memory_is_named_as_its_exec_would_be():
    fd = os.memfd_create("seeded")
    with open("/bin/cat", "rb") as cat:
        os.sendfile(fd, cat.fileno(), 0, os.fstat(cat.fileno()).st_size)
    process = subprocess.Popen(["cat"], executable=f"/proc/self/fd/{fd}", pass_fds=[fd], stdin=subprocess.PIPE)
    os.close(fd)
    try:
        table = ProcessTable()
        seeding.seed(table, [task for task in seeding.snapshots_from_proc() if task.tgid == process.pid])
        (entry,) = (entry for entry in table.snapshot() if entry["tgid"] == process.pid)
        assert entry["exepath"] == "memfd:seeded"
    finally:
        process.communicate()


def test_the_key_is_that_of_the_names_while_a_process_moves():
    """A key stands for the cgroups whose names come with it, from then on and for all processes."""
    code = """if True:
        import sys
        pid, *groups = sys.argv[1:]
        files = [open(f"{group}/cgroup.procs", "wb", buffering=0) for group in groups]
        while True:
            for file in files: file.write(pid.encode())
    """
    workers = [cgroups.Worker(f"tiercel-{name}") for name in ("there", "back")]
    moved = workers[0].pid
    try:
        with groups.watch() as watch:
            tasks = {task.tgid: task for task in watch.probe.tasks()}
            names = {tasks[worker.pid].cgroup_id: tasks[worker.pid].cgroups for worker in workers}
            command = [sys.executable, "-I", "-S", "-c", code, str(moved), *[str(worker.group) for worker in workers]]
            with subprocess.Popen(command) as mover:
                seen = [task for _ in range(3000) for task in watch.probe.tasks() if task.tgid == moved]
                mover.kill()
        assert len(names) == len({task.cgroup_id for task in seen}) == 2
        assert {(task.cgroup_id, task.cgroups) for task in seen} == set(names.items())
    finally:
        for worker in workers:
            groups.enter(worker.group, worker.pid)
            worker.close()


@pytest.mark.parametrize(
    ("mode", "user", "group", "writable"),
    [
        (0o555, 0, 0, True),  # root may write regardless of the mode
        (0o555, 0, 7, True),
        (0o555, "owner", 7, False),
        (0o755, "owner", 7, True),
        (0o575, "owner", "owner", False),
        (0o575, 4242, "owner", True),
        (0o757, 4242, "owner", False),
        (0o557, 4242, 4242, True),
        (0o775, 4242, 4242, False),
    ],
)
def test_a_program_is_writable_for_its_user(tmp_path, mode, user, group, writable):
    program = tmp_path / "program"
    program.write_bytes(Path("/bin/cat").read_bytes())
    program.chmod(0o700)
    owner = program.stat()
    if owner.st_uid == 0:  # root owns nothing here, so that the user decides
        os.chown(program, 1000, 1000)
        owner = program.stat()
    uid = owner.st_uid if user == "owner" else user
    gid = owner.st_gid if group == "owner" else group
    process = subprocess.Popen([program], stdin=subprocess.PIPE)
    try:
        program.chmod(mode)
        ids = {"tid": process.pid, "tgid": process.pid, "vtid": process.pid, "vpid": process.pid}
        header = {**ids, "start_ns": 77, "pid_ns": seeding.own_pid_ns(), "uid": uid, "gid": gid}
        params = dict.fromkeys(("ppid", "pstart_ns", "sid", "tty", "pgid", "vpgid"), 0)
        (task,) = seeding.snapshots_of(encode("proc_seed", params, header=header))
        table = ProcessTable()
        seeding.seed(table, [task])
        opened = event("kill", header={"tgid": process.pid, "start_ns": 77})
        assert read(opened, "proc.exepath", "proc.is_exe_writable", table=table) == (str(program), writable)
    finally:
        process.communicate()
