# SPDX-License-Identifier: Apache-2.0
"""mmap2.  Only 32-bit programs have the call."""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

from support.calls import call, call32
from support.expect import memory
from support.falco import Map, Prot
from support.recorder import Live

MMAP2 = 192


def test_a_file(live: Live, tmp_path: Path) -> None:
    """The offset counts pages.  The address has 32 bits, and the result of the call is no number below zero."""
    (tmp_path / "a").write_bytes(bytes(10_000))
    opened = call("open", tmp_path / "a", os.O_RDONLY, 0)
    made = call32(MMAP2, None, 5000, mmap.PROT_READ, mmap.MAP_PRIVATE, opened, 1)
    run = live.run(opened, made)
    (event,) = run.events("mmap2")
    assert event.ia32
    assert event.params == memory() | {
        "res": made.ret % 2**32,
        "addr": 0,
        "length": 5000,
        "prot": Prot.READ,
        "flags": Map.PRIVATE,
        "fd": opened.ret,
        "pgoffset": 1,
    }
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_no_length(live: Live) -> None:
    run = live.run(call32(MMAP2, 4096, 0, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0))
    (event,) = run.events("mmap2")
    assert event.params == memory() | {
        "res": -errno.EINVAL,
        "addr": 4096,
        "length": 0,
        "prot": Prot.READ,
        "flags": Map.PRIVATE | Map.ANONYMOUS,
        "fd": -1,
        "pgoffset": 0,
    }
