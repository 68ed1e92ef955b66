# SPDX-License-Identifier: Apache-2.0
"""An event that means nothing to tables and paths is said in its row and its filler, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tiercel.schema.events import EVENTS

# Calls that change no table, make no descriptor, and name no file that `fs.path.*` reports.
ORDINARY = """
    access copy_file_range delete_module epoll_wait finit_module flock fsconfig fstat futex getdents getdents64
    getegid geteuid getgid getpeername getresgid getresuid getsockname getsockopt getuid init_module io_uring_enter
    io_uring_register ioctl keyctl kill lseek lstat mknod mknodat mlock mlock2 mlockall mprotect munlock munlockall
    nanosleep newfstatat poll ppoll process_vm_readv process_vm_writev ptrace seccomp select semctl semget semop
    setsockopt stat tgkill tkill
"""


@pytest.fixture(scope="module")
def words() -> dict[str, set[str]]:
    """Names in the sources below Python that are written by hand, by file."""
    root = Path(__file__).parents[2]
    paths = [path for folder in ("ext", "bpf") for path in (root / folder).rglob("*.*") if path.is_file()]
    by_hand = [path for path in paths if "gen" not in re.split(r"[._/]", str(path.relative_to(root)))]
    return {str(path.relative_to(root)): set(re.findall(r"\w+", path.read_text())) for path in by_hand}


@pytest.mark.parametrize("name", ORDINARY.split())
def test_an_ordinary_event_has_a_filler_and_no_other_place(words: dict[str, set[str]], name: str) -> None:
    (row,) = (event for event in EVENTS if event.name == name)
    idents = {f"EV_{row.ident.upper()}", f"ev_{row.ident}"}
    assert [path for path, found in words.items() if idents & found] == [f"bpf/events/{row.ident}.bpf.c"]
