# SPDX-License-Identifier: Apache-2.0
"""Conversion of the kernel's numbers to Falco's: names, semaphores, quotas, limits and page faults."""

from __future__ import annotations

from typing import Final

from tiercel.schema import flags_io as io
from tiercel.schema import flags_system as system
from tiercel.schema.conversions import NativeCodes, NativeFlags

ACCESS_MODE: Final = NativeFlags(
    "access_mode",
    "Requested access of access(2).",
    io.ACCESS_FLAGS,
    (("X_OK", 1), ("W_OK", 2), ("R_OK", 4)),
)

FLOCK_OPERATION: Final = NativeFlags(
    "flock_operation",
    "Operations of flock.",
    io.FLOCK_FLAGS,
    (("LOCK_SH", 1), ("LOCK_EX", 2), ("LOCK_NB", 4), ("LOCK_UN", 8)),
)

NEWFSTATAT_FLAGS: Final = NativeFlags(
    "newfstatat_flags",
    "Flags of newfstatat.",
    io.NEWFSTATAT_FLAGS,
    io.NEWFSTATAT_FLAGS.rows,
)

MKNOD_PERMISSIONS: Final = NativeFlags(
    "mknod_permissions",
    "Permission bits of mknod.",
    io.MKNOD_MODE,
    tuple(row for row in io.MKNOD_MODE.rows if row[1] < 0x1000),
)

MKNOD_TYPE: Final = NativeCodes(
    "mknod_type",
    "Type of what mknod makes, the bits above the permissions as a number; none means a regular file.",
    io.MKNOD_MODE,
    (("S_IFREG", 0), ("S_IFIFO", 1), ("S_IFCHR", 2), ("S_IFBLK", 6), ("S_IFREG", 8), ("S_IFSOCK", 12)),
)

DELETE_MODULE_FLAGS: Final = NativeFlags(
    "delete_module_flags",
    "Flags of delete_module.",
    system.DELETE_MODULE_FLAGS,
    (("O_TRUNC", 0x200), ("O_NONBLOCK", 0x800)),
)

SEMOP_FLAGS: Final = NativeFlags(
    "semop_flags",
    "Flags of an operation on a semaphore.",
    system.SEMOP_FLAGS,
    (("IPC_NOWAIT", 0x800), ("SEM_UNDO", 0x1000)),
)

SEMGET_FLAGS: Final = NativeFlags(
    "semget_flags",
    "Flags of semget.",
    system.SEMGET_FLAGS,
    (("IPC_CREAT", 0x200), ("IPC_EXCL", 0x400)),
)

FUTEX_MARKS: Final = NativeFlags(
    "futex_marks",
    "Bits beside the operation of futex.",
    system.FUTEX_OPERATIONS,
    (("FUTEX_PRIVATE_FLAG", 0x80), ("FUTEX_CLOCK_REALTIME", 0x100)),
)

FUTEX_COMMAND: Final = NativeCodes(
    "futex_command",
    "Operations of futex.",
    system.FUTEX_OPERATIONS,
    tuple(row for row in system.FUTEX_OPERATIONS.rows if row[1] < 0x80),
)

SEMCTL_COMMAND: Final = NativeCodes(
    "semctl_command",
    "Commands of semctl.",
    system.SEMCTL_COMMANDS,
    (
        ("IPC_RMID", 0),
        ("IPC_SET", 1),
        ("IPC_STAT", 2),
        ("IPC_INFO", 3),
        ("GETPID", 11),
        ("GETVAL", 12),
        ("GETALL", 13),
        ("GETNCNT", 14),
        ("GETZCNT", 15),
        ("SETVAL", 16),
        ("SETALL", 17),
        ("SEM_STAT", 18),
        ("SEM_INFO", 19),
    ),
)

RLIMIT_RESOURCE: Final = NativeCodes(
    "rlimit_resource",
    "Resources that have limits.",
    system.RLIMIT_RESOURCES,
    tuple(row for row in system.RLIMIT_RESOURCES.rows if row[1] < 0x10),
    unknown=0xFF,
)

QUOTACTL_COMMAND: Final = NativeCodes(
    "quotactl_command",
    "Commands of quotactl, without the type of quota.",
    system.QUOTACTL_CMDS,
    (
        ("Q_XQUOTAON", 0x5801),
        ("Q_XQUOTAOFF", 0x5802),
        ("Q_XGETQUOTA", 0x5803),
        ("Q_XSETQLIM", 0x5804),
        ("Q_XGETQSTAT", 0x5805),
        ("Q_XQUOTARM", 0x5806),
        ("Q_XQUOTASYNC", 0x5807),
        ("Q_SYNC", 0x800001),
        ("Q_QUOTAON", 0x800002),
        ("Q_QUOTAOFF", 0x800003),
        ("Q_GETFMT", 0x800004),
        ("Q_GETINFO", 0x800005),
        ("Q_SETINFO", 0x800006),
        ("Q_GETQUOTA", 0x800007),
        ("Q_SETQUOTA", 0x800008),
    ),
)

QUOTACTL_TYPE: Final = NativeCodes(
    "quotactl_type",
    "Whose quota it is.",
    system.QUOTACTL_TYPES,
    (("USRQUOTA", 0), ("GRPQUOTA", 1)),
)

QUOTACTL_FORMAT: Final = NativeCodes(
    "quotactl_format",
    "Formats of quota files.",
    system.QUOTACTL_QUOTA_FMTS,
    (("QFMT_VFS_OLD", 1), ("QFMT_VFS_V0", 2), ("QFMT_VFS_V1", 4)),
    unknown=1,
)

PAGE_FAULT_SET: Final = NativeFlags(
    "page_fault_set",
    "What the bits of a page fault's error code say.",
    system.PF_FLAGS,
    (
        ("PROTECTION_VIOLATION", 0x1),
        ("WRITE_ACCESS", 0x2),
        ("USER_FAULT", 0x4),
        ("RESERVED_PAGE", 0x8),
        ("INSTRUCTION_FETCH", 0x10),
    ),
)

PAGE_FAULT_CLEAR: Final = NativeFlags(
    "page_fault_clear",
    "What the same bits say when they are not set; to be given the complement of the code.",
    system.PF_FLAGS,
    (("PAGE_NOT_PRESENT", 0x1), ("READ_ACCESS", 0x2), ("SUPERVISOR_FAULT", 0x4)),
)

NATIVE_FLAGS: Final[tuple[NativeFlags, ...]] = (
    ACCESS_MODE,
    FLOCK_OPERATION,
    NEWFSTATAT_FLAGS,
    MKNOD_PERMISSIONS,
    DELETE_MODULE_FLAGS,
    SEMOP_FLAGS,
    SEMGET_FLAGS,
    FUTEX_MARKS,
    PAGE_FAULT_SET,
    PAGE_FAULT_CLEAR,
)

NATIVE_CODES: Final[tuple[NativeCodes, ...]] = (
    MKNOD_TYPE,
    FUTEX_COMMAND,
    SEMCTL_COMMAND,
    RLIMIT_RESOURCE,
    QUOTACTL_COMMAND,
    QUOTACTL_TYPE,
    QUOTACTL_FORMAT,
)
