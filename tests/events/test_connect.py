# SPDX-License-Identifier: Apache-2.0
"""connect.  Other families are in test_sockets.py."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import client_of, sockaddr, socktuple
from support.native import sockaddr_in
from support.recorder import Live


def test_connects(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        made = call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
        run = live.run(made, call("connect", made, sockaddr_in("127.0.0.1", port), 16))
        client = client_of(server)
    (event,) = run.events("connect")
    assert event.params == {
        "res": 0,
        "tuple": socktuple(client, ("127.0.0.1", port)),
        "fd": made.ret,
        "addr": sockaddr("127.0.0.1", port),
    }


def test_nobody_listens(live: Live) -> None:
    with socket.socket() as idle:  # bound, so that no other socket listens there
        idle.bind(("127.0.0.1", 0))
        port = idle.getsockname()[1]
        made = call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
        run = live.run(made, call("connect", made, sockaddr_in("127.0.0.1", port), 16))
    (event,) = run.events("connect")
    assert event.params == {
        "res": -errno.ECONNREFUSED,
        "tuple": None,
        "fd": made.ret,
        "addr": sockaddr("127.0.0.1", port),
    }


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("connect", 987, sockaddr_in("127.0.0.1", 9), 16))
    (event,) = run.events("connect")
    assert event.params == {"res": -errno.EBADF, "tuple": None, "fd": 987, "addr": sockaddr("127.0.0.1", 9)}
