# SPDX-License-Identifier: Apache-2.0
"""fstat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_of_a_directory(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, made := call("fstat", directory, Zeros(256)))
    (event,) = run.events("fstat")
    assert made.ret >= 0
    assert event.params == {"res": made.ret, "fd": directory.ret}
    assert (event.fields["fd.name"], event.fields["fd.type"]) == (str(tmp_path), "directory")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("fstat", 99, Zeros(256)))
    (event,) = run.events("fstat")
    assert event.params == {"res": -errno.EBADF, "fd": 99}
