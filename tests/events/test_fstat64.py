# SPDX-License-Identifier: Apache-2.0
"""fstat64. Falco does not say of which descriptor."""

from __future__ import annotations

import errno

from support.calls import Zeros, call32
from support.recorder import Live


def test_describes_a_descriptor(live: Live) -> None:
    run = live.run(call32(197, 0, Zeros(128)), call32(197, 99, Zeros(128)))
    assert [event.params for event in run.events("fstat64")] == [{"res": 0}, {"res": -errno.EBADF}]
