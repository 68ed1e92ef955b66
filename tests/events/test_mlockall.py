# SPDX-License-Identifier: Apache-2.0
"""mlockall."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live

CURRENT, FUTURE, ONFAULT = 1, 2, 4


def test_returns(live: Live) -> None:
    run = live.run(call("mlockall", CURRENT | FUTURE | ONFAULT), call("mlockall", 8))
    first, second = run.events("mlockall")
    assert first.params == {"res": 0, "flags": CURRENT | FUTURE | ONFAULT}
    assert second.params == {"res": -errno.EINVAL, "flags": 0}
