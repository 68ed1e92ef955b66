# SPDX-License-Identifier: Apache-2.0
"""accept4.  Other families are in test_sockets.py."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import socktuple
from support.falco import O
from support.recorder import Live


def test_accepts(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        address = server.getsockname()
        with socket.create_connection(address) as client:
            made = call("accept4", server.fileno(), None, None, socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            run = live.run(made, pass_fds=[server.fileno()])
            source = client.getsockname()
    (event,) = run.events("accept4")
    assert event.params == {
        "fd": made.ret,
        "tuple": socktuple(source, address),
        "queuepct": 0,
        "queuelen": 0,
        "queuemax": 8,
        "flags": O.CLOEXEC | O.NONBLOCK,
    }


def test_not_a_socket(live: Live) -> None:
    run = live.run(call("accept4", 0, None, None, 0))
    (event,) = run.events("accept4")
    assert event.params == {
        "fd": -errno.ENOTSOCK,
        "tuple": None,
        "queuepct": 0,
        "queuelen": 0,
        "queuemax": 0,
        "flags": 0,
    }
