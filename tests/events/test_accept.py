# SPDX-License-Identifier: Apache-2.0
"""accept.  Other families are in test_sockets.py."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import socktuple
from support.recorder import Live


def test_accepts(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=4) as server:
        address = server.getsockname()
        clients = [socket.create_connection(address) for _ in range(3)]
        made = call("accept", server.fileno(), None, None)
        run = live.run(made, pass_fds=[server.fileno()])
        first = clients[0].getsockname()
        for client in clients:
            client.close()
    (event,) = run.events("accept")
    assert event.params == {
        "fd": made.ret,
        "tuple": socktuple(first, address),
        "queuepct": 50,
        "queuelen": 2,
        "queuemax": 4,
    }


def test_nobody_connects(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        run = live.run(call("accept", server.fileno(), None, None), pass_fds=[server.fileno()])
    (event,) = run.events("accept")
    assert event.params == {"fd": -errno.EAGAIN, "tuple": None, "queuepct": 0, "queuelen": 0, "queuemax": 0}
