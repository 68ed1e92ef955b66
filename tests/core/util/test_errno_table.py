# SPDX-License-Identifier: Apache-2.0
"""Error codes and hints of failed kernel calls."""

from __future__ import annotations

import errno

import pytest

from tiercel._core.util.errno_table import kernel_error, may_load
from tiercel.errors import CODES, KernelError

PROG_LOG = "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n"


@pytest.mark.parametrize(
    ("stage", "number", "log", "code", "hint"),
    [
        ("load", errno.ENOMEM, "libbpf: Error loading vmlinux BTF: -12", "E412", "memory"),
        ("btf", errno.ENOMEM, "", "E412", "memory"),
        ("open", errno.ENOMEM, "", "E403", "memory"),
        ("map", errno.ENFILE, "", "E412", "file-max"),
        ("btf", errno.ENOENT, "", "E402", "CONFIG_DEBUG_INFO_BTF"),
        ("load", errno.ESRCH, "libbpf: Error loading vmlinux BTF: -3", "E402", "CONFIG_DEBUG_INFO_BTF"),
        ("open", 0, "libbpf: elf: broken", "E403", "reinstall"),
        ("schema", 0, "", "E404", "make setup"),
        ("load", errno.EACCES, PROG_LOG, "E405", "report"),
        ("load", errno.EPERM, "", "E401", None),
        ("attach", errno.EPERM, "", "E401", None),
        ("load", errno.EINVAL, f"{PROG_LOG}failed to resolve CO-RE relocation", "E409", "the log names it"),
        ("load", errno.EINVAL, "libbpf: failed to perform CO-RE relocations: -22", "E409", "the log names it"),
        ("load", errno.EINVAL, "libbpf: map 'ring_life': failed to create: Invalid", "E406", "power of two"),
        ("load", errno.ENOMEM, "", "E406", "ring buffers smaller"),
        ("load", errno.EINVAL, "", "E409", "doctor"),
        ("attach", errno.ENOENT, "", "E407", "doctor"),
        ("attach", errno.EBUSY, "", "E407", "log"),
        ("ring", errno.ENODEV, "", "E408", "power of two"),
        ("ring", errno.ENOMEM, "", "E408", "smaller"),
        ("scope", errno.ESRCH, "", "E410", "pid"),
        ("scope", errno.E2BIG, "", "E410", "cgroup"),
        ("iterate", errno.ENOMEM, "", "E411", "without them"),
        ("thread", errno.EAGAIN, "", "E412", "ulimit"),
        ("load", errno.EMFILE, "", "E412", "ulimit -n"),
        ("map", errno.EBADF, "", "E412", "log"),
    ],
)
def test_a_failure_is_known_by_stage_errno_and_log(stage, number, log, code, hint):
    error = kernel_error(stage, number, "thing", log)
    assert isinstance(error, KernelError)
    assert error.code == code
    assert code in CODES
    assert error.errno == (number or None)
    assert error.log == log
    assert "thing" in error.text
    assert hint is None or hint in (error.hint or "")


def test_who_has_the_capabilities_is_not_told_to_become_root():
    hint = kernel_error("load", errno.EPERM, "thing").hint or ""
    assert ("run it as root" in hint) is not may_load()
    assert ("seccomp" in hint) is may_load()
