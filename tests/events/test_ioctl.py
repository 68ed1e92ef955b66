# SPDX-License-Identifier: Apache-2.0
"""ioctl."""

from __future__ import annotations

import errno
import termios

from support.calls import Zeros, call
from support.expect import Between
from support.recorder import Live


def test_of_a_pipe(live: Live) -> None:
    run = live.run(call("ioctl", 0, termios.FIONREAD, Zeros(4)))
    (event,) = run.events("ioctl")
    assert event.params == {"res": 0, "fd": 0, "request": termios.FIONREAD, "argument": Between(1, 2**47)}
    assert event.fields["fd.type"] == "pipe"


def test_of_no_terminal(live: Live) -> None:
    run = live.run(call("ioctl", 0, termios.TCGETS, 2**40))
    (event,) = run.events("ioctl")
    assert event.params == {"res": -errno.ENOTTY, "fd": 0, "request": termios.TCGETS, "argument": 2**40}
