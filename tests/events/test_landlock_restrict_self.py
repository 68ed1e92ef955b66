# SPDX-License-Identifier: Apache-2.0
"""landlock_restrict_self."""

from __future__ import annotations

import errno
import struct

from support.calls import call, call32
from support.recorder import Live

EXECUTE, LOG_NEW_EXEC_ON = 1, 2


def test_restricts_the_thread(live: Live) -> None:
    ruleset = call("landlock_create_ruleset", struct.pack("=Q", EXECUTE), 8, 0)
    run = live.run(ruleset, call("landlock_restrict_self", ruleset, 0))
    (event,) = run.events("landlock_restrict_self")
    assert event.params == {"res": 0, "ruleset_fd": ruleset.ret, "flags": 0}
    assert event.fields["fd.num"] == ruleset.ret


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(
        call("landlock_restrict_self", 99, 0), call32(446, 99, 0), call("landlock_restrict_self", 99, 1 << 31)
    )
    made, narrow, unknown = run.events("landlock_restrict_self")
    assert made.params == narrow.params == {"res": -errno.EBADF, "ruleset_fd": 99, "flags": 0}
    assert unknown.params == {"res": -errno.EINVAL, "ruleset_fd": 99, "flags": 1 << 31}


def test_flags_have_names(live: Live) -> None:
    """Kernels before 6.15 know no flags and refuse them."""
    run = live.run(call("landlock_restrict_self", 99, LOG_NEW_EXEC_ON))
    (event,) = run.events("landlock_restrict_self")
    assert event.params["res"] in (-errno.EBADF, -errno.EINVAL)
    assert "flags=2(LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON)" in event.fields["evt.args"]
