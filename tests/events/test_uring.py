# SPDX-License-Identifier: Apache-2.0
"""Requests of io_uring: the events of the system calls that do the same, from the thread that submitted them."""

from __future__ import annotations

import errno
import os
import socket
import struct
from pathlib import Path

import pytest
from support import native
from support.calls import Step, Zeros, call, request, ring, thread
from support.expect import NO_PATH, PathValue, client_of, device, found, inode, named, opened, sockaddr, socktuple
from support.falco import AT_FDCWD, At, O
from support.live import gate, uring_problem
from support.native import open_how, sockaddr_in
from support.recorder import Live, Recorded, Run

READV, WRITEV, SENDMSG, RECVMSG, ACCEPT, CONNECT = 1, 2, 9, 10, 13, 16
OPENAT, CLOSE, READ, WRITE, SEND, RECV, OPENAT2 = 18, 19, 22, 23, 26, 27, 28
SHUTDOWN, RENAMEAT, UNLINKAT, MKDIRAT, SYMLINKAT, LINKAT = 34, 35, 36, 37, 38, 39
SOCKET, SEND_ZC, BIND, LISTEN = 45, 47, 56, 57

SQPOLL = 2  # of a ring
FIXED_FILE, ASYNC, SKIP_SUCCESS = 0x1, 0x10, 0x40  # of a request
ACCEPT_MULTISHOT = 1  # ioprio of an accept
REGISTER_FILES = 2
DIRECT = 1  # file_index of the first place in a ring's own table


@pytest.fixture(scope="module", autouse=True)
def _io_uring() -> None:
    gate(uring_problem(), "TIERCEL_KERNEL_TESTS")


def requests(run: Run, name: str) -> list[Recorded]:
    """The events of requests; those of system calls are of the program's own preparations."""
    events = [event for event in run.events(name) if event.io_uring]
    for event in events:
        assert (event.tid, event.pid, event.syscall, event.comm) == (run.pid, run.pid, None, "calls")
        assert event.fields["evt.is_io_uring"] is True
    return events


def open_file(path: Path, flags: int = os.O_RDWR) -> Step:
    return call("open", path, flags, 0)


def test_openat_creates(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(ring(), made := request(OPENAT, AT_FDCWD, "new", 0o640, 0, os.O_CREAT | os.O_RDWR), cwd=tmp_path)
    (event,) = requests(run, "openat")
    assert made.ret >= 0
    assert event.params == {
        "fd": made.ret,
        "dirfd": AT_FDCWD,
        "name": opened(path, "new", tmp_path),
        "flags": O.CREAT | O.RDWR | O.F_CREATED,
        "mode": 0o640,
        "dev": device(path),
        "ino": inode(path),
    }
    assert event.fields["fd.name"] == str(path)


@pytest.mark.parametrize("flags", [0, ASYNC], ids=["at once", "by a worker"])
@pytest.mark.parametrize("mode", [0, SQPOLL], ids=["plain", "polled"])
def test_openat_through_a_link(live: Live, tmp_path: Path, mode: int, flags: int) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(
        directory,
        ring(mode),
        made := request(OPENAT, directory, "link", 0, 0, os.O_RDONLY, flags=flags),
        failed := request(OPENAT, directory, "missing", 0, 0, os.O_RDONLY, flags=flags),
        cwd="/",
    )
    good, bad = requests(run, "openat")
    assert good.params == {
        "fd": made.ret,
        "dirfd": directory.ret,
        "name": opened(tmp_path / "there", "link", tmp_path),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": device(tmp_path / "there"),
        "ino": inode(tmp_path / "there"),
    }
    assert failed.ret == -errno.ENOENT
    assert bad.params == {
        "fd": -errno.ENOENT,
        "dirfd": directory.ret,
        "name": named("missing", tmp_path),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


def test_openat2(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    how = open_how(os.O_RDONLY | os.O_CLOEXEC, 0, native.RESOLVE_NO_SYMLINKS)
    run = live.run(ring(), made := request(OPENAT2, AT_FDCWD, path, len(how), how))
    (event,) = requests(run, "openat2")
    assert event.params == {
        "fd": made.ret,
        "dirfd": AT_FDCWD,
        "name": opened(path),
        "flags": O.RDONLY | O.CLOEXEC,
        "mode": 0,
        "resolve": 0x8,
        "dev": device(path),
        "ino": inode(path),
    }


def test_openat_into_the_rings_own_table(live: Live, tmp_path: Path) -> None:
    """There is no descriptor to find the file by: the path is looked up."""
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")
    made = ring()
    run = live.run(
        made,
        call("io_uring_register", made, REGISTER_FILES, struct.pack("=i", -1), 1),
        done := request(OPENAT, AT_FDCWD, tmp_path / "link", 0, 0, os.O_RDONLY, DIRECT),
    )
    (event,) = requests(run, "openat")
    assert done.ret == 0
    assert event.params == {
        "fd": 0,
        "dirfd": AT_FDCWD,
        "name": opened(tmp_path / "there", tmp_path / "link"),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


def test_close(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    file = open_file(path)
    run = live.run(file, ring(), request(CLOSE, file), request(CLOSE, 99))
    done, failed = requests(run, "close")
    assert done.params == {"res": 0, "fd": file.ret}
    assert done.fields["fd.name"] == str(path)
    assert failed.params == {"res": -errno.EBADF, "fd": 99}


def test_entries(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(
        directory,
        ring(),
        request(MKDIRAT, directory, "dir", 0o750),
        request(SYMLINKAT, directory, "a", 0, "dir/symbolic"),
        request(LINKAT, directory, "dir/symbolic", directory, "linked", native.AT_SYMLINK_FOLLOW),
        request(RENAMEAT, directory, "a", directory, "dir/b"),
        request(RENAMEAT, directory, "dir/b", AT_FDCWD, "c", native.RENAME_NOREPLACE),
        request(UNLINKAT, directory, "linked"),
        request(UNLINKAT, AT_FDCWD, "dir", 0, 0, native.AT_REMOVEDIR),
        cwd=tmp_path,
    )
    fd = directory.ret
    assert [event.params for event in requests(run, "mkdirat")] == [
        {"res": 0, "dirfd": fd, "path": found("dir", tmp_path), "mode": 0o750}
    ]
    assert [event.params for event in requests(run, "symlinkat")] == [
        {"res": 0, "target": "a", "linkdirfd": fd, "linkpath": found("dir/symbolic", tmp_path)}
    ]
    (linkat,) = requests(run, "linkat")
    assert linkat.params["res"] == -errno.ENOENT  # the link leads to dir/a
    (renameat,) = requests(run, "renameat")
    assert renameat.params == {
        "res": 0,
        "olddirfd": fd,
        "oldpath": found("a", tmp_path),
        "newdirfd": fd,
        "newpath": found("dir/b", tmp_path),
    }
    (renameat2,) = requests(run, "renameat2")
    assert renameat2.params == {
        "res": 0,
        "olddirfd": fd,
        "oldpath": found("dir/b", tmp_path),
        "newdirfd": AT_FDCWD,
        "newpath": found("c", tmp_path),
        "flags": 1,
    }
    missing, full = requests(run, "unlinkat")
    assert missing.params == {"res": -errno.ENOENT, "dirfd": fd, "name": named("linked", tmp_path), "flags": 0}
    assert full.params == {
        "res": -errno.ENOTEMPTY,
        "dirfd": AT_FDCWD,
        "name": found("dir", tmp_path),
        "flags": At.REMOVEDIR,
    }


def test_unlinkat_and_linkat(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    run = live.run(
        ring(), request(LINKAT, AT_FDCWD, "a", AT_FDCWD, "b"), request(UNLINKAT, AT_FDCWD, "a"), cwd=tmp_path
    )
    (linkat,) = requests(run, "linkat")
    assert linkat.params == {
        "res": 0,
        "olddir": AT_FDCWD,
        "oldpath": found("a", tmp_path),
        "newdir": AT_FDCWD,
        "newpath": found("b", tmp_path),
        "flags": 0,
    }
    (unlinkat,) = requests(run, "unlinkat")
    assert unlinkat.params == {"res": 0, "dirfd": AT_FDCWD, "name": found("a", tmp_path), "flags": 0}
    assert not (tmp_path / "a").exists()


def test_reads_and_writes(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"0123456789")
    file = open_file(path)
    run = live.run(
        file,
        ring(),
        request(READ, file, Zeros(64), 4),
        request(READV, file, [Zeros(64), 2, Zeros(64), 3], 2, 4),
        request(WRITE, file, "abc", 3),
        request(WRITEV, file, ["de", 2, "fgh", 3], 2, 3),
        request(READ, 99, Zeros(8), 8),
    )
    fd = file.ret
    read, failed = requests(run, "read")
    assert read.params == {"res": 4, "data": b"0123", "fd": fd, "size": 4}
    assert read.fields["fd.name"] == str(path)
    assert failed.params == {"res": -errno.EBADF, "data": None, "fd": 99, "size": 8}
    (readv,) = requests(run, "readv")
    assert readv.params == {"res": 5, "size": 5, "data": b"45678", "fd": fd}
    (write,) = requests(run, "write")
    assert write.params == {"res": 3, "data": b"abc", "fd": fd, "size": 3}
    (writev,) = requests(run, "writev")
    assert writev.params == {"res": 5, "data": b"defgh", "fd": fd, "size": 5}
    assert path.read_bytes() == b"abcdefgh89"


def test_reads_a_registered_file(live: Live, tmp_path: Path) -> None:
    """It has no descriptor, but what it is, is known."""
    with (tmp_path / "there").open("w+") as file:
        file.write("text")
        file.flush()
        made = ring()
        run = live.run(
            made,
            call("io_uring_register", made, REGISTER_FILES, struct.pack("=i", file.fileno()), 1),
            request(READ, 0, Zeros(8), 8, flags=FIXED_FILE),
            pass_fds=[file.fileno()],
        )
    (event,) = requests(run, "read")
    assert event.params == {"res": 4, "data": b"text", "fd": -errno.EBADF, "size": 8}
    assert event.fields["fd.name"] == str(tmp_path / "there")


def test_client(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = sockaddr_in("127.0.0.1", port)
        made = request(SOCKET, socket.AF_INET, None, 0, socket.SOCK_STREAM)
        run = live.run(
            ring(),
            made,
            request(CONNECT, made, address, 0, len(address)),
            request(SEND, made, "hello", 5),
            request(SENDMSG, made, [None, 0, ["a", 1, "bc", 2], 2, None, 0, 0]),
            request(SHUTDOWN, made, None, 1),
        )
        client = client_of(server)
    both, fd = socktuple(client, ("127.0.0.1", port)), made.ret
    (event,) = requests(run, "socket")
    assert event.params == {"fd": fd, "domain": 2, "type": 1, "proto": 0, "flags": 0}
    (event,) = requests(run, "connect")
    assert event.params == {"res": 0, "tuple": both, "fd": fd, "addr": sockaddr("127.0.0.1", port)}
    assert (event.fields["fd.sport"], event.fields["fd.cip"]) == (port, "127.0.0.1")
    (event,) = requests(run, "send")
    assert event.params == {"res": 5, "data": b"hello", "fd": fd, "size": 5, "tuple": both}
    (event,) = requests(run, "sendmsg")
    assert event.params == {"res": 3, "data": b"abc", "fd": fd, "size": 3, "tuple": both}
    (event,) = requests(run, "shutdown")
    assert event.params == {"res": 0, "fd": fd, "how": 1}


@pytest.mark.parametrize("flags", [0, socket.SOCK_CLOEXEC], ids=["accept", "accept4"])
def test_server(live: Live, flags: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"ping pong")
        accepted = request(ACCEPT, server.fileno(), None, 0, None, flags)
        run = live.run(
            ring(),
            request(LISTEN, server.fileno(), None, 4),
            accepted,
            request(RECV, accepted, Zeros(64), 4),
            request(RECVMSG, accepted, [None, 0, [Zeros(64), 64], 1, None, 0, 0]),
            pass_fds=[server.fileno()],
        )
        both, listener = socktuple(client.getsockname(), server.getsockname()), server.fileno()
    fd = accepted.ret
    (event,) = requests(run, "listen")
    assert event.params == {"res": 0, "fd": listener, "backlog": 4}
    (event,) = requests(run, "accept4" if flags else "accept")
    expected = {"fd": fd, "tuple": both, "queuepct": 0, "queuelen": 0, "queuemax": 4}
    assert event.params == expected | ({"flags": O.CLOEXEC} if flags else {})
    (event,) = requests(run, "recv")
    assert event.params == {"res": 4, "data": b"ping", "fd": fd, "size": 4, "tuple": both}
    (event,) = requests(run, "recvmsg")
    assert event.params == {
        "res": 5, "size": 5, "data": b" pong", "tuple": both, "msgcontrol": None, "fd": fd,
    }  # fmt: skip


def test_binds(live: Live) -> None:
    made = request(SOCKET, socket.AF_INET, None, 0, socket.SOCK_STREAM)
    address = sockaddr_in("127.0.0.9", 0)
    run = live.run(
        ring(), made, done := request(BIND, made, address, 0, len(address)), request(BIND, 0, address, 0, 16)
    )
    gate("this kernel's io_uring has no bind" if done.ret == -errno.EINVAL else None)
    good, bad = requests(run, "bind")
    assert (good.params["res"], good.params["fd"]) == (0, made.ret)
    assert good.params["addr"].startswith("127.0.0.9:")
    assert bad.params == {"res": -errno.ENOTSOCK, "addr": None, "fd": 0}


def test_sends_without_a_copy(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        run = live.run(ring(), request(SEND_ZC, client.fileno(), "hello", 5), pass_fds=[client.fileno()])
        both, fd = socktuple(client.getsockname(), server.getsockname()), client.fileno()
    (event,) = requests(run, "send")
    assert event.params == {"res": 5, "data": b"hello", "fd": fd, "size": 5, "tuple": both}


def test_accepts_several(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        clients = [socket.create_connection(server.getsockname()) for _ in range(2)]
        made = request(ACCEPT, server.fileno(), ioprio=ACCEPT_MULTISHOT)
        run = live.run(ring(), made, pass_fds=[server.fileno()])
        both = [socktuple(client.getsockname(), server.getsockname()) for client in clients]
        for client in clients:
            client.close()
    first, second = requests(run, "accept")[:2]
    assert [event.params["tuple"] for event in (first, second)] == both
    assert [event.params["fd"] for event in (first, second)] == [made.ret, made.ret + 1]


def test_connection_is_refused(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    made = call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    run = live.run(made, ring(), request(CONNECT, made, sockaddr_in("127.0.0.1", port), 0, 16))
    (event,) = requests(run, "connect")
    assert event.params == {
        "res": -errno.ECONNREFUSED,
        "tuple": None,
        "fd": made.ret,
        "addr": sockaddr("127.0.0.1", port),
    }
    assert event.fields["fd.sport"] == port


def test_is_no_socket(live: Live) -> None:
    run = live.run(ring(), request(ACCEPT, 0, None, 0, None, 0), request(LISTEN, 0, None, 4))
    (event,) = requests(run, "accept")
    assert event.params == {"fd": -errno.ENOTSOCK, "tuple": None, "queuepct": 0, "queuelen": 0, "queuemax": 0}
    (event,) = requests(run, "listen")
    assert event.params == {"res": -errno.ENOTSOCK, "fd": 0, "backlog": 4}


@pytest.mark.parametrize("mode", [0, SQPOLL], ids=["plain", "polled"])
def test_the_thread_that_submits(live: Live, tmp_path: Path, mode: int) -> None:
    run = live.run(thread(made := ring(mode), request(UNLINKAT, AT_FDCWD, tmp_path / "missing")))
    (event,) = run.events("unlinkat")
    assert made.tid != run.pid
    assert (event.io_uring, event.tid, event.pid, event.comm) == (True, made.tid, run.pid, "calls")
    assert event.params["res"] == -errno.ENOENT


def test_a_success_that_leaves_no_result(live: Live, tmp_path: Path) -> None:
    """The end of such a request is not visible, so its event is sent with the requested values at submission."""
    (tmp_path / "there").touch()
    run = live.run(
        ring(),
        request(OPENAT, AT_FDCWD, tmp_path / "there", 0, 0, os.O_RDONLY, flags=SKIP_SUCCESS),
        request(UNLINKAT, AT_FDCWD, tmp_path / "there", flags=SKIP_SUCCESS),
    )
    (event,) = requests(run, "openat")
    assert event.params == {
        "fd": None,
        "dirfd": AT_FDCWD,
        "name": named(tmp_path / "there"),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }
    (event,) = requests(run, "unlinkat")
    assert event.params == {"res": None, "dirfd": AT_FDCWD, "name": named(tmp_path / "there"), "flags": 0}
    assert event.fields["evt.is_io_uring"] is True
    assert not (tmp_path / "there").exists()


def test_a_name_of_the_greatest_length(live: Live, tmp_path: Path) -> None:
    name = "/".join(["x" * 250] * 16) + "/" + "y" * 70
    run = live.run(ring(), request(OPENAT, AT_FDCWD, name, 0, 0, os.O_RDONLY), cwd=tmp_path)
    (event,) = requests(run, "openat")
    assert event.params["name"] == PathValue(name, str(tmp_path))
    assert event.params["fd"] == -errno.ENOENT


def test_a_system_call_is_no_request(live: Live, tmp_path: Path) -> None:
    run = live.run(call("openat", AT_FDCWD, tmp_path / "missing", os.O_RDONLY, 0))
    (event,) = run.events("openat")
    assert (event.io_uring, event.fields["evt.is_io_uring"]) == (False, False)
    assert event.params["name"] != NO_PATH
