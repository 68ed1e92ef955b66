# SPDX-License-Identifier: Apache-2.0
"""inotify_init."""

from __future__ import annotations

import errno

from support import native
from support.calls import call
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("inotify_init"))
    (event,) = run.events("inotify_init")
    assert event.params == {"res": made.ret, "flags": 0}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "inotify")


def test_no_descriptor_is_left(live: Live) -> None:
    run = live.run(call("setrlimit", native.RLIMIT_NOFILE, native.rlimit(3, 1024)), call("inotify_init"))
    (event,) = run.events("inotify_init")
    assert event.params == {"res": -errno.EMFILE, "flags": 0}
