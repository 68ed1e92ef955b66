# SPDX-License-Identifier: Apache-2.0
"""setns: into the namespace that the process is in anyway."""

from __future__ import annotations

import errno
import os

from support import native
from support.calls import call
from support.falco import Clone
from support.recorder import Live


def test_joins(live: Live) -> None:
    file = call("open", "/proc/self/ns/uts", os.O_RDONLY, 0)
    run = live.run(file, call("setns", file, native.CLONE_NEWUTS))
    (event,) = run.events("setns")
    assert event.params == {"res": 0, "fd": file.ret, "nstype": Clone.NEWUTS}


def test_any_kind(live: Live) -> None:
    file = call("open", "/proc/self/ns/uts", os.O_RDONLY, 0)
    run = live.run(file, call("setns", file, 0))
    (event,) = run.events("setns")
    assert event.params == {"res": 0, "fd": file.ret, "nstype": 0}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("setns", 987, native.CLONE_NEWPID))
    (event,) = run.events("setns")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "nstype": Clone.NEWPID}
