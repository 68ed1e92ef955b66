# SPDX-License-Identifier: Apache-2.0
"""recvmsg."""

from __future__ import annotations

import array
import errno
import socket
import struct

from support.calls import Zeros, call
from support.expect import UnixTuple, free_port, socktuple
from support.native import msghdr
from support.recorder import Live


def test_from_anybody(live: Live) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))
        sender.bind(("127.0.0.9", 0))
        sender.sendto(b"hello", receiver.getsockname())
        message = msghdr([Zeros(3), 3, Zeros(9), 9], name=bytes(16))
        run = live.run(call("recvmsg", receiver.fileno(), message, 0), pass_fds=[receiver.fileno()])
        source, address, descriptor = sender.getsockname(), receiver.getsockname(), receiver.fileno()
    (event,) = run.events("recvmsg")
    assert event.params == {
        "res": 5,
        "size": 5,
        "data": b"hello",
        "tuple": socktuple(source, address),
        "msgcontrol": None,
        "fd": descriptor,
    }
    assert event.fields["fd.name"] == f"127.0.0.9:{source[1]}->127.0.0.1:{address[1]}"


def test_descriptors_that_come_with_it(live: Live) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        rights = array.array("i", [ours.fileno(), theirs.fileno()])
        theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        message = msghdr([Zeros(1), 1], control=bytes(64))
        run = live.run(call("recvmsg", ours.fileno(), message, 0), pass_fds=[ours.fileno()])
        descriptor = ours.fileno()
    (event,) = run.events("recvmsg")
    control = event.params.pop("msgcontrol")
    assert control[:16] == struct.pack("=Qii", 24, socket.SOL_SOCKET, socket.SCM_RIGHTS)
    assert min(struct.unpack("=ii", control[16:24])) > 2
    assert event.params == {"res": 1, "size": 1, "data": b"x", "tuple": UnixTuple(""), "fd": descriptor}


def test_nothing_there(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
    run = live.run(made, call("recvmsg", made, msghdr([Zeros(3), 3]), socket.MSG_DONTWAIT))
    (event,) = run.events("recvmsg")
    assert event.params == {
        "res": -errno.EAGAIN,
        "size": 0,
        "data": None,
        "tuple": None,
        "msgcontrol": None,
        "fd": made.ret,
    }
    assert event.fields["fd.type"] == "ipv4"
