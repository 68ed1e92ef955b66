# SPDX-License-Identifier: Apache-2.0
"""getrlimit."""

from __future__ import annotations

import errno
import resource

from support.calls import Zeros, call
from support.recorder import Live


def test_reads_a_limit(live: Live) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    run = live.run(call("getrlimit", resource.RLIMIT_NOFILE, Zeros(16)))
    (event,) = run.events("getrlimit")
    assert event.params == {"res": 0, "cur": soft, "max": hard, "resource": 7}


def test_there_is_no_such_limit(live: Live) -> None:
    run = live.run(call("getrlimit", 99, Zeros(16)), call("getrlimit", resource.RLIMIT_CPU, None))
    assert [event.params for event in run.events("getrlimit")] == [
        {"res": -errno.EINVAL, "cur": -1, "max": -1, "resource": 255},
        {"res": -errno.EFAULT, "cur": -1, "max": -1, "resource": 0},
    ]
