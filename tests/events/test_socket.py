# SPDX-License-Identifier: Apache-2.0
"""socket."""

from __future__ import annotations

import errno
import socket

import pytest
from support.calls import call
from support.falco import O
from support.recorder import Live


def test_makes_a_socket(live: Live) -> None:
    kind = socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    run = live.run(made := call("socket", socket.AF_INET, kind, socket.IPPROTO_TCP))
    (event,) = run.events("socket")
    assert made.ret >= 0
    assert event.params == {
        "fd": made.ret,
        "domain": 2,
        "type": kind,  # as passed, flags included
        "proto": 6,
        "flags": O.CLOEXEC | O.NONBLOCK,
    }


@pytest.mark.parametrize(
    ("family", "kind", "domain"),
    [
        (socket.AF_UNIX, socket.SOCK_DGRAM, 1),
        (socket.AF_INET6, socket.SOCK_DGRAM, 10),
        (socket.AF_NETLINK, socket.SOCK_RAW, 16),
    ],
)
def test_families(live: Live, family: int, kind: int, domain: int) -> None:
    run = live.run(made := call("socket", family, kind, 0))
    (event,) = run.events("socket")
    assert event.params == {"fd": made.ret, "domain": domain, "type": int(kind), "proto": 0, "flags": 0}


def test_type_is_unknown(live: Live) -> None:
    run = live.run(call("socket", socket.AF_INET6, 15, 0))
    (event,) = run.events("socket")
    assert event.params == {"fd": -errno.EINVAL, "domain": 10, "type": 15, "proto": 0, "flags": 0}
