# SPDX-License-Identifier: Apache-2.0
"""sendmsg."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import socktuple
from support.native import msghdr, sockaddr_in
from support.recorder import Live


def test_to_an_address(live: Live) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        address = receiver.getsockname()
        made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
        message = msghdr(["hello ", 6, "world", 5], name=sockaddr_in(*address))
        run = live.run(made, call("bind", made, sockaddr_in("127.0.0.9", 0), 16), call("sendmsg", made, message, 0))
        data, source = receiver.recvfrom(20)
    (event,) = run.events("sendmsg")
    assert data == b"hello world"
    assert event.params == {
        "res": 11,
        "data": b"hello world",
        "fd": made.ret,
        "size": 11,
        "tuple": socktuple(source, address),
    }
    assert event.fields["fd.name"] == f"127.0.0.9:{source[1]}->127.0.0.1:{address[1]}"


def test_nobody_to_send_to(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
    run = live.run(made, call("sendmsg", made, msghdr(["hello", 5]), 0))
    (event,) = run.events("sendmsg")
    assert event.params == {"res": -errno.EDESTADDRREQ, "data": b"hello", "fd": made.ret, "size": 5, "tuple": None}


def test_bad_address(live: Live) -> None:
    run = live.run(call("sendmsg", 0, None, 0))
    (event,) = run.events("sendmsg")
    assert event.params == {"res": -errno.ENOTSOCK, "data": None, "fd": 0, "size": 0, "tuple": None}
