# SPDX-License-Identifier: Apache-2.0
"""Process table: seeds, containers, names, limits, and arbitrary orders of records."""

from __future__ import annotations

import gc
import itertools
import threading
import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.core import read
from support.examples import examples
from support.host import INIT, MS, Host, populated

from tiercel._core.state.process_table import ProcessTable
from tiercel.errors import EventError, UsageError
from tiercel.schema.wire import EVF_TRUNCATED, encode

CONTAINER = "0123456789abcdef" * 4


@pytest.fixture
def host() -> Host:
    return populated()


# --- Seeding ----------------------------------------------------------------------------------------------------------


def test_seeds_link_in_any_order() -> None:
    host = Host()
    assert host.seed(30, 20)
    assert host.seed(20, 10, comm="middle")
    assert host.seed(10, 0, comm="top")
    assert host.read(30, "proc.aname", ptgid=20) == "middle top"
    assert host.table.stats()["incomplete"] == 0


def test_the_iterator_tells_identity_first() -> None:
    host = Host()
    params = {"ppid": 10, "pstart_ns": host.start(10), "sid": 20, "tty": 5, "pgid": 20, "vpgid": 20}
    host.parents[20] = 10
    host.table.apply(host.record("proc_seed", 20, params, comm="daemon", uid=5))
    found = host.processes()[20]
    assert (found["comm"], found["sid"], found["tty"], found["incomplete"], found["ptgid"]) == (
        "daemon",
        20,
        5,
        True,
        10,
    )
    assert host.seed(20, 10, sid=20, tty=5)
    found = host.processes()[20]
    assert (found["exepath"], found["cmdline"], found["incomplete"]) == ("/usr/bin/d", "daemon -x", False)


def test_a_seed_does_not_undo_what_an_exec_told(host: Host) -> None:
    assert not host.seed(20, 10)
    assert host.processes()[20]["comm"] == "bash"


def test_seeds_of_one_program_share_what_they_run_until_one_changes() -> None:
    host = Host()
    for pid in (20, 30, 40):
        assert host.seed(pid, 10, env=["A=1"], cwd="/srv", cgroups=["cpu=/x"])
    assert host.seed(50, 10, env=["A=2"], cwd="/srv")
    assert host.seed(60, 10, cwd="/srv")
    host.exec(30, "/bin/sh", "-c", "ls")
    found = host.processes()
    assert [found[pid]["cmdline"] for pid in (20, 30, 40, 50, 60)] == ["daemon -x", "sh -c ls", *3 * ["daemon -x"]]
    assert [found[pid]["env"] for pid in (20, 40, 50, 60)] == [["A=1"], ["A=1"], ["A=2"], []]
    assert {found[pid]["cwd"] for pid in (20, 40, 50, 60)} == {"/srv"}


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
    table.seed(
        tgid=5,
        start_ns=1,
        comm=b"c\xff",
        args=b"a\0b",
        env=[b"X=\xfe", "Y=1"],
        cwd="/w",
        cgroups=b"cpu=/docker/" + CONTAINER.encode(),
    )
    (found,) = table.snapshot()
    assert (found["comm"], found["args"], found["env"], found["cwd"], found["container_id"]) == (
        "c\udcff",
        ["a", "b"],
        ["X=\udcfe", "Y=1"],
        "/w",
        CONTAINER[:12],
    )


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
    assert container(host, 40) == CONTAINER[:12]  # 7 is unknown until a process in it execs
    host.touch(40, cgroup_id=8)
    host.touch(40, cgroup_id=7)
    assert container(host, 40) == "host"


def move(host: Host, pid: int, cgroup_id: int, path: str, **header: int) -> None:
    host.cgroup[pid] = cgroup_id
    host.table.apply(host.record("cgroup_move", pid, {"cgroups": [f"cpu={path}", f"={path}"]}, **header))


def test_a_process_that_is_moved_is_where_it_was_put(host: Host) -> None:
    host.fork(20, 30)
    move(host, 30, 100, f"/docker/{CONTAINER}")
    assert container(host, 30) == CONTAINER[:12]
    host.fork(30, 40)
    move(host, 30, 101, "/init.scope")
    assert (container(host, 30), container(host, 40)) == ("host", CONTAINER[:12])


def test_names_that_were_cut_bring_nobody_out_of_a_container(host: Host) -> None:
    """Truncated at the front; but such names of a container are as good as others."""
    host.fork(20, 30)
    enter(host, 30, 100)
    move(host, 30, 101, "/y" * 2000 + ".scope", flags=EVF_TRUNCATED)
    assert container(host, 30) == CONTAINER[:12]
    host.fork(20, 40)
    host.touch(40, cgroup_id=101)
    assert container(host, 40) == "host"  # those cgroups are unknown
    move(host, 40, 102, f"/docker/{CONTAINER}", flags=EVF_TRUNCATED)
    assert container(host, 40) == CONTAINER[:12]


@pytest.mark.parametrize(("path", "expected"), [(f"/docker/{CONTAINER}/x", CONTAINER[:12]), ("/a.slice", "host")])
def test_a_group_that_was_seen_to_be_made_tells_before_any_exec(host: Host, path: str, expected: str) -> None:
    host.table.apply(host.record("cgroup_new", 10, {"id": 300, "is_key": 1, "path": path}))
    host.table.apply(host.record("cgroup_new", 10, {"id": 301, "is_key": 0, "path": path}))
    host.fork(20, 30)
    host.touch(30, cgroup_id=300)
    assert container(host, 30) == expected
    host.fork(20, 40)
    host.touch(40, cgroup_id=301)
    assert container(host, 40) == "host"


def test_a_path_that_may_have_been_cut_tells_nothing(host: Host) -> None:
    host.fork(20, 30)
    enter(host, 30, 100)
    host.table.apply(host.record("cgroup_new", 10, {"id": 300, "is_key": 1, "path": "/x.slice" * 127 + "y.slice"}))
    host.touch(30, cgroup_id=300)
    assert container(host, 30) == CONTAINER[:12]


def test_a_child_that_is_born_in_other_groups_is_in_their_container(host: Host) -> None:
    host.fork(20, 30)
    enter(host, 30, 100)
    params = {"child_tid": 50, "child_tgid": 50, "child_start_ns": 50, "child_vtid": 50, "child_vpid": 50, "pid_ns": 1}
    host.table.apply(host.record("proc_fork", 20, {**params, "child_cgroup_id": 100}))
    assert container(host, 50) == CONTAINER[:12]
    assert container(host, 20) == "host"


def test_groups_that_were_given_another_name_are_whose_that_is(host: Host) -> None:
    """Cgroups of version 1 may be unknown.  Processes that were in them before stay in their container."""
    host.fork(20, 30)
    host.fork(20, 40)
    enter(host, 30, 1, "/docker/" + "a" * 64)
    enter(host, 40, 1, "/docker/" + "b" * 64)
    host.fork(20, 50)
    host.touch(50, cgroup_id=1)
    assert (container(host, 30), container(host, 40), container(host, 50)) == ("a" * 12, "b" * 12, "b" * 12)


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


def test_homes_and_shells() -> None:
    host = Host()
    fields = ("user.homedir", "user.shell")
    assert host.read(5, *fields, uid=0) == ("/root", "<NA>")
    assert host.read(5, *fields, uid=1000) == ("<NA>", "<NA>")
    host.table.set_users({1000: "me"}, {1000: "/home/me", 0: "/var/root"}, {1000: "/bin/bash", 0: b""})
    assert host.read(5, *fields, uid=1000) == ("/home/me", "/bin/bash")
    assert host.read(5, *fields, uid=0) == ("/var/root", "")
    host.table.set_users({1000: "me"})
    assert host.read(5, *fields, uid=1000) == ("<NA>", "<NA>")


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
    host.touch(18)  # every process had an event: the first one without an event since is evicted
    host.touch(19)
    assert host.count() == 16
    assert host.table.stats()["evicted"] == 3


def test_a_flood_of_forks_stays_within_the_capacity() -> None:
    host = Host(capacity=64)
    for pid in range(2, 3000):
        host.fork(pid - 1, pid)  # each the child of the previous one: only the last has no children
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
    """Any order of life-cycle records leaves a tree: no cycle, no duplicate, every parent known."""

    PIDS = st.integers(1, 25)

    def __init__(self) -> None:
        super().__init__()
        self.host = Host(capacity=16)

    @rule(parent=PIDS, child=PIDS, flags=st.sampled_from([0, 0x100]), starts=st.integers(0, 2))
    def fork(self, parent: int, child: int, flags: int, starts: int) -> None:
        params = {
            "child_tid": child,
            "child_tgid": child,
            "child_start_ns": starts,
            "child_vpid": child,
            "flags": flags,
        }
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
        self.host.seed(pid, parent)

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
TestTree.settings = settings(max_examples=examples(60), stateful_step_count=60, deadline=None)
