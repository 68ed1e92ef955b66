# SPDX-License-Identifier: Apache-2.0
"""Conversions of numbers that Falco has split otherwise, or whose names stand in headers that do not go together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.cc import macros

from tiercel.schema import native_system
from tiercel.schema.conversions import NativeCodes, NativeFlags

HEADERS = {
    "access_mode": ("access_flags_to_scap", ["unistd.h"]),
    "flock_operation": ("flock_flags_to_scap", ["sys/file.h"]),
    "newfstatat_flags": ("newfstatat_flags_to_scap", ["linux/fcntl.h"]),
    "delete_module_flags": ("delete_module_flags_to_scap", ["asm/fcntl.h"]),
    "semop_flags": ("semop_flags_to_scap", ["linux/sem.h"]),
    "semget_flags": ("semget_flags_to_scap", ["linux/ipc.h"]),
    "semctl_command": ("semctl_cmd_to_scap", ["linux/sem.h"]),
    "rlimit_resource": ("rlimit_resource_to_scap", ["sys/resource.h", "asm/resource.h"]),
    "quotactl_type": ("quotactl_type_to_scap", ["linux/quota.h"]),
    "quotactl_format": ("quotactl_fmt_to_scap", ["linux/quota.h"]),
    "quotactl_command": ("quotactl_cmd_to_scap", ["linux/quota.h", "linux/dqblk_xfs.h"]),
    "mknod_permissions": ("chmod_mode_to_scap", ["linux/stat.h"]),
    "mknod_type": ("mknod_mode_to_scap", ["linux/stat.h"]),
    "futex_marks": ("futex_op_to_scap", ["linux/futex.h"]),
    "futex_command": ("futex_op_to_scap", ["linux/futex.h"]),
}


@pytest.fixture(scope="module")
def falco(shared_dir: Path) -> Any:
    return json.loads((shared_dir / "spec/native_flags.json").read_text())


def expected(falco: Any, name: str, folder: Path) -> dict[int, int]:
    """Kernel number to Falco's, for the names that the kernel's headers know."""
    table, headers = HEADERS[name]
    rows = falco[table]["map"]
    kernel = macros(folder, headers, sorted({row["native"] for row in rows if row["native"][0].isalpha()}))
    return {kernel[row["native"]]: row["value"] for row in rows if row["native"] in kernel}


@pytest.mark.parametrize("flags", native_system.NATIVE_FLAGS, ids=lambda flags: flags.name)
def test_bits(flags: NativeFlags, falco: Any, tmp_path: Path) -> None:
    values = dict(flags.table.rows)
    ours = {mask: values[name] for name, mask in flags.rows}
    if flags.name == "page_fault_set":
        assert ours == {1: 1, 2: 4, 4: 0x10, 8: 0x40, 0x10: 0x80}
    elif flags.name == "page_fault_clear":
        assert ours == {1: 2, 2: 8, 4: 0x20}
    else:
        theirs = expected(falco, flags.name, tmp_path)
        assert ours == {bit: theirs[bit] for bit in ours}
        assert ours.keys() == {bit for bit in theirs if flags.name != "futex_marks" or bit >= 0x80}


@pytest.mark.parametrize("codes", native_system.NATIVE_CODES, ids=lambda codes: codes.name)
def test_codes(codes: NativeCodes, falco: Any, tmp_path: Path) -> None:
    values = dict(codes.table.rows)
    ours = {number: values[name] for name, number in codes.rows}
    theirs = expected(falco, codes.name, tmp_path)
    if codes.name == "mknod_type":
        assert ours == {0: theirs[0o100000]} | {number >> 12: value for number, value in theirs.items()}
    elif codes.name == "futex_command":
        assert ours == {number: value for number, value in theirs.items() if number < 0x80}
    else:
        assert ours == theirs
