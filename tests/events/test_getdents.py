# SPDX-License-Identifier: Apache-2.0
"""getdents."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_of_a_directory(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, made := call("getdents", directory, Zeros(1024), 1024))
    (event,) = run.events("getdents")
    assert made.ret >= 0
    assert event.params == {"res": made.ret, "fd": directory.ret}
    assert (event.fields["fd.name"], event.fields["fd.type"]) == (str(tmp_path), "directory")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("getdents", 99, Zeros(1024), 1024))
    (event,) = run.events("getdents")
    assert event.params == {"res": -errno.EBADF, "fd": 99}
