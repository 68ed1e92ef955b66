# SPDX-License-Identifier: Apache-2.0
"""Calls on descriptors, memory and sockets through ``int $0x80``: narrower arguments, and structures of their own."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from support.calls import Zeros, call, call32
from support.expect import dyn_bytes, free_port, memory, socktuple
from support.falco import FCNTL_BY_NATIVE, Map, Poll, Prot, SockOpt
from support.native import mmsghdrs, msghdr, pollfd, sockaddr_in
from support.recorder import Live

# The 32-bit table.
READ, WRITE, LSEEK, PIPE, IOCTL, FCNTL, MMAP, MUNMAP, SOCKETCALL, MPROTECT = 3, 4, 19, 42, 54, 55, 90, 91, 102, 125
READV, WRITEV, POLL, PREAD64, PWRITE64, SENDFILE, FCNTL64, SENDFILE64 = 145, 146, 168, 180, 181, 187, 221, 239
PPOLL, SPLICE, SIGNALFD4, EVENTFD2, PREADV, PWRITEV, RECVMMSG, SENDMMSG = 309, 313, 327, 328, 333, 334, 337, 345
SOCKETPAIR, GETSOCKOPT, SETSOCKOPT, SENDMSG, RECVFROM, RECVMSG, SHUTDOWN = 360, 365, 366, 370, 371, 372, 373
COPY_FILE_RANGE, PPOLL_TIME64 = 377, 414
SYS_SOCKETPAIR, SYS_RECVFROM, SYS_SHUTDOWN, SYS_SETSOCKOPT, SYS_GETSOCKOPT = 8, 12, 13, 14, 15
SYS_SENDMSG, SYS_RECVMSG, SYS_RECVMMSG, SYS_SENDMMSG = 16, 17, 19, 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a"
    path.write_bytes(b"hello world")
    return path


def test_reading_and_writing(live: Live, file: Path) -> None:
    made = call("open", file, os.O_RDWR, 0)
    run = live.run(
        made,
        call32(READ, made, Zeros(9), 5),
        call32(WRITE, made, "abc", 3),
        call32(LSEEK, made, -3, os.SEEK_END),
        call32(READV, made, [Zeros(2), 2, Zeros(9), 9], 2),
        call32(WRITEV, made, ["x", 1, "yz", 2], 2),
    )
    seen = {event.type: event.params for event in run.own if event.ia32}
    fd = made.ret
    assert seen == {
        "read": {"res": 5, "data": b"hello", "fd": fd, "size": 5},
        "write": {"res": 3, "data": b"abc", "fd": fd, "size": 3},
        "lseek": {"res": 8, "fd": fd, "offset": 2**64 - 3, "whence": 2},
        "readv": {"res": 3, "size": 3, "data": b"rld", "fd": fd},
        "writev": {"res": 3, "data": b"xyz", "fd": fd, "size": 3},
    }


def test_positions(live: Live, file: Path) -> None:
    """They come in two halves."""
    made = call("open", file, os.O_RDWR, 0)
    run = live.run(
        made,
        call32(PREAD64, made, Zeros(9), 9, 6, 0),
        call32(PWRITE64, made, "x", 1, 2, 1),
        call32(PREADV, made, [Zeros(3), 3], 1, 1, 0),
        call32(PWRITEV, made, ["yz", 2], 1, 3, 1),
    )
    seen = {event.type: event.params for event in run.own if event.ia32}
    fd = made.ret
    assert seen == {
        "pread": {"res": 5, "data": b"world", "fd": fd, "size": 9, "pos": 6},
        "pwrite": {"res": 1, "data": b"x", "fd": fd, "size": 1, "pos": 2**32 + 2},
        "preadv": {"res": 3, "size": 3, "data": b"ell", "fd": fd, "pos": 1},
        "pwritev": {"res": 2, "data": b"yz", "fd": fd, "size": 2, "pos": 2**32 + 3},
    }


def test_copying(live: Live, file: Path, tmp_path: Path) -> None:
    source = call("open", file, os.O_RDONLY, 0)
    target = call("open", tmp_path / "b", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(
        source,
        target,
        call32(SENDFILE, target, source, struct.pack("=II", 6, 99), 5),
        call32(SENDFILE64, target, source, struct.pack("=Q", 7), 2),
        call32(COPY_FILE_RANGE, source, struct.pack("=Q", 1), target, None, 3, 0),
    )
    expected = {"out_fd": target.ret, "in_fd": source.ret}
    assert [event.params for event in run.events("sendfile")] == [
        expected | {"res": 5, "offset": 6, "size": 5},
        expected | {"res": 2, "offset": 7, "size": 2},
    ]
    (event,) = run.events("copy_file_range")
    assert event.params == {"res": 3, "fdout": target.ret, "offout": 0, "fdin": source.ret, "offin": 1, "len": 3}


@pytest.mark.parametrize("number", [FCNTL, FCNTL64])
def test_fcntl(live: Live, number: int) -> None:
    run = live.run(made := call32(number, 0, fcntl.F_DUPFD, 50))
    (event,) = run.events("fcntl")
    assert made.ret == 50
    assert event.params == {"res": 50, "fd": 0, "cmd": FCNTL_BY_NATIVE[fcntl.F_DUPFD], "arg": 50}


def test_memory(live: Live, file: Path) -> None:
    """The old call has its arguments in memory."""
    opened = call("open", file, os.O_RDONLY, 0)
    made = call32(MMAP, [0, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, opened, 0])
    run = live.run(opened, made)
    (event,) = run.events("mmap")
    assert event.params == memory() | {
        "res": made.ret % 2**32,
        "addr": 0,
        "length": 4096,
        "prot": Prot.READ,
        "flags": Map.PRIVATE,
        "fd": opened.ret,
        "offset": 0,
    }


def test_waiting(live: Live) -> None:
    run = live.run(
        call32(EVENTFD2, 1, os.O_CLOEXEC),
        call32(POLL, pollfd(3, Poll.NATIVE_IN), 1, -1),
        call32(PPOLL, None, 0, struct.pack("=ii", 0, 1000), None, 8),
        call32(PPOLL_TIME64, pollfd(3, Poll.NATIVE_IN), 1, struct.pack("=qq", 2**33, 7), struct.pack("=Q", 5), 8),
    )
    (event,) = run.events("poll")
    assert event.params == {"res": 1, "fds": [(3, Poll.IN)], "timeout": -1}
    old, new = run.events("ppoll")
    assert old.params == {"res": 0, "fds": [], "timeout": 0, "sigmask": 0}
    assert new.params["res"] == 1
    assert new.params["sigmask"] == 5
    assert (2**33 - 1) * 10**9 < new.params["timeout"] <= 2**33 * 10**9 + 7


def net32(own: bool) -> Callable[..., object]:
    """A socket call of 32 bits, by a number of its own or through socketcall: ``(number, through, *args)``."""

    def net(number: int, through: int, *args: object) -> object:
        return call32(number, *args) if own else call32(SOCKETCALL, through, list(args))

    return net


@pytest.mark.parametrize("own", [True, False], ids=["own call", "socketcall"])
def test_messages(live: Live, own: bool) -> None:
    net = net32(own)
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))
        sender.bind(("127.0.0.9", 0))
        for text in (b"one", b"two", b"three"):
            sender.sendto(text, receiver.getsockname())
        fd, out = receiver.fileno(), sender.fileno()
        length = struct.pack("=i", 16)
        run = live.run(
            net(RECVFROM, SYS_RECVFROM, fd, Zeros(9), 9, 0, Zeros(16), length),
            net(RECVMSG, SYS_RECVMSG, fd, msghdr([Zeros(9), 9], name=bytes(16)), 0),
            net(RECVMMSG, SYS_RECVMMSG, fd, mmsghdrs(msghdr([Zeros(2), 2, Zeros(9), 9], name=bytes(16))), 1, 0, None),
            net(SENDMSG, SYS_SENDMSG, out, msghdr(["x", 1], name=sockaddr_in(*receiver.getsockname())), 0),
            net(
                SENDMMSG,
                SYS_SENDMMSG,
                out,
                mmsghdrs(*[msghdr([text, 1], name=sockaddr_in(*receiver.getsockname())) for text in "yz"]),
                2,
                0,
            ),
            pass_fds=[fd, out],
        )
        both = socktuple(sender.getsockname(), receiver.getsockname())
    received = {"fd": fd, "tuple": both}
    sent = {"fd": out, "tuple": both, "size": 1, "res": 1}
    assert [(event.type, event.params) for event in run.own if event.ia32] == [
        ("recvfrom", received | {"res": 3, "data": b"one", "size": 9}),
        ("recvmsg", received | {"res": 3, "size": 3, "data": b"two", "msgcontrol": None}),
        ("recvmmsg", received | {"res": 5, "size": 5, "data": b"three", "msgcontrol": None}),
        ("sendmsg", sent | {"data": b"x"}),
        ("sendmmsg", sent | {"data": b"y"}),
        ("sendmmsg", sent | {"data": b"z"}),
    ]


@pytest.mark.parametrize("own", [True, False], ids=["own call", "socketcall"])
def test_options(live: Live, own: bool) -> None:
    net = net32(own)
    with socket.socket() as made:
        fd = made.fileno()
        run = live.run(
            net(SETSOCKOPT, SYS_SETSOCKOPT, fd, socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("=ii", 2, 5), 8),
            net(GETSOCKOPT, SYS_GETSOCKOPT, fd, socket.SOL_SOCKET, socket.SO_TYPE, Zeros(4), struct.pack("=i", 4)),
            net(SETSOCKOPT, SYS_SETSOCKOPT, fd, 0, 1, bytes(12), 12),
            net(SHUTDOWN, SYS_SHUTDOWN, fd, socket.SHUT_WR),
            pass_fds=[fd],
        )
    option = {"fd": fd, "level": SockOpt.SOL_SOCKET}
    assert [(event.type, event.params) for event in run.own if event.ia32] == [
        ("setsockopt", option | {"res": 0, "optname": SockOpt.RCVTIMEO, "val": 2 * 10**9 + 5000, "optlen": 8}),
        ("getsockopt", option | {"res": 0, "optname": SockOpt.TYPE, "val": 1, "optlen": 4}),
        ("setsockopt", option | {"res": 0, "level": 0, "optname": 0, "val": dyn_bytes(bytes(12)), "optlen": 12}),
        ("shutdown", {"res": -errno.ENOTCONN, "fd": fd, "how": 1}),
    ]


def test_descriptors(live: Live) -> None:
    run = live.run(
        call32(PIPE, Zeros(8)),
        call32(SOCKETCALL, SYS_SOCKETPAIR, [socket.AF_UNIX, int(socket.SOCK_STREAM), 0, Zeros(8)]),
        call32(SIGNALFD4, -1, struct.pack("=Q", 0x300), 8, 0),
        call32(SPLICE, 3, None, 4, None, 1, 2),
        call32(IOCTL, 0, 0xFFFFFFFF, 0x80000000),
    )
    seen = {event.type: event.params for event in run.own if event.ia32}
    assert (seen["pipe"]["fd1"], seen["pipe"]["fd2"]) == (3, 4)
    assert (seen["socketpair"]["fd1"], seen["socketpair"]["fd2"]) == (5, 6)
    assert seen["signalfd4"] == {"res": 7, "flags": 0, "fd": -1, "mask": 0x300}
    assert seen["splice"] == {"res": -errno.EINVAL, "fd_in": 3, "fd_out": 4, "size": 1, "flags": 2}
    assert seen["ioctl"] == {"res": -errno.ENOTTY, "fd": 0, "request": 0xFFFFFFFF, "argument": 0x80000000}
