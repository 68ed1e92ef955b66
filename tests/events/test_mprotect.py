# SPDX-License-Identifier: Apache-2.0
"""mprotect."""

from __future__ import annotations

import errno
import mmap

from support.calls import call
from support.falco import Prot
from support.recorder import Live


def test_changes(live: Live) -> None:
    made = call("mmap", None, 8192, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    native = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    run = live.run(made, call("mprotect", made, 4096, native))
    (event,) = run.events("mprotect")
    assert event.params == {
        "res": 0,
        "addr": made.ret,
        "length": 4096,
        "prot": Prot.READ | Prot.WRITE | Prot.EXEC,
    }


def test_not_at_a_page(live: Live) -> None:
    run = live.run(call("mprotect", 1, 4096, Prot.NATIVE_GROWSDOWN))
    (event,) = run.events("mprotect")
    assert event.params == {"res": -errno.EINVAL, "addr": 1, "length": 4096, "prot": Prot.GROWSDOWN}
