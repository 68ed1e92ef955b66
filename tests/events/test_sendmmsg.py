# SPDX-License-Identifier: Apache-2.0
"""sendmmsg.  Each message has an event."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import socktuple
from support.native import mmsghdrs, msghdr, sockaddr_in
from support.recorder import Live


def test_each_message(live: Live) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as other:
        receiver.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.2", 0))
        addresses = [receiver.getsockname(), other.getsockname()]
        made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
        messages = mmsghdrs(
            msghdr(["hello", 5], name=sockaddr_in(*addresses[0])),
            msghdr(["good", 4, "bye", 3], name=sockaddr_in(*addresses[1])),
        )
        own = call("bind", made, sockaddr_in("127.0.0.9", 0), 16)
        run = live.run(made, own, call("sendmmsg", made, messages, 2, 0))
        _, source = receiver.recvfrom(20)
    first, second = run.events("sendmmsg")
    assert first.params == {
        "res": 5,
        "fd": made.ret,
        "size": 5,
        "data": b"hello",
        "tuple": socktuple(source, addresses[0]),
    }
    assert second.params == {
        "res": 7,
        "fd": made.ret,
        "size": 7,
        "data": b"goodbye",
        "tuple": socktuple(source, addresses[1]),
    }
    assert [event.fields["fd.sip"] for event in (first, second)] == ["127.0.0.1", "127.0.0.2"]


def test_more_than_are_reported(live: Live) -> None:
    ours, theirs = socket.socketpair(type=socket.SOCK_DGRAM)
    with ours, theirs:
        messages = mmsghdrs(*[msghdr([bytes([number]), 1]) for number in range(20)])
        call_ = call("sendmmsg", ours.fileno(), messages, 20, socket.MSG_DONTWAIT)
        run = live.run(call_, pass_fds=[ours.fileno()])
    sent = run.events("sendmmsg")
    assert call_.ret >= 10
    assert [event.params["data"] for event in sent] == [bytes([number]) for number in range(min(call_.ret, 16))]


def test_not_even_one(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
    run = live.run(made, call("sendmmsg", made, mmsghdrs(msghdr(["hello", 5])), 1, 0))
    (event,) = run.events("sendmmsg")
    assert event.params == {"res": -errno.EDESTADDRREQ, "fd": made.ret, "size": 0, "data": None, "tuple": None}
