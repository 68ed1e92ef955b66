# SPDX-License-Identifier: Apache-2.0
"""getsockname."""

from __future__ import annotations

from support.calls import Zeros, call
from support.recorder import Live


def test_has_no_params(live: Live) -> None:
    run = live.run(call("getsockname", 987, Zeros(16), (16).to_bytes(4, "little")))
    (event,) = run.events("getsockname")
    assert event.params == {}
