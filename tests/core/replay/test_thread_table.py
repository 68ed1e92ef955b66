# SPDX-License-Identifier: Apache-2.0
"""Threads of a capture: updates from clones, execs, exits and other events."""

from __future__ import annotations

from typing import Any

import pytest
from support import scapfile

from tiercel._core.testing.replay_door import ReplayTable
from tiercel.schema.names import EVENT_BY_NAME

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
DOCKER = b"cpuset=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0"
FILES, THREAD, VFORK, CHILD_IN_PIDNS, NEWUSER = 0x1, 0x2000, 0x8000000, 0x20000000, 0x100000
ALL_CAPABILITIES = (1 << 41) - 1


class Capture:
    """A table fed with named calls, a millisecond apart."""

    def __init__(self, **options: Any) -> None:
        self.table = ReplayTable(**options)
        self.ts = START
        self.table.add(tid=1, pid=1, comm=b"init", exe=b"/sbin/init", exepath=b"/sbin/init", cwd=b"/", root=b"/")

    def call(self, name: str, tid: int, *values: object) -> None:
        row = EVENT_BY_NAME[name]
        params = [scapfile.encode(param, value) for param, value in zip(row.params, values, strict=False)]
        self.ts += 1_000_000
        self.table.feed(row.code, tid, self.ts, params + [b""] * (len(row.params) - len(values)))

    def clone(
        self, tid: int, result: int, pid: int, ptid: int, *, name: str = "clone", flags: int = 0, **other: Any
    ) -> None:
        vtid, vpid, comm = other.get("vtid", tid), other.get("vpid", pid), other.get("comm", "bash")
        self.call(
            name, tid, result, "/bin/bash", b"-c\0true\0", tid, pid, ptid, "", 1024, 0, 0, 1, 2, 3, comm,
            other.get("cgroups", b""), flags, 1000, 1000, vtid, vpid, other.get("pidns", 0),
        )  # fmt: skip

    def execve(self, tid: int, exe: str = "/bin/cat", *, result: int = 0, comm: str = "cat", **other: Any) -> None:
        self.call(
            "execve", tid, result, exe, b"/etc/passwd\0", tid, other.get("pid", tid), other.get("ptid", 1), "", 512,
            0, 0, 4, 5, 6, comm, other.get("cgroups", b""), b"A=1\0", 34816, tid, 1000, 1, 7, 8, 9, 55, 56, 57, 2000,
            other.get("exepath", exe), tid, 3000, exe,
        )  # fmt: skip

    def exit(self, tid: int, reaper: int = 0) -> None:
        self.call("procexit", tid, 0, 0, 0, 0, reaper)
        self.call("getsockname", 1)

    def thread(self, tid: int) -> dict[str, Any]:
        found = self.table.thread(tid)
        assert found is not None
        return found


@pytest.fixture
def capture() -> Capture:
    capture = Capture()
    capture.table.add(tid=100, pid=100, ptid=1, comm=b"bash", exe=b"bash", cwd=b"/root/", env=b"HOME=/root\0", sid=100)
    capture.table.open()
    return capture


def test_the_side_of_the_parent_makes_the_child(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    child = capture.thread(200)
    assert (child["pid"], child["ptid"], child["vtid"], child["vpid"]) == (200, 100, 200, 200)
    assert (child["comm"], child["cmdline"]) == (b"bash", b"bash -c true")
    assert (child["cwd"], child["env"], child["sid"]) == (b"/root/", b"HOME=/root", 100)
    assert (child["uid"], child["gid"], child["fdlimit"], child["clone_ns"]) == (1000, 1000, 1024, capture.ts)
    assert capture.thread(100)["children"] == [200]
    assert child["parent"] == 100


def test_the_side_of_the_child_makes_it_too(capture: Capture) -> None:
    capture.clone(200, 0, 200, 100)
    made = capture.thread(200)
    capture.clone(100, 200, 100, 1)
    assert capture.thread(200) == made
    assert made["parent"] == 100


def test_a_later_process_of_the_same_number_takes_the_place(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    capture.ts += 3 * SECOND
    capture.clone(200, 0, 200, 1, comm="sh")
    assert capture.thread(200)["comm"] == b"sh"
    assert capture.thread(200)["ptid"] == 1
    assert capture.thread(100)["children"] == []


def test_a_thread_shares_what_its_process_has(capture: Capture) -> None:
    capture.clone(100, 101, 100, 1, flags=THREAD)
    thread = capture.thread(101)
    assert (thread["pid"], thread["ptid"], thread["main"]) == (100, 1, 100)
    assert thread["flags"] & FILES
    assert thread["cwd"] == b"/root/"
    group = capture.table.group(100)
    assert group is not None
    assert (group["alive"], group["tids"]) == (2, [100, 101])


def test_a_fork_of_a_thread_has_no_environment(capture: Capture) -> None:
    """Falco keeps the directory of main threads, and copies that of the calling one."""
    capture.clone(100, 101, 100, 1, flags=THREAD)
    capture.clone(101, 300, 100, 1)
    assert (capture.thread(300)["env"], capture.thread(300)["ptid"]) == (b"", 101)
    assert capture.thread(300)["parent"] == 100


@pytest.mark.parametrize("how", [{"flags": VFORK}, {"name": "vfork"}, {"flags": CHILD_IN_PIDNS}, {"vtid": 7}])
def test_what_is_left_to_the_child(capture: Capture, how: dict[str, Any]) -> None:
    if "vtid" in how:
        capture.table.add(tid=400, pid=400, ptid=1, vtid=7, vpid=7)
        capture.clone(400, 200, 400, 1, vpid=7, **how)
    else:
        capture.clone(100, 200, 100, 1, **how)
    assert capture.table.thread(200) is None


def test_a_child_that_is_gone_is_not_made_again(capture: Capture) -> None:
    capture.clone(200, 0, 200, 100)
    capture.exit(200)
    capture.clone(100, 200, 100, 1)
    assert capture.table.thread(200) is None


def test_a_child_of_a_pid_namespace(capture: Capture) -> None:
    capture.clone(200, 0, 200, 100, flags=CHILD_IN_PIDNS, vtid=1, vpid=1, pidns=5)
    child = capture.thread(200)
    assert (child["vtid"], child["vpid"], child["pidns_start_ns"]) == (1, 1, 5)
    group = capture.table.group(200)
    assert group is not None
    assert group["is_reaper"]


def test_an_exec_replaces_the_program(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    capture.execve(200)
    thread = capture.thread(200)
    assert (thread["comm"], thread["exe"], thread["cmdline"]) == (b"cat", b"/bin/cat", b"cat /etc/passwd")
    assert (thread["exepath"], thread["env"], thread["tty"]) == (b"/bin/cat", b"A=1", 34816)
    assert (thread["uid"], thread["gid"], thread["loginuid"]) == (2000, 3000, 1000)
    assert (thread["cap_inheritable"], thread["cap_permitted"], thread["cap_effective"]) == (7, 8, 9)
    assert (thread["exe_flags"], thread["exe_ino"], thread["exec_ns"]) == (1, 55, capture.ts)
    assert (thread["cwd"], thread["sid"], thread["ptid"]) == (b"/root/", 100, 100)


def test_an_exec_that_failed_changes_nothing(capture: Capture) -> None:
    before = {**capture.thread(100), "last_ns": 0, "flags": 0}
    capture.execve(100, result=-2)
    assert {**capture.thread(100), "last_ns": 0, "flags": 0} == before


def test_an_exec_ends_the_other_threads(capture: Capture) -> None:
    capture.clone(100, 101, 100, 1, flags=THREAD)
    capture.clone(100, 102, 100, 1, flags=THREAD)
    capture.call("procexit", 100, 0, 0, 0, 0, 0)
    capture.execve(100)
    group = capture.table.group(100)
    assert group is not None
    assert (group["alive"], group["tids"]) == (1, [100])
    assert capture.table.thread(101) is None


def test_a_program_that_only_an_enter_event_names(capture: Capture) -> None:
    capture.table.feed(292, 100, START, [b"./tool\0"])
    capture.execve(100, "./tool", exepath=None)
    assert capture.thread(100)["exepath"] == b"/root/tool"


def test_a_thread_is_there_while_it_ends(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    capture.call("procexit", 200, 0, 0, 0, 0, 0)
    assert capture.thread(200)["tid"] == 200
    capture.call("getsockname", 1)
    assert capture.table.thread(200) is None


def test_orphans_go_to_whom_the_kernel_named(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    capture.clone(200, 300, 200, 100)
    capture.exit(200, reaper=100)
    assert capture.thread(300)["ptid"] == 100


def test_whom_the_kernel_names_for_children_that_are_gone_is_made_up(capture: Capture) -> None:
    """Falco's list of children still has them, so it looks for the reaper, which it has never seen."""
    capture.clone(100, 200, 100, 1)
    capture.exit(200, reaper=888)
    assert capture.table.thread(888) is None
    capture.exit(100, reaper=888)
    assert (capture.thread(888)["comm"], capture.thread(888)["is_invalid"]) == (b"<NA>", True)


def test_orphans_go_to_the_nearest_subreaper(capture: Capture) -> None:
    capture.call("prctl", 100, 0, 36, None, 1)
    capture.clone(100, 200, 100, 1)
    capture.clone(200, 300, 200, 100)
    capture.exit(200)
    assert capture.thread(300)["ptid"] == 100


def test_orphans_go_to_init_at_last(capture: Capture) -> None:
    capture.clone(100, 200, 100, 1)
    capture.clone(200, 300, 200, 100)
    capture.exit(200)
    assert capture.thread(300)["ptid"] == 1


def test_a_main_thread_stays_for_the_others(capture: Capture) -> None:
    capture.clone(100, 101, 100, 1, flags=THREAD)
    capture.exit(100)
    assert capture.thread(100)["tid"] == 100
    capture.exit(101)
    assert capture.table.thread(100) is None
    assert capture.table.group(100) is None


def test_a_thread_that_nobody_knows(capture: Capture) -> None:
    capture.call("getsockname", 777)
    thread = capture.thread(777)
    assert (thread["pid"], thread["ptid"], thread["is_invalid"]) == (-1, -1, True)
    assert (thread["comm"], thread["exe"], thread["uid"]) == (b"<NA>", b"<NA>", 0xFFFFFFFF)
    assert (thread["has_group"], thread["parent"]) == (False, None)
    capture.execve(777, ptid=100)
    assert capture.thread(777)["parent"] == 100


@pytest.mark.parametrize("name", ["clone", "switch", "procexit"])
def test_events_that_make_up_no_thread(capture: Capture, name: str) -> None:
    capture.call(name, 777, -1)
    assert capture.table.thread(777) is None


def test_identities(capture: Capture) -> None:
    capture.call("setuid", 100, 0, 1)
    capture.call("setregid", 100, 0, 5, 6)
    capture.call("setsid", 100, 44)
    assert [capture.thread(100)[name] for name in ("uid", "gid", "sid")] == [1, 6, 44]
    capture.call("setuid", 100, -1, 9)
    assert capture.thread(100)["uid"] == 1
    capture.call("capset", 100, 0, 1, 2, 3)
    assert capture.thread(100)["cap_effective"] == 3
    capture.call("unshare", 100, 0, NEWUSER)
    assert capture.thread(100)["cap_effective"] == ALL_CAPABILITIES


def test_directories(capture: Capture) -> None:
    capture.call("chdir", 100, 0, "etc/./x/..")
    assert capture.thread(100)["cwd"] == b"/root/etc/"
    capture.call("chdir", 100, 0, "/")
    assert capture.thread(100)["cwd"] == b"/"
    capture.call("chdir", 100, -2, "/nowhere")
    assert capture.thread(100)["cwd"] == b"/"
    capture.call("chroot", 100, 0, "jail")
    assert capture.thread(100)["root"] == b"/jail"


def test_a_relative_directory_of_another_thread_stays_relative(capture: Capture) -> None:
    """Only main threads have a directory of their own; Falco joins the path to nothing."""
    capture.clone(100, 101, 100, 1, flags=THREAD)
    capture.call("chdir", 101, 0, "etc")
    assert capture.thread(100)["cwd"] == b"etc/"


def test_limits_and_memory(capture: Capture) -> None:
    capture.call("setrlimit", 100, 0, 77, 99, 7)
    assert capture.thread(100)["fdlimit"] == 77
    capture.call("prlimit", 1, 0, 88, 99, 0, 0, 100, 7)
    assert capture.thread(100)["fdlimit"] == 88
    capture.call("brk", 100, 0, 11, 12, 13, 0)
    assert [capture.thread(100)[name] for name in ("vm_size", "vm_rss", "vm_swap")] == [11, 12, 13]
    capture.call("switch", 100, 1, 5, 6, 21, 22, 23)
    assert [capture.thread(100)[name] for name in ("pf_major", "pf_minor", "vm_size")] == [5, 6, 21]


def test_containers_come_from_control_groups(capture: Capture) -> None:
    assert capture.thread(100)["container"] == b"host"
    capture.clone(200, 0, 200, 100, cgroups=DOCKER)
    assert capture.thread(200)["container"] == b"0123456789ab"
    capture.execve(200, cgroups=b"cpuset=/\0")
    assert capture.thread(200)["container"] == b"host"


def test_users_of_containers(capture: Capture) -> None:
    capture.table.add_user(5, 5, b"five", b"/home/five", b"/bin/sh")
    capture.call("useradded", 1, 5, 5, "cinq", "/", "/bin/sh", "abc")
    assert capture.table.user(5) == b"five"
    assert capture.table.user(5, container=b"abc") == b"cinq"
    capture.call("userdeleted", 1, 5, 5, "five", "/", "/bin/sh", "")
    assert capture.table.user(5) is None
    assert capture.table.user(5, container=b"abc") == b"cinq"


def test_a_full_table_refuses_and_counts() -> None:
    capture = Capture(capacity=2)
    capture.table.open()
    for tid in (10, 20, 30):
        capture.call("getsockname", tid)
    assert len(capture.table) == 2
    assert capture.table.stats()["refused"] == 2


def test_a_circle_of_parents_ends() -> None:
    capture = Capture()
    capture.table.add(tid=10, pid=10, ptid=20)
    capture.table.add(tid=20, pid=20, ptid=10)
    capture.table.add(tid=30, pid=30, ptid=20)
    capture.table.open()
    capture.exit(20)
    assert capture.table.thread(20) is None
    assert capture.thread(30)["ptid"] in (0, 10)


def test_an_ended_main_thread_that_got_a_child(capture: Capture) -> None:
    """The child outlives its parent, which had ended when it was named."""
    capture.clone(1, 10, 1, 0)
    capture.clone(10, 11, 10, 1, flags=FILES | THREAD)
    capture.exit(10)
    capture.clone(12, 0, 12, 10)
    capture.exit(11)
    capture.exit(12)
    capture.clone(1, 13, 1, 0)
    assert [capture.table.thread(tid) for tid in (10, 11, 12)] == [None] * 3


def test_a_thread_that_is_its_own_parent(capture: Capture) -> None:
    """The main thread had ended and stayed for the other threads: it is not the parent."""
    capture.clone(1, 10, 1, 0)
    capture.clone(10, 11, 10, 1, flags=FILES | THREAD)
    capture.exit(10)
    capture.ts += 3 * SECOND
    capture.clone(10, 0, 10, 10)
    assert capture.thread(10)["pid"] == 10


def test_parents_in_a_circle(capture: Capture) -> None:
    """The search for a reaper ends."""
    capture.table.add(tid=20, pid=20, ptid=21, comm=b"a", exe=b"a")
    capture.table.add(tid=21, pid=21, ptid=20, comm=b"b", exe=b"b")
    capture.table.add(tid=22, pid=22, ptid=20, comm=b"c", exe=b"c")
    capture.table.add(tid=23, pid=23, ptid=22, comm=b"d", exe=b"d")
    capture.table.open()
    capture.exit(22)
    capture.clone(1, 13, 1, 0)
    assert capture.thread(23)["ptid"] == 0
