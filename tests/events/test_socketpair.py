# SPDX-License-Identifier: Apache-2.0
"""socketpair."""

from __future__ import annotations

import errno
import socket

from support.calls import Zeros, call
from support.expect import Between
from support.recorder import Live

ADDRESS = Between(2**63, 2**64 - 1)  # of something in the kernel


def test_makes_two(live: Live) -> None:
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    run = live.run(call("socketpair", socket.AF_UNIX, kind, 0, Zeros(8)))
    (event,) = run.events("socketpair")
    assert event.params == {
        "res": 0,
        "fd1": 3,
        "fd2": 4,
        "source": ADDRESS,
        "peer": ADDRESS,
        "domain": socket.AF_UNIX,
        "type": kind,
        "proto": 0,
    }
    assert event.params["source"] != event.params["peer"]
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (3, "unix")


def test_no_pairs_of_that_family(live: Live) -> None:
    run = live.run(call("socketpair", socket.AF_INET, int(socket.SOCK_STREAM), 0, Zeros(8)))
    (event,) = run.events("socketpair")
    assert event.params == {
        "res": -errno.EOPNOTSUPP,
        "fd1": -1,
        "fd2": -1,
        "source": 0,
        "peer": 0,
        "domain": socket.AF_INET,
        "type": 1,
        "proto": 0,
    }
