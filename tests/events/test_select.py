# SPDX-License-Identifier: Apache-2.0
"""select."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live


def test_returns(live: Live) -> None:
    run = live.run(call("select", 0, None, None, None, bytes(16)), call("select", -1, None, None, None, bytes(16)))
    assert [event.params for event in run.events("select")] == [{"res": 0}, {"res": -errno.EINVAL}]
