# SPDX-License-Identifier: Apache-2.0
"""The generated conversions of flags: Falco's mapping, applied to the numbers of the kernel's own headers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from support.cc import macros, run_c

from tiercel.schema import native_system
from tiercel.schema.conversions import NativeCodes, NativeFlags
from tiercel.schema.native import NATIVE_CODES, NATIVE_FLAGS

HEADERS = (
    "asm/fcntl.h",
    "linux/fcntl.h",
    "linux/openat2.h",
    "linux/memfd.h",
    "linux/module.h",
    "linux/ptrace.h",
    "asm/ptrace-abi.h",
    "linux/sched.h",
    "linux/stat.h",
)
# In no header of the kernel's; libc's does not go together with those above.
UMOUNT = ("MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW")
# Names that no kernel header has any more. CLONE_STOPPED's bit now means CLONE_NEWCGROUP.
GONE = {"CLONE_STOPPED"}
# Access modes of open: numbers, not bits.
ACCESS_MODES = {"O_WRONLY", "O_RDWR"}

FALCO_NAMES = {
    "open_flags": "open_flags_to_scap",
    "socket_flags": "socket_flags_to_scap",
    "dup3_flags": "dup3_flags_to_scap",
    "clone_flags": "clone_flags_to_scap",
    "openat2_resolve": "openat2_resolve_to_scap",
    "unlinkat_flags": "unlinkat_flags_to_scap",
    "linkat_flags": "linkat_flags_to_scap",
    "fchownat_flags": "fchownat_flags_to_scap",
    "chmod_mode": "chmod_mode_to_scap",
    "umount_flags": "umount2_flags_to_scap",
    "memfd_create_flags": "memfd_create_flags_to_scap",
    "finit_module_flags": "finit_module_flags_to_scap",
    "ptrace_request": "ptrace_requests_to_scap",
}


@pytest.fixture(scope="session")
def falco(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, int]]:
    """Kernel number to Falco's number, for each conversion."""
    tables: dict[str, Any] = json.loads((shared_dir / "spec/native_flags.json").read_text())
    rows = {name: tables[falco_name]["map"] for name, falco_name in FALCO_NAMES.items()}
    names = {row["native"] for table in rows.values() for row in table} - GONE
    folder = tmp_path_factory.mktemp("native")
    kernel = macros(folder, HEADERS, sorted(names)) | macros(folder, ["sys/mount.h"], UMOUNT)
    assert names <= kernel.keys()
    return {
        name: {kernel[row["native"]] & 0xFFFFFFFF: row["value"] for row in table if row["native"] not in GONE}
        for name, table in rows.items()
    }


# Those of native_system.py are in a file of their own.
FLAGS = [flags for flags in NATIVE_FLAGS if flags not in native_system.NATIVE_FLAGS]
CODES = [codes for codes in NATIVE_CODES if codes not in native_system.NATIVE_CODES]


@pytest.mark.parametrize("flags", FLAGS, ids=lambda flags: flags.name)
def test_bits(flags: NativeFlags, falco: dict[str, dict[int, int]]) -> None:
    values = dict(flags.table.rows)
    expected = falco[flags.name]
    if flags.mode_mask:
        # 0 is read-only, and so is 3, which is neither of the other two.
        assert flags.modes == (values["O_RDONLY"], expected.pop(1), expected.pop(2), values["O_RDONLY"])
    assert {mask: values[name] for name, mask in flags.rows} == expected


@pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.name)
def test_codes(codes: NativeCodes, falco: dict[str, dict[int, int]]) -> None:
    values = dict(codes.table.rows)
    assert {number: values[name] for name, number in codes.rows} == falco[codes.name]


def convert(flags: NativeFlags, number: int) -> int:
    values = dict(flags.table.rows)
    result = flags.modes[number & flags.mode_mask] if flags.modes else 0
    for name, mask in flags.rows:
        result |= values[name] if number & mask else 0
    return result


def test_generated_functions(tmp_path: Path) -> None:
    """The C functions do what the rows say, for each bit alone, all bits, and random numbers."""
    rng = random.Random(1)
    numbers = [0, 0xFFFFFFFF, *(1 << bit for bit in range(32)), *(rng.getrandbits(32) for _ in range(200))]
    small = [*range(64), *range(0x41F0, 0x4220), 0xFFFFFFFF, 0x100000000]
    expected: list[int] = []
    calls: list[str] = []
    for flags in NATIVE_FLAGS:
        calls += [f"native__{flags.name}({number:#x}ULL)" for number in numbers]
        expected += [convert(flags, number) for number in numbers]
    for codes in NATIVE_CODES:
        known = {number: dict(codes.table.rows)[name] for name, number in codes.rows}
        calls += [f"native__{codes.name}({number:#x}ULL)" for number in small]
        expected += [known.get(number, codes.unknown) for number in small]
    for flags_word, mode in ((0, 0), (0x40, 0), (0x410000, 0), (0x10000, 0), (0x400000, 0), (0xFFBEFFBF, 0)):
        calls.append(f"native__open_mode({flags_word:#x}, {mode + 0o107777})")
        expected.append(0o7777 if flags_word & 0x410040 else 0)
    prints = "\n".join(f'printf("%u\\n", {call});' for call in calls)
    includes = "#include <stdio.h>\n#include <gen/events.gen.h>\n"
    source = f"{includes}int main(void)\n{{\n{prints}\nreturn 0;\n}}\n"
    output = run_c(tmp_path, source, "-DTIERCEL_NATIVE_FLAGS")
    assert [int(line) for line in output.splitlines()] == expected


def test_narrow_ids(tmp_path: Path) -> None:
    prints = "\n".join(f'printf("%d\\n", syscall__has_ids16({n}));' for n in range(256))
    includes = "#include <stdio.h>\n#include <gen/events.gen.h>\n"
    source = f"{includes}int main(void)\n{{\n{prints}\nreturn 0;\n}}\n"
    output = run_c(tmp_path, source, "-DTIERCEL_NATIVE_FLAGS").split()
    assert [n for n, word in enumerate(output) if word == "1"] == [
        *(16, 23, 24, 46, 47, 49, 50, 70, 71, 95, 164, 165, 170, 171, 182)
    ]
