# SPDX-License-Identifier: Apache-2.0
"""recvmmsg.  Each message has an event."""

from __future__ import annotations

import errno
import socket

from support.calls import Zeros, call
from support.expect import free_port, socktuple
from support.native import mmsghdrs, msghdr
from support.recorder import Live


def test_each_message(live: Live) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))
        sender.bind(("127.0.0.9", 0))
        sender.sendto(b"hello", receiver.getsockname())
        sender.sendto(b"goodbye", receiver.getsockname())
        messages = mmsghdrs(*[msghdr([Zeros(4), 4, Zeros(4), 4], name=bytes(16)) for _ in range(3)])
        run = live.run(
            call("recvmmsg", receiver.fileno(), messages, 3, socket.MSG_DONTWAIT, None),
            pass_fds=[receiver.fileno()],
        )
        both, descriptor = socktuple(sender.getsockname(), receiver.getsockname()), receiver.fileno()
    first, second = run.events("recvmmsg")
    expected = {"fd": descriptor, "tuple": both, "msgcontrol": None}
    assert first.params == expected | {"res": 5, "size": 5, "data": b"hello"}
    assert second.params == expected | {"res": 7, "size": 7, "data": b"goodbye"}
    assert second.fields["fd.cip"] == "127.0.0.9"


def test_nothing_there(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
    run = live.run(made, call("recvmmsg", made, mmsghdrs(msghdr([Zeros(4), 4])), 1, socket.MSG_DONTWAIT, None))
    (event,) = run.events("recvmmsg")
    assert event.params == {
        "res": -errno.EAGAIN,
        "fd": made.ret,
        "size": 0,
        "data": None,
        "tuple": None,
        "msgcontrol": None,
    }
