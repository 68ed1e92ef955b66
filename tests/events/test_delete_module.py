# SPDX-License-Identifier: Apache-2.0
"""delete_module. Never of a module that is there."""

from __future__ import annotations

import os

import pytest
from support.calls import call
from support.recorder import Live


@pytest.mark.parametrize(
    ("native", "flags"), [(0, 0), (os.O_NONBLOCK, 2), (os.O_TRUNC, 1), (os.O_NONBLOCK | os.O_TRUNC, 3)]
)
def test_finds_no_module(live: Live, native: int, flags: int) -> None:
    run = live.run(made := call("delete_module", "tiercel_missing", native))
    (event,) = run.events("delete_module")
    assert made.ret < 0  # ENOENT; ENOSYS where the kernel loads no modules
    assert event.params == {"res": made.ret, "name": "tiercel_missing", "flags": flags}


def test_has_no_name(live: Live) -> None:
    run = live.run(made := call("delete_module", None, 0))
    (event,) = run.events("delete_module")
    assert event.params == {"res": made.ret, "name": None, "flags": 0}
