# SPDX-License-Identifier: Apache-2.0
"""munmap."""

from __future__ import annotations

import errno
import mmap

from support.calls import call
from support.expect import memory
from support.recorder import Live


def test_unmaps(live: Live) -> None:
    made = call("mmap", None, 8192, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    run = live.run(made, call("munmap", made, 8192))
    (event,) = run.events("munmap")
    assert event.params == memory() | {"res": 0, "addr": made.ret, "length": 8192}


def test_not_at_a_page(live: Live) -> None:
    run = live.run(call("munmap", 1, 4096))
    (event,) = run.events("munmap")
    assert event.params == memory() | {"res": -errno.EINVAL, "addr": 1, "length": 4096}
