# SPDX-License-Identifier: Apache-2.0
"""setrlimit."""

from __future__ import annotations

import errno

from support.calls import call
from support.native import RLIMIT_CORE, rlimit
from support.recorder import Live


def test_lowers_a_limit(live: Live) -> None:
    run = live.run(call("setrlimit", RLIMIT_CORE, rlimit(1234, 2**64 - 1)))
    (event,) = run.events("setrlimit")
    assert event.params == {"res": 0, "cur": 1234, "max": -1, "resource": 4}


def test_is_above_the_hard_limit(live: Live) -> None:
    run = live.run(call("setrlimit", RLIMIT_CORE, rlimit(9, 8)), call("setrlimit", 99, None))
    assert [event.params for event in run.events("setrlimit")] == [
        {"res": -errno.EINVAL, "cur": 9, "max": 8, "resource": 4},
        {"res": -errno.EFAULT, "cur": 0, "max": 0, "resource": 255},
    ]
