# SPDX-License-Identifier: Apache-2.0
"""recv.  Only 32-bit programs have the call, by the door that carries all calls of sockets."""

from __future__ import annotations

import errno
import socket

from support.calls import Zeros, call32
from support.expect import socktuple
from support.recorder import Live

SOCKETCALL, SYS_RECV = 102, 10


def test_receives(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        peer, _ = server.accept()
        with peer:
            client.sendall(b"hello")
            run = live.run(call32(SOCKETCALL, SYS_RECV, [peer.fileno(), Zeros(9), 9, 0]), pass_fds=[peer.fileno()])
            both, descriptor = socktuple(client.getsockname(), server.getsockname()), peer.fileno()
    (event,) = run.events("recv")
    assert event.params == {"res": 5, "data": b"hello", "fd": descriptor, "size": 9, "tuple": both}


def test_no_socket(live: Live) -> None:
    run = live.run(call32(SOCKETCALL, SYS_RECV, [0, Zeros(9), 9, 0]))
    (event,) = run.events("recv")
    assert event.params == {"res": -errno.ENOTSOCK, "data": None, "fd": 0, "size": 9, "tuple": None}
