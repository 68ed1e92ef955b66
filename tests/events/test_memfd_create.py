# SPDX-License-Identifier: Apache-2.0
"""memfd_create."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import Memfd
from support.recorder import Live

MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_HUGETLB = 1, 2, 4


def test_creates_a_file(live: Live) -> None:
    run = live.run(made := call("memfd_create", "payload", MFD_CLOEXEC | MFD_ALLOW_SEALING))
    (event,) = run.events("memfd_create")
    assert made.ret >= 0
    assert event.params == {"fd": made.ret, "name": "payload", "flags": Memfd.CLOEXEC | Memfd.ALLOW_SEALING}


def test_name_is_too_long(live: Live) -> None:
    name = "n" * 250
    run = live.run(call("memfd_create", name, MFD_CLOEXEC))
    (event,) = run.events("memfd_create")
    assert event.params == {"fd": -errno.EINVAL, "name": name, "flags": Memfd.CLOEXEC}


def test_name_cannot_be_read(live: Live) -> None:
    run = live.run(call("memfd_create", None, 0))
    (event,) = run.events("memfd_create")
    assert event.params == {"fd": -errno.EFAULT, "name": None, "flags": 0}
