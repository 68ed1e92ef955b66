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
from tiercel.schema.arm64 import NUMBERS
from tiercel.schema.conversions import NativeCodes, NativeFlags
from tiercel.schema.events import EVENTS
from tiercel.schema.native import NATIVE_CODES, NATIVE_FLAGS
from tiercel.schema.syscalls import generic_rows

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
    "linux/mman.h",
    "linux/poll.h",
    "linux/eventpoll.h",
    "linux/io_uring.h",
    "linux/fs.h",
    "asm/socket.h",
)
# In no header of the kernel's; libc's do not go together with those above.
LIBC = {
    "sys/mount.h": ("MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW"),
    "sys/socket.h": ("SHUT_RD", "SHUT_WR", "SHUT_RDWR"),
    "netinet/tcp.h": ("SOL_TCP",),
}
# Names that no kernel header has (any more), or that mean something else. CLONE_STOPPED's bit now means
# CLONE_NEWCGROUP; IORING_SQ_NEED_WAKEUP is no flag of the call; MAP_FILE is no bit.
GONE = {"CLONE_STOPPED", "IORING_SQ_NEED_WAKEUP", "MAP_FILE", "MAP_INHERIT", "MAP_RENAME", "PROT_SAO"}
# What these headers do not have, or by another name, or only for 32-bit programs.
KNOWN = {
    "1<<1": 2,
    "1<<2": 4,
    "F_GETLK64": 12,
    "F_SETLK64": 13,
    "F_SETLKW64": 14,
    "IORING_FEAT_ENTER_EXT_ARG": 1 << 8,  # the kernel calls it IORING_FEAT_EXT_ARG
    "SPLICE_F_MOVE": 1,
    "SPLICE_F_NONBLOCK": 2,
    "SPLICE_F_MORE": 4,
    "SPLICE_F_GIFT": 8,
}
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
    "pipe2_flags": "pipe2_flags_to_scap",
    "prot_flags": "prot_flags_to_scap",
    "mmap_flags": "mmap_flags_to_scap",
    "mlockall_flags": "mlockall_flags_to_scap",
    "mlock2_flags": "mlock2_flags_to_scap",
    "splice_flags": "splice_flags_to_scap",
    "close_range_flags": "close_range_flags_to_scap",
    "epoll_create1_flags": "epoll_create1_flags_to_scap",
    "pidfd_open_flags": "pidfd_open_flags_to_scap",
    "poll_events": "poll_events_to_scap",
    "io_uring_setup_flags": "io_uring_setup_flags_to_scap",
    "io_uring_setup_feats": "io_uring_setup_feats_to_scap",
    "io_uring_enter_flags": "io_uring_enter_flags_to_scap",
    "fcntl_command": "fcntl_cmd_to_scap",
    "shutdown_how": "shutdown_how_to_scap",
    "lseek_whence": "lseek_whence_to_scap",
    "sockopt_level": "sockopt_level_to_scap",
    "sockopt_option": "sockopt_optname_to_scap",
}


@pytest.fixture(scope="session")
def falco(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, int]]:
    """Kernel number to Falco's number, for each conversion."""
    tables: dict[str, Any] = json.loads((shared_dir / "spec/native_flags.json").read_text())
    rows = {name: tables[falco_name]["map"] for name, falco_name in FALCO_NAMES.items()}
    names = {row["native"] for table in rows.values() for row in table} - GONE
    folder = tmp_path_factory.mktemp("native")
    kernel = macros(folder, HEADERS, sorted(names - KNOWN.keys())) | KNOWN
    for header, members in LIBC.items():
        kernel |= macros(folder, [header], members)
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


def convert(flags: NativeFlags, number: int, arm64: bool) -> int:
    values = dict(flags.table.rows)
    masks = dict(flags.rows) | (dict(flags.arm64) if arm64 else {})
    result = flags.modes[number & flags.mode_mask] if flags.modes else 0
    for name, mask in masks.items():
        result |= values[name] if number & mask else 0
    return result


@pytest.mark.parametrize("arm64", [False, True], ids=["x86", "arm64"])
def test_generated_functions(tmp_path: Path, arm64: bool) -> None:
    """The C functions do what the rows say, for each bit alone, all bits, and random numbers."""
    rng = random.Random(1)
    numbers = [0, 0xFFFFFFFF, *(1 << bit for bit in range(32)), *(rng.getrandbits(32) for _ in range(200))]
    small = [*range(64), *range(0x41F0, 0x4220), 0xFFFFFFFF, 0x100000000]
    expected: list[int] = []
    calls: list[str] = []
    for flags in NATIVE_FLAGS:
        calls += [f"native__{flags.name}({number:#x}ULL)" for number in numbers]
        expected += [convert(flags, number, arm64) for number in numbers]
    for codes in NATIVE_CODES:
        known = {number: dict(codes.table.rows)[name] for name, number in codes.rows}
        calls += [f"native__{codes.name}({number:#x}ULL)" for number in small]
        expected += [known.get(number, codes.unknown) for number in small]
    for flags_word in (0, 0x40, 0x410000, 0x10000, 0x400000, 0x4000, 0xFFBEFFBF):
        calls.append(f"native__open_mode({flags_word:#x}, 0107777)")
        expected.append(0o7777 if flags_word & (0x404040 if arm64 else 0x410040) else 0)
    prints = "\n".join(f'printf("%u\\n", {call});' for call in calls)
    includes = "#include <stdio.h>\n#include <gen/events.gen.h>\n"
    source = f"{includes}int main(void)\n{{\n{prints}\nreturn 0;\n}}\n"
    output = run_c(tmp_path, source, "-DTIERCEL_NATIVE_FLAGS", *["-D__TARGET_ARCH_arm64"][:arm64])
    assert [int(line) for line in output.splitlines()] == expected


def test_narrow_ids(tmp_path: Path) -> None:
    prints = "\n".join(f'printf("%d\\n", syscall__has_ids16({n}));' for n in range(256))
    includes = "#include <stdio.h>\n#include <gen/events.gen.h>\n"
    source = f"{includes}int main(void)\n{{\n{prints}\nreturn 0;\n}}\n"
    output = run_c(tmp_path, source, "-DTIERCEL_NATIVE_FLAGS").split()
    assert [n for n, word in enumerate(output) if word == "1"] == [
        *(16, 23, 24, 46, 47, 49, 50, 70, 71, 95, 164, 165, 170, 171, 182)
    ]


def test_numbers_on_arm64(tmp_path: Path) -> None:
    """Those of the kernel's own table for new processors."""
    kernel = macros(tmp_path, ["asm-generic/unistd.h"], [f"__NR_{name}" for name in NUMBERS])
    names = {name.removeprefix("__NR_"): number for name, number in kernel.items()}
    assert len(names) > 300
    assert {name: NUMBERS[name] for name in names} == names


def test_calls_on_arm64() -> None:
    """Every call that arm64 has makes an event there."""
    own = {call.name for event in EVENTS for call in event.syscalls}
    assert NUMBERS.keys() <= own | {call.name for call in generic_rows()}
