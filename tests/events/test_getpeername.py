# SPDX-License-Identifier: Apache-2.0
"""getpeername."""

from __future__ import annotations

from support.calls import Zeros, call
from support.recorder import Live


def test_has_no_params(live: Live) -> None:
    run = live.run(call("getpeername", 987, Zeros(16), (16).to_bytes(4, "little")))
    (event,) = run.events("getpeername")
    assert event.params == {}
