# SPDX-License-Identifier: Apache-2.0
"""nanosleep."""

from __future__ import annotations

import errno
import struct

from support.calls import call
from support.recorder import Live


def test_sleeps(live: Live) -> None:
    run = live.run(call("nanosleep", struct.pack("=qq", 0, 1500), None))
    (event,) = run.events("nanosleep")
    assert event.params == {"res": 0, "interval": 1500}
    assert event.fields["evt.args"] == "res=0 interval=1500(1.5e-06s)"


def test_is_no_time(live: Live) -> None:
    run = live.run(call("nanosleep", struct.pack("=qq", 3, 1_000_000_000), None), call("nanosleep", None, None))
    assert [event.params for event in run.events("nanosleep")] == [
        {"res": -errno.EINVAL, "interval": 4_000_000_000},
        {"res": -errno.EFAULT, "interval": 0},
    ]
