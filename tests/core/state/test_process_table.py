# SPDX-License-Identifier: Apache-2.0
"""Process table: updates from records, lineage, missed records."""

from __future__ import annotations

import pytest
from support.host import INIT, Host, populated


@pytest.fixture
def host() -> Host:
    return populated()


# --- Fork and exec ----------------------------------------------------------------------------------------------------


def test_an_exec_tells_everything(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/usr/bin/python3", "-c", "", "x y", env=["A=1", "B="], tty=34816, flags=5, exe_ino=77)
    found = host.processes()[30]
    assert found == {
        "tgid": 30,
        "start_ns": host.start(30),
        "ptgid": 20,
        "comm": "python3",
        "exe": "/usr/bin/python3",
        "args": ["-c", "", "x y"],
        "cmdline": "python3 -c  x y",
        "exepath": "/usr/bin/python3",
        "cwd": None,
        "env": ["A=1", "B="],
        "uid": 0,
        "gid": 0,
        "loginuid": 0xFFFFFFFF,
        "tty": 34816,
        "sid": 30,
        "pgid": 30,
        "vpgid": 30,
        "vpid": 30,
        "container_id": "host",
        "exited": False,
        "incomplete": False,
    }


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
def test_head_and_tail_of_long_arguments(
    host: Host, head: list[str], tail: bytes | None, length: int, expected: str
) -> None:
    host.exec(20, "/bin/sh", *head, extra={"args_tail": tail, "args_len": length})
    assert host.read(20, "proc.args") == expected
    assert host.processes()[20]["cmdline"] == "sh " + expected


# --- Lineage ----------------------------------------------------------------------------------------------------------


def test_ancestors(host: Host) -> None:
    host.fork(20, 30)
    host.exec(30, "/bin/cat", "f")
    assert host.read(
        30, "proc.pname", "proc.ppid", "proc.aname[2]", "proc.apid[3]", "proc.aname[0]", "proc.aname[4]"
    ) == (
        "bash",
        20,
        "sshd",
        INIT,
        "cat",
        None,
    )
    assert host.read(30, "proc.aname", "proc.apid", "proc.pcmdline", "proc.acmdline[2]", "proc.aexepath[1]") == (
        "bash sshd init",
        30,
        "bash -c ls -l",
        "sshd -D",
        "/bin/bash",
    )


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
    host.exit(30)  # no known process has taken the child
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
    params = {
        "child_tid": 30,
        "child_tgid": 30,
        "child_start_ns": 999_999,
        "child_vtid": 30,
        "child_vpid": 30,
        "flags": 0,
        "pid_ns": 1,
    }
    host.table.apply(host.record("proc_fork", 10, params))
    assert host.read(30, "proc.name", start_ns=999_999, ptgid=10) == "sshd"
    assert host.read(30, "proc.name", time_ns=5) == "first"  # a late record of the previous process
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
    host.touch(20, tid=21)  # it leaves the CPU, which may be an event
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
    assert (found["comm"], found["exe"], found["incomplete"], found["ptgid"], found["uid"]) == (
        "stray",
        None,
        True,
        10,
        33,
    )
    fields = (
        "proc.name",
        "proc.exe",
        "proc.cmdline",
        "proc.exepath",
        "proc.is_exe_writable",
        "proc.pname",
        "proc.args",
        "proc.env",
    )
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
