# SPDX-License-Identifier: Apache-2.0
"""fallocate."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call, call32
from support.recorder import Live

KEEP_SIZE, PUNCH_HOLE = 1, 2


def test_reserves_and_gives_back(live: Live, tmp_path: Path) -> None:
    file = call("open", tmp_path / "there", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(
        file,
        call("fallocate", file, 0, 4096, 8192),
        call("fallocate", file, KEEP_SIZE | PUNCH_HOLE, 0, 4096),
    )
    made, punched = run.events("fallocate")
    assert made.params == {"res": 0, "fd": file.ret, "mode": 0, "offset": 4096, "len": 8192}
    assert punched.params == {"res": 0, "fd": file.ret, "mode": KEEP_SIZE | PUNCH_HOLE, "offset": 0, "len": 4096}
    assert "mode=3(FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE)" in punched.fields["evt.args"]
    assert {event.fields["fd.name"] for event in (made, punched)} == {str(tmp_path / "there")}
    assert (tmp_path / "there").stat().st_size == 12288


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("fallocate", 99, 0x40, 1 << 40, 1 << 33))
    (event,) = run.events("fallocate")
    assert event.params == {"res": -errno.EBADF, "fd": 99, "mode": 0x40, "offset": 1 << 40, "len": 1 << 33}


def test_32_bit_call_passes_halves(live: Live) -> None:
    run = live.run(call32(324, 99, 0, 5, 1, 7, 2))
    (event,) = run.events("fallocate")
    assert event.params == {"res": -errno.EBADF, "fd": 99, "mode": 0, "offset": 1 << 32 | 5, "len": 2 << 32 | 7}
