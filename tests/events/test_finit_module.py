# SPDX-License-Identifier: Apache-2.0
"""finit_module: never with a file that any kernel would take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.calls import call
from support.falco import Module
from support.recorder import Live


def test_file_is_no_module(live: Live, tmp_path: Path) -> None:
    (tmp_path / "evil.ko").write_bytes(b"not a module")
    file = call("open", tmp_path / "evil.ko", os.O_RDONLY, 0)
    run = live.run(file, made := call("finit_module", file, "a=b c=d", 0))
    (event,) = run.events("finit_module")
    assert made.ret < 0  # ENOEXEC; ENOSYS where the kernel loads no modules
    assert event.params == {"res": made.ret, "fd": file.ret, "uargs": "a=b c=d", "flags": 0}


@pytest.mark.parametrize(
    ("native", "flags"),
    [
        (1, Module.IGNORE_MODVERSIONS),
        (2, Module.IGNORE_VERMAGIC),
        (4, Module.COMPRESSED_FILE),
        (3, Module.IGNORE_MODVERSIONS | Module.IGNORE_VERMAGIC),
    ],
)
def test_descriptor_is_not_open(live: Live, native: int, flags: int) -> None:
    run = live.run(made := call("finit_module", -1, "", native))
    (event,) = run.events("finit_module")
    assert made.ret < 0  # EBADF; ENOSYS where the kernel loads no modules
    assert event.params == {"res": made.ret, "fd": -1, "uargs": "", "flags": flags}
