# SPDX-License-Identifier: Apache-2.0
"""sendto.  Other families are in test_sockets.py."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import socktuple
from support.native import sockaddr_in
from support.recorder import Live


def test_sends_to_an_address(live: Live) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        address = receiver.getsockname()
        made = call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
        own = call("bind", made, sockaddr_in("127.0.0.9", 0), 16)
        run = live.run(made, own, call("sendto", made, "hello", 5, 0, sockaddr_in(*address), 16))
        _, source = receiver.recvfrom(10)
    (event,) = run.events("sendto")
    assert source[0] == "127.0.0.9"
    assert event.params == {
        "res": 5,
        "data": b"hello",
        "fd": made.ret,
        "size": 5,
        "tuple": socktuple(source, address),
    }


def test_only_the_first_bytes_are_kept(live: Live) -> None:
    payload = bytes(range(256)) * 4
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        sender.connect(receiver.getsockname())
        run = live.run(
            call("sendto", sender.fileno(), payload, len(payload), 0, None, 0),
            pass_fds=[sender.fileno()],
        )
        source, address = sender.getsockname(), receiver.getsockname()
        descriptor = sender.fileno()
    (event,) = run.events("sendto")
    assert event.params == {
        "res": 1024,
        "data": payload[:80],
        "fd": descriptor,
        "size": 1024,
        "tuple": socktuple(source, address),
    }


def test_nobody_to_send_to(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    run = live.run(made, call("sendto", made, "hello", 5, 0, None, 0))
    (event,) = run.events("sendto")
    assert event.params == {"res": -errno.EDESTADDRREQ, "data": b"hello", "fd": made.ret, "size": 5, "tuple": None}
