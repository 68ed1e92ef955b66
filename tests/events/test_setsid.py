# SPDX-License-Identifier: Apache-2.0
"""setsid."""

from __future__ import annotations

import errno

from support.calls import call, child
from support.recorder import Live


def test_starts_a_session(live: Live) -> None:
    steps = child("fork", made := call("setsid"), again := call("setsid"))
    run = live.run(steps)
    first, second = run.events("setsid")
    assert first.params == {"res": made.ret}
    assert made.ret == steps[0].ret
    assert second.params == {"res": -errno.EPERM}
    assert again.ret == -errno.EPERM
