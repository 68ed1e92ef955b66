# SPDX-License-Identifier: Apache-2.0
"""bind.  Other families are in test_sockets.py."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.expect import sockaddr
from support.native import sockaddr_in
from support.recorder import Live


def test_binds(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    run = live.run(made, call("bind", made, sockaddr_in("127.0.0.1", 0), 16))
    (event,) = run.events("bind")
    assert event.params == {"res": 0, "addr": sockaddr("127.0.0.1", 0), "fd": made.ret}


def test_address_is_not_ours(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    run = live.run(made, call("bind", made, sockaddr_in("192.0.2.1", 53), 16))
    (event,) = run.events("bind")
    assert event.params == {"res": -errno.EADDRNOTAVAIL, "addr": sockaddr("192.0.2.1", 53), "fd": made.ret}


def test_address_cannot_be_read(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    run = live.run(made, call("bind", made, 1, 16))
    (event,) = run.events("bind")
    assert event.params == {"res": -errno.EFAULT, "addr": None, "fd": made.ret}
