# SPDX-License-Identifier: Apache-2.0
"""getsockopt."""

from __future__ import annotations

import errno
import socket
import struct

from support.calls import Zeros, call
from support.expect import Between, dyn_bytes
from support.falco import SockOpt
from support.recorder import Live

SO_COOKIE, SO_PEERCRED = 57, 17


def length(number: int) -> bytes:
    return struct.pack("=i", number)


def test_error_of_the_socket(live: Live) -> None:
    with socket.socket() as idle:  # bound, so that no other socket listens there
        idle.bind(("127.0.0.1", 0))
        with socket.socket() as client:
            client.setblocking(False)
            assert client.connect_ex(idle.getsockname()) in (errno.EINPROGRESS, errno.ECONNREFUSED)
            run = live.run(
                call("getsockopt", client.fileno(), socket.SOL_SOCKET, socket.SO_ERROR, Zeros(4), length(4)),
                pass_fds=[client.fileno()],
            )
            descriptor = client.fileno()
    (event,) = run.events("getsockopt")
    assert event.params.pop("val") in (-errno.ECONNREFUSED, 0)
    assert event.params == {
        "res": 0,
        "fd": descriptor,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.ERROR,
        "optlen": 4,
    }


def test_number_of_64_bits(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    run = live.run(made, call("getsockopt", made, socket.SOL_SOCKET, SO_COOKIE, Zeros(16), length(16)))
    (event,) = run.events("getsockopt")
    assert event.params == {
        "res": 0,
        "fd": made.ret,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.COOKIE,
        "val": Between(1, 2**63),
        "optlen": 8,  # what the kernel made of 16
    }


def test_bytes(live: Live) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        run = live.run(
            call("getsockopt", ours.fileno(), socket.SOL_SOCKET, SO_PEERCRED, Zeros(12), length(12)),
            pass_fds=[ours.fileno()],
        )
        credentials = ours.getsockopt(socket.SOL_SOCKET, SO_PEERCRED, 12)
        descriptor = ours.fileno()
    (event,) = run.events("getsockopt")
    assert event.params == {
        "res": 0,
        "fd": descriptor,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.PEERCRED,
        "val": dyn_bytes(credentials),
        "optlen": 12,
    }


def test_descriptor_is_not_open(live: Live) -> None:
    """Then what the program passed."""
    run = live.run(call("getsockopt", 987, socket.SOL_SOCKET, socket.SO_TYPE, length(77), length(4)))
    (event,) = run.events("getsockopt")
    assert event.params == {
        "res": -errno.EBADF,
        "fd": 987,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.TYPE,
        "val": 77,
        "optlen": 4,
    }
