# SPDX-License-Identifier: Apache-2.0
"""unshare."""

from __future__ import annotations

import errno

from support import native
from support.calls import call
from support.falco import Clone
from support.recorder import Live


def test_leaves_namespaces(live: Live) -> None:
    run = live.run(call("unshare", native.CLONE_NEWNS | native.CLONE_NEWUTS | native.CLONE_FILES))
    (event,) = run.events("unshare")
    assert event.params == {"res": 0, "flags": Clone.NEWNS | Clone.NEWUTS | Clone.FILES}
    assert event.mnt_ns != run.started.mnt_ns


def test_flag_is_refused(live: Live) -> None:
    run = live.run(call("unshare", native.CLONE_VFORK))
    (event,) = run.events("unshare")
    assert event.params == {"res": -errno.EINVAL, "flags": Clone.VFORK}
