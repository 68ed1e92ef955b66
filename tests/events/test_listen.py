# SPDX-License-Identifier: Apache-2.0
"""listen."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.recorder import Live


def test_listens(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    run = live.run(made, call("listen", made, 7))
    (event,) = run.events("listen")
    assert event.params == {"res": 0, "fd": made.ret, "backlog": 7}


def test_socket_cannot_listen(live: Live) -> None:
    made = call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    run = live.run(made, call("listen", made, -1))
    (event,) = run.events("listen")
    assert event.params == {"res": -errno.EOPNOTSUPP, "fd": made.ret, "backlog": -1}
