# SPDX-License-Identifier: Apache-2.0
"""The process table: what records do to it, lineage, containers, limits."""

from __future__ import annotations

import gc
import itertools
import threading
import time
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.core import read

from tiercel._core.threads import ProcessTable
from tiercel.errors import EventError, UsageError
from tiercel.schema.wire import encode

MS = 1_000_000
CONTAINER = "0123456789abcdef" * 4
INIT = 1


class Host:
    """Records of processes with the same header members throughout; time goes on with each."""

    def __init__(self, **table: Any) -> None:
        self.table = ProcessTable(**table)
        self.clock = itertools.count(1_000_000 * MS, MS)
        self.parents: dict[int, int] = {}
        self.cgroup: dict[int, int] = {}
        self.comm: dict[int, str] = {}

    def start(self, pid: int) -> int:
        return pid * 1000

    def header(self, pid: int, **changes: Any) -> dict[str, Any]:
        return {
            "time_ns": next(self.clock), "tgid": pid, "tid": pid, "vpid": pid, "vtid": pid, "start_ns": self.start(pid),
            "ptgid": self.parents.get(pid, 0), "comm": self.comm.get(pid, "sh"), "cgroup_id": self.cgroup.get(pid, 7), **changes,
        }  # fmt: skip

    def record(self, name: str, pid: int, params: dict[str, Any], extra: dict[str, Any] | None = None, **changes: Any) -> bytes:
        return encode(name, params, header=self.header(pid, **changes), extra=extra)

    def fork(self, parent: int, child: int, *, flags: int = 0, tgid: int | None = None, **changes: Any) -> None:
        params = {
            "child_tid": child, "child_tgid": tgid or child, "child_start_ns": self.start(tgid or child), "child_vtid": child,
            "child_vpid": child, "flags": flags, "pid_ns": 1,
        }  # fmt: skip
        self.table.apply(self.record("proc_fork", parent, params, **changes))
        if tgid is None:
            self.parents[child] = parent
            self.comm[child] = self.comm.get(parent, "sh")
            self.cgroup[child] = self.cgroup.get(parent, 7)

    def exec(self, pid: int, path: str, *args: str, res: int = 0, extra: dict[str, Any] | None = None, **params: Any) -> None:
        comm = path.rpartition("/")[2][:15]
        if res == 0:
            self.comm[pid] = comm
        values = {
            "res": res, "exe": path, "args": args, "comm": comm, "trusted_exepath": {"real": path}, "tty": 0, "flags": 0,
            "pgid": pid, "vpgid": pid, **params,
        }  # fmt: skip
        known = {"sid": pid, "pstart_ns": self.start(self.parents.get(pid, 0)), **(extra or {})}
        self.table.apply(self.record("execve", pid, values, known))

    def exit(self, pid: int, *, reaper: int = 0, tid: int | None = None, last: bool = True, **changes: Any) -> None:
        params = {"status": 0, "ret": 0, "sig": 0, "core": 0, "reaper_tid": reaper}
        self.table.apply(self.record("procexit", pid, params, {"last": int(last)}, tid=tid or pid, **changes))

    def event(self, pid: int, **changes: Any) -> bytes:
        return self.record("setuid", pid, {"res": 0, "uid": 0}, **changes)

    def touch(self, pid: int, **changes: Any) -> None:
        self.table.apply(self.event(pid, **changes))

    def read(self, pid: int, *fields: str, **changes: Any) -> Any:
        return read(self.event(pid, **changes), *fields, table=self.table)

    def count(self) -> int:
        return self.table.stats()["processes"]

    def processes(self) -> dict[int, dict[str, Any]]:
        return {process["tgid"]: dict(process) for process in self.table.snapshot()}


@pytest.fixture
def host() -> Host:
    """init (1) runs sshd (10), which runs bash (20)."""
    host = Host()
    host.table.seed(tgid=INIT, start_ns=host.start(INIT), comm="init", exe="/sbin/init", exepath="/usr/lib/init", cgroups=[])
    host.fork(INIT, 10)
    host.exec(10, "/usr/sbin/sshd", "-D")
    host.fork(10, 20)
    host.exec(20, "/bin/bash", "-c", "ls -l")
    return host


# --- Fork and exec ----------------------------------------------------------------------------------------------------


def test_an_exec_tells_everything(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/usr/bin/python3", "-c", "", "x y", env=["A=1", "B="], tty=34816, flags=5, exe_ino=77)
    found = host.processes()[30]
    assert found == {
        "tgid": 30, "start_ns": host.start(30), "ptgid": 20, "comm": "python3", "exe": "/usr/bin/python3",
        "args": ["-c", "", "x y"], "cmdline": "python3 -c  x y", "exepath": "/usr/bin/python3", "cwd": None,
        "env": ["A=1", "B="], "uid": 0, "gid": 0, "loginuid": 0xFFFFFFFF, "tty": 34816, "sid": 30, "pgid": 30, "vpgid": 30,
        "vpid": 30, "container_id": "host", "exited": False, "incomplete": False,
    }  # fmt: skip


def test_a_fork_shares_the_program_under_the_comm_of_its_thread(host: Host) -> None:
    host.fork(20, 30)
    found = host.processes()[30]
    assert (found["comm"], found["cmdline"], found["exepath"]) == ("bash", "bash -c ls -l", "/bin/bash")
    # prctl(PR_SET_NAME) does not rename the process, but what it forks then has that name.
    host.fork(20, 31, comm="worker")
    assert host.processes()[31]["cmdline"] == "worker -c ls -l"
    assert host.processes()[20]["comm"] == "bash"
    assert host.read(20, "proc.name", comm="renamed") == "bash"


def test_a_failed_exec_changes_nothing(host: Host) -> None:
    before = host.processes()[20]
    host.exec(20, "/bin/nosuch", res=-2)
    assert host.processes()[20] == before


def test_a_thread_is_no_process(host: Host) -> None:
    host.fork(20, 21, tgid=20)
    assert set(host.processes()) == {INIT, 10, 20}


def test_the_child_of_clone_parent_is_a_sibling(host: Host) -> None:
    host.fork(20, 30, flags=0x100)
    assert host.processes()[30]["ptgid"] == 10


def test_deleted_executables_have_their_name(host: Host) -> None:
    host.exec(20, "/tmp/x", trusted_exepath={"real": "/tmp/x (deleted)"})
    assert host.processes()[20]["exepath"] == "/tmp/x"


def test_a_long_comm_and_no_arguments(host: Host) -> None:
    host.exec(20, "/bin/a-name-of-many-letters")
    assert host.processes()[20]["cmdline"] == "a-name-of-many-"
    assert host.read(20, "proc.args", "proc.args[0]", "proc.cmdline") == ("", "", "a-name-of-many-")


@pytest.mark.parametrize(
    ("head", "tail", "length", "expected"),
    [
        (["aa", "bb"], None, 5, "aa bb"),
        (["aa", "bb"], b"cc\0dd", 1000, "aa bb...cc dd"),
        (["aa", "bb"], b"bb\0cc", 8, "aa bb cc"),  # they overlap
        (["aa", "bb"], b"aa\0bb", 5, "aa bb"),
        (["aa", "bb"], b"\0cc", 8, "aa bb cc"),  # they touch
    ],
)
def test_head_and_tail_of_long_arguments(host: Host, head: list[str], tail: bytes | None, length: int, expected: str) -> None:
    host.exec(20, "/bin/sh", *head, extra={"args_tail": tail, "args_len": length})
    assert host.read(20, "proc.args") == expected
    assert host.processes()[20]["cmdline"] == "sh " + expected


# --- Lineage ----------------------------------------------------------------------------------------------------------


def test_ancestors(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/bin/cat", "f")
    assert host.read(30, "proc.pname", "proc.ppid", "proc.aname[2]", "proc.apid[3]", "proc.aname[0]", "proc.aname[4]") == (
        "bash", 20, "sshd", INIT, "cat", None,
    )  # fmt: skip
    assert host.read(30, "proc.aname", "proc.apid", "proc.pcmdline", "proc.acmdline[2]", "proc.aexepath[1]") == (
        "bash sshd init", 30, "bash -c ls -l", "sshd -D", "/bin/bash",
    )  # fmt: skip


def test_orphans_go_to_the_reaper(host: Host) -> None:
    host.fork(20, 30)
    host.fork(30, 40)
    host.exit(30, reaper=INIT)
    assert host.processes()[40]["ptgid"] == INIT
    assert host.read(40, "proc.aname", ptgid=INIT) == "init"


def test_the_header_tells_the_real_parent(host: Host) -> None:
    host.fork(20, 30)
    assert host.read(30, "proc.ppid", ptgid=INIT) == INIT
    assert host.processes()[30]["ptgid"] == INIT


def test_an_ended_parent_stays_until_its_last_child_is_gone(host: Host) -> None:
    host.fork(20, 30)
    host.fork(30, 40)
    host.exit(30)  # nobody is known to have taken the child
    host.touch(40, time_ns=10**18)
    assert host.read(40, "proc.aname", time_ns=10**18) == "bash bash sshd init"
    host.exit(40, time_ns=10**18)
    host.touch(INIT, time_ns=2 * 10**18)
    assert set(host.processes()) == {INIT, 10, 20}


def test_an_ended_process_stays_for_late_records(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/bin/cat")
    host.exit(30)
    assert host.processes()[30]["exited"]
    assert host.read(30, "proc.exepath", time_ns=5) == "/bin/cat"
    host.touch(INIT, time_ns=10**18)
    assert 30 not in host.processes()


def test_a_number_is_used_again(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/bin/first")
    host.exit(30)
    params = {"child_tid": 30, "child_tgid": 30, "child_start_ns": 999_999, "child_vtid": 30, "child_vpid": 30, "flags": 0, "pid_ns": 1}
    host.table.apply(host.record("proc_fork", 10, params))
    assert host.read(30, "proc.name", start_ns=999_999, ptgid=10) == "sshd"
    assert host.read(30, "proc.name", time_ns=5) == "first"  # a late record of the one before
    host.touch(INIT, time_ns=10**18)
    assert [p["start_ns"] for p in host.table.snapshot() if p["tgid"] == 30] == [999_999]


def test_the_leader_may_end_before_its_threads(host: Host) -> None:
    host.exit(20, last=False)
    assert host.processes()[20]["exited"]
    host.touch(20, tid=21)
    assert not host.processes()[20]["exited"]
    host.exit(20, tid=22, last=False)
    assert not host.processes()[20]["exited"]
    host.exit(20, tid=21, last=True)
    assert host.processes()[20]["exited"]


def test_a_circle_of_parents_is_refused(host: Host) -> None:
    host.fork(20, 30)
    host.fork(30, 40)
    host.touch(20, ptgid=40)
    assert host.processes()[20]["ptgid"] == 10
    host.touch(30, ptgid=30)
    assert host.processes()[30]["ptgid"] == 20


# --- What was missed --------------------------------------------------------------------------------------------------


def test_a_process_without_fork_and_exec(host: Host) -> None:
    host.touch(50, ptgid=10, comm="stray", uid=33)
    assert host.table.stats()["incomplete"] == 1
    found = host.processes()[50]
    assert (found["comm"], found["exe"], found["incomplete"], found["ptgid"], found["uid"]) == ("stray", None, True, 10, 33)
    fields = ("proc.name", "proc.exe", "proc.cmdline", "proc.exepath", "proc.is_exe_writable", "proc.pname", "proc.args", "proc.env")
    assert host.read(50, *fields, ptgid=10) == ("stray", None, None, None, None, "sshd", None, None)
    assert host.read(50, "container.id", ptgid=10, cgroup_id=99) is None


def test_a_late_fork_completes_it(host: Host) -> None:
    host.touch(30, ptgid=20)
    host.fork(20, 30)
    found = host.processes()[30]
    assert (found["cmdline"], found["incomplete"], found["ptgid"]) == ("bash -c ls -l", False, 20)


def test_a_late_fork_does_not_undo_an_exec(host: Host) -> None:
    host.parents[30] = 20
    host.exec(30, "/bin/cat")
    host.fork(20, 30)
    assert host.processes()[30]["comm"] == "cat"
    assert host.processes()[30]["ptgid"] == 20


def test_the_child_of_an_incomplete_process_is_incomplete(host: Host) -> None:
    host.touch(50, ptgid=10, comm="stray")
    host.fork(50, 60, comm="stray")
    assert host.processes()[60]["incomplete"]
    host.exec(60, "/bin/cat")
    assert not host.processes()[60]["incomplete"]


def test_an_exec_finds_its_parent_by_start_time(host: Host) -> None:
    host.parents[30] = 20
    host.exec(30, "/bin/cat")
    assert host.processes()[30]["ptgid"] == 20


# --- Seeding ----------------------------------------------------------------------------------------------------------


def seed(host: Host, pid: int, ppid: int, **changes: Any) -> bool:
    known = {"comm": "daemon", "exe": "/d", "args": ["-x"], "exepath": "/usr/bin/d", **changes}
    return host.table.seed(tgid=pid, start_ns=host.start(pid), ptgid=ppid, pstart_ns=host.start(ppid), **known)


def test_seeds_link_in_any_order() -> None:
    host = Host()
    assert seed(host, 30, 20)
    assert seed(host, 20, 10, comm="middle")
    assert seed(host, 10, 0, comm="top")
    assert host.read(30, "proc.aname", ptgid=20) == "middle top"
    assert host.table.stats()["incomplete"] == 0


def test_the_iterator_tells_identity_first() -> None:
    host = Host()
    params = {"ppid": 10, "pstart_ns": host.start(10), "sid": 20, "tty": 5, "pgid": 20, "vpgid": 20}
    host.parents[20] = 10
    host.table.apply(host.record("proc_seed", 20, params, comm="daemon", uid=5))
    found = host.processes()[20]
    assert (found["comm"], found["sid"], found["tty"], found["incomplete"], found["ptgid"]) == ("daemon", 20, 5, True, 10)
    assert seed(host, 20, 10, sid=20, tty=5)
    found = host.processes()[20]
    assert (found["exepath"], found["cmdline"], found["incomplete"]) == ("/usr/bin/d", "daemon -x", False)


def test_a_seed_does_not_undo_what_an_exec_told(host: Host) -> None:
    assert not seed(host, 20, 10)
    assert host.processes()[20]["comm"] == "bash"


def test_start_times_from_proc_are_coarse() -> None:
    table = ProcessTable()
    table.seed(tgid=20, start_ns=120_000_000, comm="d", exepath="/d", coarse=True)
    record = encode("setuid", {"res": 0}, header={"tgid": 20, "tid": 20, "start_ns": 123_456_789, "time_ns": 10**12})
    assert read(record, "proc.exepath", table=table) == "/d"
    assert [process["start_ns"] for process in table.snapshot()] == [123_456_789]
    other = encode("setuid", {"res": 0}, header={"tgid": 20, "tid": 20, "start_ns": 124_000_000, "time_ns": 10**12})
    assert read(other, "proc.exepath", table=table) is None


def test_seeds_take_bytes_and_words() -> None:
    table = ProcessTable()
    table.seed(tgid=5, start_ns=1, comm=b"c\xff", args=b"a\0b", env=[b"X=\xfe", "Y=1"], cwd="/w", cgroups=b"cpu=/docker/" + CONTAINER.encode())
    (found,) = table.snapshot()
    assert (found["comm"], found["args"], found["env"], found["cwd"], found["container_id"]) == (
        "c\udcff", ["a", "b"], ["X=\udcfe", "Y=1"], "/w", CONTAINER[:12],
    )  # fmt: skip


# --- Containers -------------------------------------------------------------------------------------------------------


def enter(host: Host, pid: int, cgroup_id: int, path: str = f"/docker/{CONTAINER}") -> None:
    host.cgroup[pid] = cgroup_id
    host.exec(pid, "/bin/run", cgroups=[f"cpuset={path}", f"memory={path}"])


def container(host: Host, pid: int) -> str | None:
    return host.processes()[pid]["container_id"]


def test_children_of_a_container_are_in_it(host: Host) -> None:
    host.fork(20, 30)
    assert container(host, 30) == "host"
    enter(host, 30, 100)
    host.fork(30, 40)
    assert container(host, 30) == container(host, 40) == CONTAINER[:12]
    assert host.read(40, "container.id") == CONTAINER[:12]
    assert container(host, 20) == "host"


def test_who_moves_into_a_known_group_is_in_its_container(host: Host) -> None:
    host.fork(20, 30)
    enter(host, 30, 100)
    host.fork(20, 40)
    host.touch(40, cgroup_id=100)
    assert container(host, 40) == CONTAINER[:12]
    host.touch(40, cgroup_id=7)
    enter(host, 20, 7, "/init.scope")
    host.touch(40, cgroup_id=7)
    assert container(host, 40) == CONTAINER[:12]  # nothing is known of 7 until somebody in there execs
    host.touch(40, cgroup_id=8)
    host.touch(40, cgroup_id=7)
    assert container(host, 40) == "host"


def test_a_group_that_several_containers_share_says_nothing(host: Host) -> None:
    """As where engines use the old hierarchies alone, and all processes are at the root of the new one."""
    host.fork(20, 30)
    host.fork(20, 40)
    enter(host, 30, 1, "/docker/" + "a" * 64)
    enter(host, 40, 1, "/docker/" + "b" * 64)
    host.fork(20, 50)
    host.touch(50, cgroup_id=1)
    assert (container(host, 30), container(host, 40), container(host, 50)) == ("a" * 12, "b" * 12, "host")


# --- Names ------------------------------------------------------------------------------------------------------------


def test_names_of_users_and_groups() -> None:
    host = Host()
    fields = ("user.name", "group.name")
    assert host.read(5, *fields, uid=1000, gid=1000) == ("<NA>", "<NA>")
    assert host.read(5, *fields, uid=0, gid=0) == ("root", "root")
    host.table.set_users({1000: "me", 0: b"toor", 5: ""})
    host.table.set_groups({1000: "us"})
    assert host.read(5, *fields, uid=1000, gid=1000) == ("me", "us")
    assert host.read(5, *fields, uid=0, gid=0) == ("toor", "root")
    host.table.set_users({1: "other"})
    assert host.read(5, "user.name", uid=1000) == "<NA>"
    with pytest.raises((TypeError, AttributeError)):
        host.table.set_users({1: None})  # type: ignore[dict-item]
    assert host.read(5, "user.name", uid=1) == "other"


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_a_full_table_gives_up_the_ended_and_then_the_quiet() -> None:
    host = Host(capacity=16)
    for pid in range(1, 17):
        host.touch(pid)
    host.exit(5)
    host.touch(17)
    assert 5 not in host.processes()
    assert host.count() == 16
    for pid in range(1, 17):
        if pid not in (5, 9):
            host.touch(pid)
    host.touch(18)  # everybody had an event: the first that had none since goes
    host.touch(19)
    assert host.count() == 16
    assert host.table.stats()["evicted"] == 3


def test_a_flood_of_forks_stays_within_the_capacity() -> None:
    host = Host(capacity=64)
    for pid in range(2, 3000):
        host.fork(pid - 1, pid)  # each the child of the one before: nobody is without children but the last
    assert host.count() == 64
    assert host.processes()[2999]["ptgid"] == 2998
    assert host.table.stats()["evicted"] == 3000 - 1 - 64


def test_children_of_an_evicted_process_go_to_its_parent() -> None:
    host = Host(capacity=16)
    host.touch(1)
    host.fork(1, 2)
    for pid in range(3, 40):
        host.fork(2, pid)
    assert host.count() == 16
    assert host.processes()[39]["ptgid"] == 2


def test_everything_is_forgotten() -> None:
    host = Host()
    for pid in range(1, 100):
        host.fork(pid, pid + 1)
    host.exit(50)
    host.table.clear()
    assert host.count() == 0
    assert host.table.snapshot() == []
    host.touch(5)
    assert host.count() == 1


def test_bad_arguments() -> None:
    with pytest.raises(UsageError):
        ProcessTable(3)
    table = ProcessTable()
    for record in (b"", b"x", bytes(104), bytes(200)):
        with pytest.raises(EventError) as caught:
            table.apply(record)
        assert caught.value.code == "E301"
    with pytest.raises(OverflowError):
        table.seed(tgid=-1, start_ns=1, comm="x")


def test_other_threads_may_look_meanwhile() -> None:
    host = Host()
    stop = threading.Event()
    seen = []

    def look() -> None:
        while not stop.is_set():
            seen.append(len(host.table.snapshot()))
            host.table.set_users({1: "x"})

    thread = threading.Thread(target=look)
    thread.start()
    end = time.monotonic() + 0.3
    pid = 1
    while time.monotonic() < end:
        pid += 1
        host.fork(pid - 1, pid)
        host.exec(pid, "/bin/cat")
        host.exit(pid - 1, reaper=INIT)
    stop.set()
    thread.join()
    assert seen
    gc.collect()


class Tree(RuleBasedStateMachine):
    """Any order of life-cycle records leaves a tree: no circle, nobody twice, every parent known."""

    PIDS = st.integers(1, 25)

    def __init__(self) -> None:
        super().__init__()
        self.host = Host(capacity=16)

    @rule(parent=PIDS, child=PIDS, flags=st.sampled_from([0, 0x100]), starts=st.integers(0, 2))
    def fork(self, parent: int, child: int, flags: int, starts: int) -> None:
        params = {"child_tid": child, "child_tgid": child, "child_start_ns": starts, "child_vpid": child, "flags": flags}
        self.host.table.apply(self.host.record("proc_fork", parent, params, start_ns=starts))

    @rule(pid=PIDS, parent=PIDS, starts=st.integers(0, 2))
    def exec(self, pid: int, parent: int, starts: int) -> None:
        self.host.parents[pid] = parent
        self.host.exec(pid, "/bin/x", extra={"pstart_ns": starts})

    @rule(pid=PIDS, parent=PIDS, starts=st.integers(0, 2))
    def event(self, pid: int, parent: int, starts: int) -> None:
        self.host.touch(pid, ptgid=parent, start_ns=starts, cgroup_id=starts)

    @rule(pid=PIDS, reaper=PIDS, last=st.booleans(), starts=st.integers(0, 2))
    def exit(self, pid: int, reaper: int, last: bool, starts: int) -> None:
        self.host.exit(pid, reaper=reaper, last=last, start_ns=starts)

    @rule(pid=PIDS, parent=PIDS)
    def seed(self, pid: int, parent: int) -> None:
        seed(self.host, pid, parent)

    @rule()
    def wait(self) -> None:
        self.host.clock = itertools.count(next(self.host.clock) + 5_000 * MS, MS)

    @rule()
    def clear(self) -> None:
        self.host.table.clear()

    @invariant()
    def is_a_tree(self) -> None:
        found = self.host.table.snapshot()
        keys = [(process["tgid"], process["start_ns"]) for process in found if process["start_ns"]]
        assert len(set(keys)) == len(keys)
        for pid in {process["tgid"] for process in found}:
            self.host.read(pid, "proc.aname", "proc.acmdline", "proc.apid[9]", start_ns=0, ptgid=0)


TestTree = Tree.TestCase
TestTree.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
