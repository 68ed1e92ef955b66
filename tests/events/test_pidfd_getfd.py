# SPDX-License-Identifier: Apache-2.0
"""pidfd_getfd."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import OWN_PID, call
from support.recorder import Live


def test_copies_a_descriptor(live: Live, tmp_path: Path) -> None:
    opened = call("open", tmp_path / "a", os.O_CREAT | os.O_RDWR, 0o600)
    own = call("pidfd_open", OWN_PID, 0)
    run = live.run(opened, own, made := call("pidfd_getfd", own, opened, 0))
    (event,) = run.events("pidfd_getfd")
    assert made.ret > own.ret
    assert event.params == {"fd": made.ret, "pid_fd": own.ret, "target_fd": opened.ret, "flags": 0}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_no_such_flag(live: Live) -> None:
    run = live.run(call("pidfd_getfd", 987, 988, 4))
    (event,) = run.events("pidfd_getfd")
    assert event.params == {"fd": -errno.EINVAL, "pid_fd": 987, "target_fd": 988, "flags": 4}
