# SPDX-License-Identifier: Apache-2.0
"""proc_seed. A process that ran before the sensor started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from support import cgroups, groups
from support.proc import SUBSYSTEMS, Process

# The first thread ends and another goes on.
LEADERLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=[60]).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def wait_for_state(pid: int, state: str) -> None:
    """Wait until the first thread of a process is in a state, by ``/proc/PID/stat``."""
    while Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != state:
        time.sleep(0.005)


def expected(pid: int) -> dict[str, str]:
    """The names of the groups of a process in /proc, the ones of version 2 without a controller."""
    lines = [line.split(":", 2) for line in Path("/proc", str(pid), "cgroup").read_text().splitlines()]
    found = {name: path for _, names, path in lines for name in names.split(",")}
    found["io"] = found.pop("blkio", "")
    return {name: found[name] for name in (*SUBSYSTEMS, "") if found.get(name)}


def test_control_groups_that_a_process_is_in() -> None:
    worker = cgroups.Worker(groups.container_name())
    try:
        with groups.watch() as watch:
            (task,) = [task for task in watch.probe.tasks() if task.tgid == worker.pid]
        assert task.cgroups is not None
        reported = groups.names(task.cgroups)
        assert reported[""] == f"/{worker.group.name}"
        assert reported == expected(worker.pid)
        assert task.comm == Process(worker.pid).comm.encode()
    finally:
        worker.close()


def test_what_has_ended_is_not_told() -> None:
    """A process that its parent has not waited for yet: no record would ever report its end."""
    with subprocess.Popen(["true"]) as ended, subprocess.Popen([sys.executable, "-c", LEADERLESS]) as leaderless:
        for process in (ended, leaderless):
            wait_for_state(process.pid, "Z")
        with groups.watch() as watch:
            seeded = {task.tgid for task in watch.probe.tasks()}
        leaderless.kill()
    assert ended.pid not in seeded
    assert leaderless.pid in seeded  # it has another thread


def test_a_sensor_in_a_namespace_of_its_own_sees_whole_paths() -> None:
    """Its /proc would call the group of a process outside ``/../name``, and one inside ``/``."""
    code = """if True:
        import sys
        from support import groups
        with groups.watch() as watch:
            tasks = {task.vpid: task for task in watch.probe.tasks()}
            for pid in sys.argv[1:]:
                print(groups.names(tasks[int(pid)].cgroups)[""])
    """
    outside, inside = cgroups.Worker(groups.container_name()), cgroups.Worker(groups.container_name())
    join = 'echo $$ >"$0/cgroup.procs"; exec unshare -C "$@"'
    command = ["sh", "-c", join, str(inside.group), sys.executable, "-c", code, str(outside.pid), str(inside.pid)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    finally:
        outside.close()
        inside.close()
    assert (done.stdout, done.stderr) == (f"/{outside.group.name}\n/{inside.group.name}\n", "")
