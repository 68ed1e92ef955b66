# SPDX-License-Identifier: Apache-2.0
"""setsockopt."""

from __future__ import annotations

import errno
import socket
import struct

from support.calls import Zeros, call
from support.expect import dyn_bytes
from support.falco import SO_BY_NATIVE, SockOpt
from support.recorder import Live

SECOND = 10**9


def test_number(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    value = struct.pack("=i", 1)
    run = live.run(made, call("setsockopt", made, socket.SOL_SOCKET, socket.SO_REUSEADDR, value, 4))
    (event,) = run.events("setsockopt")
    assert event.params == {
        "res": 0,
        "fd": made.ret,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.REUSEADDR,
        "val": 1,
        "optlen": 4,
    }
    assert event.fields["fd.type"] == "ipv4"


def test_time(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    value = struct.pack("=qq", 3, 250_000)
    run = live.run(made, call("setsockopt", made, socket.SOL_SOCKET, socket.SO_RCVTIMEO, value, 16))
    (event,) = run.events("setsockopt")
    assert event.params == {
        "res": 0,
        "fd": made.ret,
        "level": SockOpt.SOL_SOCKET,
        "optname": SockOpt.RCVTIMEO,
        "val": 3 * SECOND + SECOND // 4,
        "optlen": 16,
    }


def test_of_another_level(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    value = struct.pack("=i", 1)
    run = live.run(made, call("setsockopt", made, socket.IPPROTO_TCP, socket.TCP_NODELAY, value, 4))
    (event,) = run.events("setsockopt")
    assert event.params == {
        "res": 0,
        "fd": made.ret,
        "level": SockOpt.SOL_TCP,
        "optname": 0,
        "val": dyn_bytes(value),
        "optlen": 4,
    }


def test_options(live: Live) -> None:
    run = live.run(*[call("setsockopt", 987, socket.SOL_SOCKET, native, Zeros(16), 16) for native in SO_BY_NATIVE])
    events = run.events("setsockopt")
    assert [event.params["optname"] for event in events] == list(SO_BY_NATIVE.values())
    assert {event.params["res"] for event in events} == {-errno.EBADF}


def test_no_such_option(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    run = live.run(made, call("setsockopt", made, socket.SOL_SOCKET, 9999, None, -1))
    (event,) = run.events("setsockopt")
    assert event.params == {
        "res": -errno.EINVAL,
        "fd": made.ret,
        "level": SockOpt.SOL_SOCKET,
        "optname": 0,
        "val": dyn_bytes(b""),
        "optlen": 2**32 - 1,
    }
