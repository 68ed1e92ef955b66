# SPDX-License-Identifier: Apache-2.0
"""Calls through ``int $0x80`` from a 64-bit program: the same events, whatever the numbers."""

from __future__ import annotations

import errno
import os
import socket
import struct
from pathlib import Path

import pytest
from support import native
from support.calls import OWN_PID, Zeros, call, call32, child, hold
from support.expect import client_of, device, found, inode, named, opened, sockaddr, socktuple
from support.falco import AT_FDCWD, NO_ID, O
from support.native import sockaddr_in
from support.proc import Process
from support.process import exec_params, fork_params
from support.recorder import Live

# The 32-bit table.
ACCESS, GETRLIMIT_OLD, SETRLIMIT, NANOSLEEP, GETRESUID16, UGETRLIMIT, GETRESUID, GETUID16, GETUID = (
    *(33, 76, 75, 162, 165, 191, 209, 24, 199),
)
FSTATAT64, FUTEX_TIME64, PROCESS_VM_READV, CHDIR, FCHDIR, MKNOD, FLOCK = 300, 422, 347, 12, 133, 14, 143
FORK, OPEN, CREAT, UNLINK, EXECVE, CHMOD, SETUID16, KILL, RENAME, MKDIR = 2, 5, 8, 10, 11, 15, 23, 37, 38, 39
USTAT, SOCKETCALL, SETRESUID16, CHOWN16, SETRESUID, CHOWN, SETUID = 62, 102, 164, 182, 208, 212, 213
OPENAT, SOCKET, BIND, CONNECT, SENDTO = 295, 359, 361, 362, 369
SYS_SOCKET, SYS_BIND, SYS_CONNECT, SYS_LISTEN, SYS_ACCEPT, SYS_SENDTO, SYS_ACCEPT4 = 1, 2, 3, 4, 5, 11, 18


def socketcall(number: int, *args: object):
    """One of the socket calls through socketcall, the single entry of the 32-bit table for all of them."""
    return call32(SOCKETCALL, number, list(args))


def test_open(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(made := call32(OPEN, path, os.O_CREAT | os.O_RDWR, 0o640))
    (event,) = run.events("open")
    assert made.ret >= 0
    assert (event.ia32, event.syscall) == (True, OPEN)
    assert event.params == {
        "fd": made.ret,
        "name": opened(path),
        "flags": O.CREAT | O.RDWR | O.F_CREATED,
        "mode": 0o640,
        "dev": device(path),
        "ino": inode(path),
    }


def test_openat(live: Live, tmp_path: Path) -> None:
    run = live.run(call32(OPENAT, AT_FDCWD, "missing", os.O_RDONLY, 0), cwd=tmp_path)
    (event,) = run.events("openat")
    assert event.params == {
        "fd": -errno.ENOENT,
        "dirfd": AT_FDCWD,  # negative, though the register holds 32 bits
        "name": named("missing", tmp_path),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


def test_paths(live: Live, tmp_path: Path) -> None:
    run = live.run(
        made := call32(CREAT, "a", 0o600),
        call32(CHMOD, "a", 0o644),
        call32(RENAME, "a", "b"),
        call32(UNLINK, "b"),
        call32(MKDIR, "c", 0o700),
        cwd=tmp_path,
    )
    a, b, c = (found(name, tmp_path) for name in "abc")
    seen = {event.type: event.params for event in run.own}
    assert (seen["creat"]["fd"], seen["creat"]["name"]) == (made.ret, opened(tmp_path / "a", "a", tmp_path))
    assert seen["chmod"] == {"res": 0, "filename": a, "mode": 0o644}
    assert seen["rename"] == {"res": 0, "oldpath": a, "newpath": b}
    assert seen["unlink"] == {"res": 0, "path": b}
    assert seen["mkdir"] == {"res": 0, "path": c, "mode": 0o700}
    assert (tmp_path / "c").is_dir()


def test_execve(live: Live) -> None:
    starts = call32(EXECVE, live.program, ["other", ":hold"], ["A=1"])
    with live.start(starts) as run:
        run.until(starts)
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert event.params == exec_params(
        task, command=["other", ":hold"], filename=opened(live.program), exepath=live.program, env=["A=1"]
    )


def test_execve_fails(live: Live) -> None:
    """The pointers of an argument vector have 32 bits here."""
    with live.start(call32(EXECVE, "/missing", ["missing", "-v", "x y"], ["A=1", "B=2"]), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert event.params == exec_params(
        task,
        res=-errno.ENOENT,
        command=["missing", "-v", "x y"],
        filename=named("/missing"),
        exepath=live.program,
        env=["A=1", "B=2"],
    )


def test_fork(live: Live) -> None:
    with live.start(child(call32(FORK), pause := hold())) as run:
        run.until(pause)
        made = Process(pause.pid)
    events = {event.params["res"]: event for event in run.events("fork")}
    assert events.keys() == {0, pause.pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=0)


def test_kill(live: Live) -> None:
    run = live.run(call32(KILL, OWN_PID, 0), call32(KILL, -0x7FFFFFF0, 0))
    first, second = (event.params for event in run.events("kill"))
    assert first == {"res": 0, "pid": run.pid, "sig": 0}
    assert second == {"res": -errno.ESRCH, "pid": -0x7FFFFFF0, "sig": 0}


def test_ids_of_16_bits(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    run = live.run(
        call32(CHOWN16, "a", 1234, 0xFFFF),
        call32(CHOWN, "a", 70000, -1),
        call32(SETRESUID16, 0, 0xFFFF, 0),
        call32(SETRESUID, 0, -1, 0),
        call32(SETUID16, 0xFFFF),
        call32(SETUID, 70000),
        cwd=tmp_path,
    )
    path = found("a", tmp_path)
    assert [event.params for event in run.events("chown")] == [
        {"res": 0, "path": path, "uid": 1234, "gid": NO_ID},
        {"res": 0, "path": path, "uid": 70000, "gid": NO_ID},
    ]
    assert [event.params for event in run.events("setresuid")] == [
        {"res": 0, "ruid": 0, "euid": NO_ID, "suid": 0},
        {"res": 0, "ruid": 0, "euid": NO_ID, "suid": 0},
    ]
    assert [event.params for event in run.events("setuid")] == [
        {"res": -errno.EINVAL, "uid": NO_ID},
        {"res": 0, "uid": 70000},
    ]


@pytest.mark.parametrize("own", [True, False], ids=["own call", "socketcall"])
def test_client(live: Live, own: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = sockaddr_in("127.0.0.1", port)
        make = (socket.AF_INET, socket.SOCK_STREAM, 0)
        made = call32(SOCKET, *make) if own else socketcall(SYS_SOCKET, *make)
        target = (made, address, 16)
        payload = (made, "hello", 5, 0, None, 0)
        run = live.run(
            made,
            call32(BIND, made, sockaddr_in("127.0.0.8", 0), 16)
            if own
            else socketcall(SYS_BIND, made, sockaddr_in("127.0.0.8", 0), 16),
            call32(CONNECT, *target) if own else socketcall(SYS_CONNECT, *target),
            call32(SENDTO, *payload) if own else socketcall(SYS_SENDTO, *payload),
        )
        client = client_of(server)
    seen = {event.type: event.params for event in run.own}
    both = socktuple(client, ("127.0.0.1", port))
    assert client[0] == "127.0.0.8"
    assert seen["socket"] == {"fd": made.ret, "domain": 2, "type": 1, "proto": 0, "flags": 0}
    assert seen["bind"] == {"res": 0, "addr": sockaddr("127.0.0.8", 0), "fd": made.ret}
    assert seen["connect"] == {"res": 0, "tuple": both, "fd": made.ret, "addr": sockaddr("127.0.0.1", port)}
    assert seen["sendto"] == {"res": 5, "data": b"hello", "fd": made.ret, "size": 5, "tuple": both}


@pytest.mark.parametrize("number", [SYS_ACCEPT, SYS_ACCEPT4])
def test_server(live: Live, number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            made = socketcall(number, server.fileno(), None, None, socket.SOCK_CLOEXEC)
            run = live.run(socketcall(SYS_LISTEN, server.fileno(), 3), made, pass_fds=[server.fileno()])
            both = socktuple(client.getsockname(), server.getsockname())
        listener = server.fileno()
    listened, accepted = run.own[1:3]
    assert (listened.type, listened.params) == ("listen", {"res": 0, "fd": listener, "backlog": 3})
    expected = {"fd": made.ret, "tuple": both, "queuepct": 0, "queuelen": 0, "queuemax": 3}
    if number == SYS_ACCEPT4:
        expected["flags"] = O.CLOEXEC
    assert (accepted.type, accepted.params) == ("accept4" if number == SYS_ACCEPT4 else "accept", expected)


def test_structures_of_32_bits(live: Live) -> None:
    run = live.run(
        call32(NANOSLEEP, struct.pack("=ii", 0, 1500), None),
        call32(SETRLIMIT, native.RLIMIT_CORE, struct.pack("=II", 1234, 0xFFFFFFFF)),
        call32(UGETRLIMIT, native.RLIMIT_CORE, Zeros(8)),
        call32(GETRLIMIT_OLD, native.RLIMIT_CORE, Zeros(8)),
        call32(PROCESS_VM_READV, OWN_PID, [Zeros(8), 3], 1, ["abc", 3], 1, 0),
    )
    seen = {event.type: event.params for event in run.own}
    assert seen["nanosleep"] == {"res": 0, "interval": 1500}
    assert seen["setrlimit"] == {"res": 0, "cur": 1234, "max": -1, "resource": 4}
    new, old = (event.params for event in run.events("getrlimit"))
    assert new == {"res": 0, "cur": 1234, "max": -1, "resource": 4}
    assert old == {"res": 0, "cur": 1234, "max": 0x7FFFFFFF, "resource": 4}
    assert seen["process_vm_readv"] == {"res": 3, "pid": run.pid, "data": b"abc"}


def test_ids_that_are_asked_for(live: Live) -> None:
    run = live.run(
        call32(SETRESUID, 0, 0, 70000),
        call32(GETRESUID16, Zeros(4), Zeros(4), Zeros(4)),
        call32(GETRESUID, Zeros(4), Zeros(4), Zeros(4)),
        call32(SETUID, 70000),
        call32(GETUID16),
        call32(GETUID),
    )
    narrow, wide = (event.params for event in run.events("getresuid"))
    assert narrow == {"res": 0, "ruid": 0, "euid": 0, "suid": 65534}  # what does not fit is shown as the overflow id
    assert wide == {"res": 0, "ruid": 0, "euid": 0, "suid": 70000}
    assert [event.params for event in run.events("getuid")] == [{"uid": 65534}, {"uid": 70000}]


def test_names_and_descriptors(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(
        directory,
        call32(MKNOD, "pipe", 0o10600, 0),
        call32(ACCESS, "pipe", os.R_OK),
        call32(FSTATAT64, directory, "pipe", Zeros(256), 0),
        call32(FLOCK, directory, 1),
        call32(FCHDIR, directory),
        call32(CHDIR, "/"),
        call32(FUTEX_TIME64, 0x10, 1 | 0x80, 2, None, None, 0),
        cwd=tmp_path,
    )
    seen = {event.type: event.params for event in run.own}
    pipe, fd = found("pipe", tmp_path), directory.ret
    assert seen["mknod"] == {"res": 0, "path": pipe, "mode": 0o10600, "dev": 0}
    assert seen["access"] == {"res": 0, "name": pipe, "mode": 4}
    assert seen["newfstatat"] == {"res": 0, "dirfd": fd, "path": pipe, "flags": 0}
    assert seen["flock"] == {"res": 0, "fd": fd, "operation": 1}
    assert seen["fchdir"] == {"res": 0, "fd": fd}
    assert seen["chdir"] == {"res": 0, "path": "/"}
    assert seen["futex"] == {"res": 0, "addr": 0x10, "op": 0x81, "val": 2}


def test_x32_number(live: Live, tmp_path: Path) -> None:
    """A third door, which few kernels have open: the 64-bit numbers with one more bit."""
    run = live.run(made := call("nr:0x40000002", tmp_path / "missing", os.O_RDWR, 0))
    (event,) = run.events("open")
    assert made.ret in (-errno.ENOENT, -errno.ENOSYS)
    assert (event.ia32, event.syscall) == (False, 2)
    assert event.params == {
        "fd": made.ret,
        "name": named(tmp_path / "missing"),
        "flags": O.RDWR,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


def test_number_of_another_call(live: Live) -> None:
    """62 is kill in the 64-bit table."""
    run = live.run(made := call32(USTAT, 0, None), call("getpid"))
    assert made.ret < 0
    assert [event.type for event in run.own] == ["execve", "procexit"]
