# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import live
from support.cgroups import Worker, remove, roots
from support.responding import handle
from support.waiting import eventually

from tiercel.response.control_group import ControlGroup
from tiercel.response.protection import ProtectedProcesses, Protection
from tiercel.response.result import Refusal

pytestmark = pytest.mark.kernel


@pytest.fixture(name="worker")
def _worker() -> Iterator[Worker]:
    worker = Worker(f"tiercel-response-{uuid.uuid4().hex[:8]}")
    yield worker
    (worker.group / "cgroup.freeze").write_text("0")
    (worker.group / "cgroup.kill").write_text("1")
    worker.process.communicate()
    for below in worker.group.glob("*/"):
        remove(below)
    remove(worker.group)


def frozen(group: Path) -> bool:
    return "frozen 1" in (group / "cgroup.events").read_text()


def test_the_members_of_a_group_and_of_the_groups_below(worker: Worker) -> None:
    below = worker.group / "below"
    below.mkdir()
    worker.do("child = os.fork() or (time.sleep(1000), os._exit(0))")
    with ControlGroup(worker.pid) as group:
        assert group.path == f"/{worker.group.name}"
        (child,) = set(group.members()) - {worker.pid}
        (below / "cgroup.procs").write_text(str(child))
        assert set(group.members()) == {worker.pid, child}
        assert set(group.members().values()) == {Path(f"/proc/{worker.pid}/comm").read_text().rstrip("\n")}
    worker.do("os.kill(child, 9); os.waitpid(child, 0)")
    remove(below)


def test_kill_the_control_group(worker: Worker) -> None:
    worker.do("child = os.fork() or (time.sleep(1000), os._exit(0))")
    result = handle(worker.pid).kill_cgroup()
    assert (result.outcome, result.detail) == ("killed", f"control group /{worker.group.name}")
    assert worker.process.wait() == -signal.SIGKILL
    eventually(lambda: (worker.group / "cgroup.procs").read_text() == "")


def test_freeze_the_control_group(worker: Worker) -> None:
    assert handle(worker.pid).freeze().outcome == "frozen"
    eventually(lambda: frozen(worker.group))
    # A frozen process can be killed.
    assert handle(worker.pid).kill().outcome == "killed"
    assert worker.process.wait() == -signal.SIGKILL


def test_a_group_with_a_protected_process_is_refused(worker: Worker) -> None:
    worker.do("child = os.fork() or (open('/proc/self/comm', 'w').write('dbd'), time.sleep(1000), os._exit(0))")
    eventually(lambda: "dbd" in _names(worker))
    protection = Protection(ProtectedProcesses(names=frozenset({"dbd"})))
    result = handle(worker.pid).act("kill_cgroup", protection)
    assert result.outcome == "protected"
    assert "the name 'dbd' is protected" in result.detail
    below = Protection(ProtectedProcesses(cgroups=(f"/{worker.group.name}/below",)))
    assert handle(worker.pid).act("freeze", below).outcome == "protected"
    assert worker.process.poll() is None
    worker.do("os.kill(child, 9); os.waitpid(child, 0)")


def _names(worker: Worker) -> set[str]:
    with ControlGroup(worker.pid) as group:
        return set(group.members().values())


def test_the_own_group_of_the_sensor_is_refused(worker: Worker) -> None:
    """A sensor in a group kills neither this group nor one above it."""
    below = worker.group / "sensor"
    below.mkdir()
    worker.do("import subprocess; other = subprocess.Popen(['sleep', '1000'])")
    worker.do(f"open({str(below / 'cgroup.procs')!r}, 'w').write('0')")
    worker.do(f"sys.path[:0] = {sys.path!r}")
    worker.do("from support.responding import handle")
    worker.do("result = handle(other.pid).kill_cgroup()")
    worker.do("assert result.outcome == 'protected', result")
    worker.do("assert 'the sensor' in result.detail, result")
    worker.do("assert other.poll() is None; other.kill(); other.wait()")
    worker.process.communicate()
    assert worker.process.returncode == 0
    remove(below)


def test_a_group_that_was_removed_is_gone() -> None:
    worker = Worker(f"tiercel-response-{uuid.uuid4().hex[:8]}")
    with ControlGroup(worker.pid) as group:
        worker.close()
        again = roots("cgroup2")[0] / worker.group.name
        again.mkdir()  # another group of this name
        try:
            with pytest.raises(Refusal) as refused:
                group.write("cgroup.kill", "1")
        finally:
            remove(again)
    assert refused.value.outcome == "gone"


def test_a_process_that_has_ended_has_no_group(worker: Worker) -> None:
    worker.process.communicate()
    with pytest.raises(Refusal) as refused:
        ControlGroup(worker.pid)
    assert refused.value.outcome == "gone"


def test_files_that_this_kernel_lacks_and_wrong_values(worker: Worker) -> None:
    with ControlGroup(worker.pid) as group:
        with pytest.raises(Refusal, match=r"this kernel has no cgroup\.unknown"):
            group.write("cgroup.unknown", "1")
        with pytest.raises(Refusal) as refused:
            group.write("cgroup.freeze", "x")
        assert refused.value.outcome == "failed"


def test_an_ordinary_user_is_denied(worker: Worker) -> None:
    live.gate(live.root_problem())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setresuid(65534, 65534, 65534)
            with ControlGroup(worker.pid) as group:
                group.write("cgroup.kill", "1")
        except Refusal as refusal:
            status = 0 if refusal.outcome == "denied" else 3
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert worker.process.poll() is None
