# SPDX-License-Identifier: Apache-2.0
"""Requirements of tests on this machine: a kernel that loads BPF programs, the specification next to the repository.

A test with a missing requirement is skipped, and the skip is counted in the last lines of the run. In CI
(``TIERCEL_KERNEL_TESTS=1``, ``TIERCEL_REQUIRE_SHARED=1``) it fails instead.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
from pathlib import Path

import pytest

from support import cgroups

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TIERCEL_SHARED", REPOSITORY.parent / "shared"))

_SYS_BPF = {"x86_64": 321, "aarch64": 280}
_SYS_IO_URING_SETUP = 425  # of every processor
_BPF_MAP_CREATE, _BPF_MAP_TYPE_RINGBUF = 0, 27


class _MapAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("map_type", "key_size", "value_size", "max_entries", "map_flags")]


@functools.cache
def kernel_problem() -> str | None:
    """Return why live tests cannot run here, or None if they can."""
    if not Path("/sys/kernel/btf/vmlinux").exists():
        return "the kernel has no BTF"
    number = _SYS_BPF.get(platform.machine())
    if number is None:
        return f"no probe for {platform.machine()}"
    attr = _MapAttr(_BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(number, _BPF_MAP_CREATE, ctypes.byref(attr), ctypes.sizeof(attr))
    if fd < 0:
        return f"bpf(2): {os.strerror(ctypes.get_errno())}"
    os.close(fd)
    return None


@functools.cache
def uring_problem() -> str | None:
    """Return why there is no io_uring, which the kernel may lack or forbid, or None if there is."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(_SYS_IO_URING_SETUP, 1, ctypes.create_string_buffer(120))
    if fd < 0:
        return f"io_uring: {os.strerror(ctypes.get_errno())}"
    os.close(fd)
    return None


def root_problem() -> str | None:
    """Return why tests that act as root cannot run here, or None if they can."""
    return "needs root" if os.geteuid() else None


def version_1_problem() -> str | None:
    """Return why tests of control groups of version 1 cannot run here, or None if they can."""
    return None if cgroups.roots("cgroup") else "there is no hierarchy of version 1"


def handle_problem(name: bytes | None) -> str | None:
    """Return why a file without a handle, ``name``, cannot be opened by one, or None if there is a handle."""
    return "this file system has no handles" if name is None else None


def shared_problem() -> str | None:
    """Return why tests of the specification cannot run here, or None if they can."""
    return None if (SHARED / "spec").is_dir() else "no specification files beside the repository"


def gate(reason: str | None, variable: str = "TIERCEL_KERNEL_TESTS") -> None:
    """Skip the running test for ``reason``, or fail it when ``variable`` says that it must run.

    No test skips in another way: ``tests/repo/test_skips.py`` looks for that.
    """
    if reason is None:
        return
    if os.environ.get(variable) == "1":
        pytest.fail(f"{variable}=1, but {reason}", pytrace=False)
    pytest.skip(reason)
