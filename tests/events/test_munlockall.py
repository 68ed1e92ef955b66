# SPDX-License-Identifier: Apache-2.0
"""munlockall."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_returns(live: Live) -> None:
    """It cannot fail."""
    run = live.run(call("munlockall"))
    (event,) = run.events("munlockall")
    assert event.params == {"res": 0}
