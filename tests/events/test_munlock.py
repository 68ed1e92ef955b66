# SPDX-License-Identifier: Apache-2.0
"""munlock."""

from __future__ import annotations

import errno
import mmap

from support.calls import call
from support.recorder import Live


def test_returns(live: Live) -> None:
    made = call("mmap", None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    run = live.run(made, call("munlock", made, 4096), call("munlock", 0, 4096))
    first, second = run.events("munlock")
    assert first.params == {"res": 0, "addr": made.ret, "len": 4096}
    assert second.params == {"res": -errno.ENOMEM, "addr": 0, "len": 4096}
