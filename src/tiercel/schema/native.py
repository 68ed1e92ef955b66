# SPDX-License-Identifier: Apache-2.0
"""Conversion of the kernel's flag bits and codes to Falco's numbers.

The kernel's numbers are those of Linux on x86, which 64-bit and 32-bit programs share; few differ on arm64.  The
probe converts with the functions that the generator renders from these rows.
"""

from __future__ import annotations

from typing import Final

from tiercel.schema import flags as tables
from tiercel.schema import native_io, native_system
from tiercel.schema.conversions import NativeCodes, NativeFlags

OPEN_FLAGS: Final = NativeFlags(
    "open_flags",
    "Flags of open.  A directory open also shows as O_TMPFILE and O_DSYNC as O_SYNC: they share a bit.",
    tables.FILE_FLAGS,
    (
        ("O_CREAT", 0x40),
        ("O_EXCL", 0x80),
        ("O_TRUNC", 0x200),
        ("O_APPEND", 0x400),
        ("O_NONBLOCK", 0x800),
        ("O_DSYNC", 0x1000),
        ("O_DIRECT", 0x4000),
        ("O_LARGEFILE", 0x8000),
        ("O_DIRECTORY", 0x10000),
        ("O_CLOEXEC", 0x80000),
        ("O_SYNC", 0x101000),
        ("O_TMPFILE", 0x410000),
    ),
    mode_mask=0x3,
    modes=(1, 2, 3, 1),
    arm64=(("O_DIRECT", 0x10000), ("O_LARGEFILE", 0x20000), ("O_DIRECTORY", 0x4000), ("O_TMPFILE", 0x404000)),
)

SOCKET_FLAGS: Final = NativeFlags(
    "socket_flags",
    "Flag bits in the type of a socket, and flags of accept4.",
    tables.FILE_FLAGS,
    (("O_NONBLOCK", 0x800), ("O_CLOEXEC", 0x80000)),
)

DUP3_FLAGS: Final = NativeFlags(
    "dup3_flags",
    "Flags of dup3.",
    tables.FILE_FLAGS,
    (("O_CLOEXEC", 0x80000),),
)

CLONE_FLAGS: Final = NativeFlags(
    "clone_flags",
    "Flags of clone, unshare and setns.",
    tables.CLONE_FLAGS,
    (
        ("CLONE_VM", 0x100),
        ("CLONE_FS", 0x200),
        ("CLONE_FILES", 0x400),
        ("CLONE_SIGHAND", 0x800),
        ("CLONE_PTRACE", 0x2000),
        ("CLONE_VFORK", 0x4000),
        ("CLONE_PARENT", 0x8000),
        ("CLONE_THREAD", 0x10000),
        ("CLONE_NEWNS", 0x20000),
        ("CLONE_SYSVSEM", 0x40000),
        ("CLONE_SETTLS", 0x80000),
        ("CLONE_PARENT_SETTID", 0x100000),
        ("CLONE_CHILD_CLEARTID", 0x200000),
        ("CLONE_UNTRACED", 0x800000),
        ("CLONE_CHILD_SETTID", 0x1000000),
        ("CLONE_NEWCGROUP", 0x2000000),
        ("CLONE_NEWUTS", 0x4000000),
        ("CLONE_NEWIPC", 0x8000000),
        ("CLONE_NEWUSER", 0x10000000),
        ("CLONE_NEWPID", 0x20000000),
        ("CLONE_NEWNET", 0x40000000),
        ("CLONE_IO", 0x80000000),
    ),
)

OPENAT2_RESOLVE: Final = NativeFlags(
    "openat2_resolve",
    "The resolve member of openat2's how.",
    tables.OPENAT2_FLAGS,
    (
        ("RESOLVE_NO_XDEV", 0x1),
        ("RESOLVE_NO_MAGICLINKS", 0x2),
        ("RESOLVE_NO_SYMLINKS", 0x4),
        ("RESOLVE_BENEATH", 0x8),
        ("RESOLVE_IN_ROOT", 0x10),
        ("RESOLVE_CACHED", 0x20),
    ),
)

UNLINKAT_FLAGS: Final = NativeFlags(
    "unlinkat_flags",
    "Flags of unlinkat.",
    tables.UNLINKAT_FLAGS,
    (("AT_REMOVEDIR", 0x200),),
)

LINKAT_FLAGS: Final = NativeFlags(
    "linkat_flags",
    "Flags of linkat.",
    tables.LINKAT_FLAGS,
    (("AT_SYMLINK_FOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000)),
)

FCHOWNAT_FLAGS: Final = NativeFlags(
    "fchownat_flags",
    "Flags of fchownat: Falco takes the kernel's bit for following links and prints it under the opposite name.",
    tables.FCHOWNAT_FLAGS,
    (("AT_SYMLINK_NOFOLLOW", 0x400), ("AT_EMPTY_PATH", 0x1000)),
)

CHMOD_MODE: Final = NativeFlags(
    "chmod_mode",
    "Permission bits.",
    tables.CHMOD_MODE,
    tables.CHMOD_MODE.rows,
)

UMOUNT_FLAGS: Final = NativeFlags(
    "umount_flags",
    "Flags of umount2.",
    tables.UMOUNT_FLAGS,
    tables.UMOUNT_FLAGS.rows,
)

MEMFD_CREATE_FLAGS: Final = NativeFlags(
    "memfd_create_flags",
    "Flags of memfd_create.",
    tables.MEMFD_CREATE_FLAGS,
    tables.MEMFD_CREATE_FLAGS.rows,
)

FINIT_MODULE_FLAGS: Final = NativeFlags(
    "finit_module_flags",
    "Flags of finit_module.",
    tables.FINIT_MODULE_FLAGS,
    tables.FINIT_MODULE_FLAGS.rows,
)

PTRACE_REQUEST: Final = NativeCodes(
    "ptrace_request",
    "Requests of ptrace.",
    tables.PTRACE_REQUESTS,
    (
        ("PTRACE_TRACEME", 0),
        ("PTRACE_PEEKTEXT", 1),
        ("PTRACE_PEEKDATA", 2),
        ("PTRACE_PEEKUSR", 3),
        ("PTRACE_POKETEXT", 4),
        ("PTRACE_POKEDATA", 5),
        ("PTRACE_POKEUSR", 6),
        ("PTRACE_CONT", 7),
        ("PTRACE_KILL", 8),
        ("PTRACE_SINGLESTEP", 9),
        ("PTRACE_GETREGS", 12),
        ("PTRACE_SETREGS", 13),
        ("PTRACE_GETFPREGS", 14),
        ("PTRACE_SETFPREGS", 15),
        ("PTRACE_ATTACH", 16),
        ("PTRACE_DETACH", 17),
        ("PTRACE_GETFPXREGS", 18),
        ("PTRACE_SETFPXREGS", 19),
        ("PTRACE_OLDSETOPTIONS", 21),
        ("PTRACE_SYSCALL", 24),
        ("PTRACE_GET_THREAD_AREA", 25),
        ("PTRACE_SET_THREAD_AREA", 26),
        ("PTRACE_ARCH_PRCTL", 30),
        ("PTRACE_SYSEMU", 31),
        ("PTRACE_SYSEMU_SINGLESTEP", 32),
        ("PTRACE_SINGLEBLOCK", 33),
        ("PTRACE_SETOPTIONS", 0x4200),
        ("PTRACE_GETEVENTMSG", 0x4201),
        ("PTRACE_GETSIGINFO", 0x4202),
        ("PTRACE_SETSIGINFO", 0x4203),
        ("PTRACE_GETREGSET", 0x4204),
        ("PTRACE_SETREGSET", 0x4205),
        ("PTRACE_SEIZE", 0x4206),
        ("PTRACE_INTERRUPT", 0x4207),
        ("PTRACE_LISTEN", 0x4208),
        ("PTRACE_PEEKSIGINFO", 0x4209),
        ("PTRACE_GETSIGMASK", 0x420A),
        ("PTRACE_SETSIGMASK", 0x420B),
    ),
)

NATIVE_FLAGS: Final[tuple[NativeFlags, ...]] = (
    OPEN_FLAGS,
    SOCKET_FLAGS,
    DUP3_FLAGS,
    CLONE_FLAGS,
    OPENAT2_RESOLVE,
    UNLINKAT_FLAGS,
    LINKAT_FLAGS,
    FCHOWNAT_FLAGS,
    CHMOD_MODE,
    UMOUNT_FLAGS,
    MEMFD_CREATE_FLAGS,
    FINIT_MODULE_FLAGS,
    *native_io.NATIVE_FLAGS,
    *native_system.NATIVE_FLAGS,
)

NATIVE_CODES: Final[tuple[NativeCodes, ...]] = (PTRACE_REQUEST, *native_io.NATIVE_CODES, *native_system.NATIVE_CODES)

# A mode is meaningful only with one of these bits of open's native flags: O_CREAT, __O_TMPFILE, O_DIRECTORY.
OPEN_MODE_FLAGS: Final = {"x86": 0x40 | 0x410000, "arm64": 0x40 | 0x404000}

# Bits of clone's flags param without a name in a table: the thread leads its process; the child leads a pid namespace.
CLONE_MARKS: Final[dict[str, int]] = {"IS_MAIN_THREAD": 0x40000000}
