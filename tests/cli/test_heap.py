# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import platform
import subprocess
import sys

from support.live import gate

# Once a block of five MiB was freed, the C library puts large blocks on its heap. A block with pages of its own begins
# 16 bytes after the start of a page.
BLOCKS = """
import ctypes
from tiercel.cli.heap import LARGE, separate_large_blocks
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
SETTING
libc.free(libc.malloc(5 << 20))
print(libc.malloc(LARGE) % 4096, libc.malloc(LARGE) % 4096)
"""


def printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def test_large_blocks_are_apart() -> None:
    gate(None if platform.libc_ver()[0] == "glibc" else "another C library than GNU's", "TIERCEL_REQUIRE_GLIBC")
    assert printed(BLOCKS.replace("SETTING", "separate_large_blocks()")) == "16 16"
    assert printed(BLOCKS.replace("SETTING", "")) != "16 16"


def test_collections_do_not_visit_what_was_there_before() -> None:
    code = (
        "import gc; from tiercel.cli.heap import freeze_objects; freeze_objects(); print(len(gc.get_objects()) < 1000)"
    )
    assert printed(code) == "True"
