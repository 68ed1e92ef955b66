# SPDX-License-Identifier: Apache-2.0
"""mmap."""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

from support.calls import call
from support.expect import memory
from support.falco import Map, Prot
from support.recorder import Live


def test_a_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10_000))
    opened = call("open", tmp_path / "a", os.O_RDONLY, 0)
    made = call("mmap", None, 5000, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, opened, 4096)
    run = live.run(opened, made)
    (event,) = run.events("mmap")
    assert made.ret > 0
    assert event.params == memory() | {
        "res": made.ret,
        "addr": 0,
        "length": 5000,
        "prot": Prot.READ | Prot.EXEC,
        "flags": Map.PRIVATE,
        "fd": opened.ret,
        "offset": 4096,
    }
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_no_file(live: Live) -> None:
    native = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
    run = live.run(made := call("mmap", 0x10000000000, 8192, mmap.PROT_WRITE, native, -1, 0))
    (event,) = run.events("mmap")
    assert event.params == memory() | {
        "res": made.ret,
        "addr": 0x10000000000,
        "length": 8192,
        "prot": Prot.WRITE,
        "flags": Map.SHARED | Map.ANONYMOUS | Map.POPULATE,
        "fd": -1,
        "offset": 0,
    }
    assert event.fields["fd.type"] is None


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("mmap", None, 4096, 0, mmap.MAP_PRIVATE, 987, 0))
    (event,) = run.events("mmap")
    assert event.params == memory() | {
        "res": -errno.EBADF,
        "addr": 0,
        "length": 4096,
        "prot": 0,
        "flags": Map.PRIVATE,
        "fd": 987,
        "offset": 0,
    }
