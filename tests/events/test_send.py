# SPDX-License-Identifier: Apache-2.0
"""send.  Only 32-bit programs have the call, by the door that carries all calls of sockets."""

from __future__ import annotations

import errno
import socket

from support.calls import call32
from support.expect import socktuple
from support.recorder import Live

SOCKETCALL, SYS_SEND = 102, 9


def test_sends(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        run = live.run(call32(SOCKETCALL, SYS_SEND, [client.fileno(), "hello", 5, 0]), pass_fds=[client.fileno()])
        both = socktuple(client.getsockname(), server.getsockname())
        descriptor = client.fileno()
    (event,) = run.events("send")
    assert (event.ia32, event.syscall) == (True, SOCKETCALL)
    assert event.params == {"res": 5, "data": b"hello", "fd": descriptor, "size": 5, "tuple": both}
    assert event.fields["fd.l4proto"] == "tcp"


def test_no_socket(live: Live) -> None:
    run = live.run(call32(SOCKETCALL, SYS_SEND, [0, "hello", 5, 0]))
    (event,) = run.events("send")
    assert event.params == {"res": -errno.ENOTSOCK, "data": b"hello", "fd": 0, "size": 5, "tuple": None}
