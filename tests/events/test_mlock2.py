# SPDX-License-Identifier: Apache-2.0
"""mlock2."""

from __future__ import annotations

import errno
import mmap

from support.calls import call
from support.recorder import Live

ONFAULT = 1


def test_returns(live: Live) -> None:
    made = call("mmap", None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    run = live.run(made, call("mlock2", made, 4096, ONFAULT), call("mlock2", 0, 4096, 8))
    first, second = run.events("mlock2")
    assert first.params == {"res": 0, "addr": made.ret, "len": 4096, "flags": ONFAULT}
    assert second.params == {"res": -errno.EINVAL, "addr": 0, "len": 4096, "flags": 0}
