# SPDX-License-Identifier: Apache-2.0
"""Names of flag bits and values of memory, limits, semaphores, quotas and keys."""

from __future__ import annotations

from tiercel.schema.types import FlagTable

FUTEX_OPERATIONS = FlagTable(
    "futex_operations",
    "Operations on futexes.",
    (
        ("FUTEX_CLOCK_REALTIME", 0x100),
        ("FUTEX_PRIVATE_FLAG", 0x80),
        ("FUTEX_CMP_REQUEUE_PI", 0xC),
        ("FUTEX_WAIT_REQUEUE_PI", 0xB),
        ("FUTEX_WAKE_BITSET", 0xA),
        ("FUTEX_WAIT_BITSET", 0x9),
        ("FUTEX_TRYLOCK_PI", 0x8),
        ("FUTEX_UNLOCK_PI", 0x7),
        ("FUTEX_LOCK_PI", 0x6),
        ("FUTEX_WAKE_OP", 0x5),
        ("FUTEX_CMP_REQUEUE", 0x4),
        ("FUTEX_REQUEUE", 0x3),
        ("FUTEX_FD", 0x2),
        ("FUTEX_WAKE", 0x1),
        ("FUTEX_WAIT", 0x0),
    ),
)
RLIMIT_RESOURCES = FlagTable(
    "rlimit_resources",
    "Resource limits.",
    (
        ("RLIMIT_UNKNOWN", 0xFF),
        ("RLIMIT_RTTIME", 0xF),
        ("RLIMIT_RTPRIO", 0xE),
        ("RLIMIT_NICE", 0xD),
        ("RLIMIT_MSGQUEUE", 0xC),
        ("RLIMIT_SIGPENDING", 0xB),
        ("RLIMIT_LOCKS", 0xA),
        ("RLIMIT_AS", 0x9),
        ("RLIMIT_MEMLOCK", 0x8),
        ("RLIMIT_NOFILE", 0x7),
        ("RLIMIT_NPROC", 0x6),
        ("RLIMIT_RSS", 0x5),
        ("RLIMIT_CORE", 0x4),
        ("RLIMIT_STACK", 0x3),
        ("RLIMIT_DATA", 0x2),
        ("RLIMIT_FSIZE", 0x1),
        ("RLIMIT_CPU", 0x0),
    ),
)
PROT_FLAGS = FlagTable(
    "prot_flags",
    "Uses of memory.",
    (
        ("PROT_READ", 0x1),
        ("PROT_WRITE", 0x2),
        ("PROT_EXEC", 0x4),
        ("PROT_SEM", 0x8),
        ("PROT_GROWSDOWN", 0x10),
        ("PROT_GROWSUP", 0x20),
        ("PROT_SAO", 0x40),
        ("PROT_NONE", 0x0),
    ),
)
MMAP_FLAGS = FlagTable(
    "mmap_flags",
    "Kinds of mapping.",
    (
        ("MAP_SHARED", 0x1),
        ("MAP_PRIVATE", 0x2),
        ("MAP_FIXED", 0x4),
        ("MAP_ANONYMOUS", 0x8),
        ("MAP_32BIT", 0x10),
        ("MAP_RENAME", 0x20),
        ("MAP_NORESERVE", 0x40),
        ("MAP_POPULATE", 0x80),
        ("MAP_NONBLOCK", 0x100),
        ("MAP_GROWSDOWN", 0x200),
        ("MAP_DENYWRITE", 0x400),
        ("MAP_EXECUTABLE", 0x800),
        ("MAP_INHERIT", 0x1000),
        ("MAP_FILE", 0x2000),
        ("MAP_LOCKED", 0x4000),
    ),
)
QUOTACTL_DQI_FLAGS = FlagTable(
    "quotactl_dqi_flags",
    "Flags of quota files.",
    (
        ("DQF_NONE", 0x1),
        ("V1_DQF_RSQUASH", 0x2),
    ),
)
QUOTACTL_CMDS = FlagTable(
    "quotactl_cmds",
    "Commands of quotactl.",
    (
        ("Q_QUOTAON", 0x1),
        ("Q_QUOTAOFF", 0x2),
        ("Q_GETFMT", 0x4),
        ("Q_GETINFO", 0x8),
        ("Q_SETINFO", 0x10),
        ("Q_GETQUOTA", 0x20),
        ("Q_SETQUOTA", 0x40),
        ("Q_SYNC", 0x80),
        ("Q_XQUOTAON", 0x100),
        ("Q_XQUOTAOFF", 0x200),
        ("Q_XGETQUOTA", 0x400),
        ("Q_XSETQLIM", 0x800),
        ("Q_XGETQSTAT", 0x1000),
        ("Q_XQUOTARM", 0x2000),
        ("Q_XQUOTASYNC", 0x4000),
    ),
)
QUOTACTL_TYPES = FlagTable(
    "quotactl_types",
    "Kinds of quota.",
    (
        ("USRQUOTA", 0x1),
        ("GRPQUOTA", 0x2),
    ),
)
QUOTACTL_QUOTA_FMTS = FlagTable(
    "quotactl_quota_fmts",
    "Formats of quota files.",
    (
        ("QFMT_NOT_USED", 0x1),
        ("QFMT_VFS_OLD", 0x2),
        ("QFMT_VFS_V0", 0x4),
        ("QFMT_VFS_V1", 0x8),
    ),
)
SEMOP_FLAGS = FlagTable(
    "semop_flags",
    "Flags of semaphore operations.",
    (
        ("IPC_NOWAIT", 0x1),
        ("SEM_UNDO", 0x2),
    ),
)
SEMGET_FLAGS = FlagTable(
    "semget_flags",
    "Flags of semget.",
    (
        ("IPC_EXCL", 0x4000),
        ("IPC_CREAT", 0x2000),
    ),
)
SEMCTL_COMMANDS = FlagTable(
    "semctl_commands",
    "Commands of semctl.",
    (
        ("IPC_STAT", 0x1),
        ("IPC_SET", 0x2),
        ("IPC_RMID", 0x4),
        ("IPC_INFO", 0x8),
        ("SEM_INFO", 0x10),
        ("SEM_STAT", 0x20),
        ("GETALL", 0x40),
        ("GETNCNT", 0x80),
        ("GETPID", 0x100),
        ("GETVAL", 0x200),
        ("GETZCNT", 0x400),
        ("SETALL", 0x800),
        ("SETVAL", 0x1000),
    ),
)
PF_FLAGS = FlagTable(
    "pf_flags",
    "Kinds of page fault.",
    (
        ("PROTECTION_VIOLATION", 0x1),
        ("PAGE_NOT_PRESENT", 0x2),
        ("WRITE_ACCESS", 0x4),
        ("READ_ACCESS", 0x8),
        ("USER_FAULT", 0x10),
        ("SUPERVISOR_FAULT", 0x20),
        ("RESERVED_PAGE", 0x40),
        ("INSTRUCTION_FETCH", 0x80),
    ),
)
MLOCKALL_FLAGS = FlagTable(
    "mlockall_flags",
    "Flags of mlockall.",
    (
        ("MCL_CURRENT", 0x1),
        ("MCL_FUTURE", 0x2),
        ("MCL_ONFAULT", 0x4),
    ),
)
MLOCK2_FLAGS = FlagTable(
    "mlock2_flags",
    "Flags of mlock2.",
    (("MLOCK_ONFAULT", 0x1),),
)
FSCONFIG_CMDS = FlagTable(
    "fsconfig_cmds",
    "Commands of fsconfig.",
    (
        ("FSCONFIG_SET_FLAG", 0),
        ("FSCONFIG_SET_STRING", 1),
        ("FSCONFIG_SET_BINARY", 2),
        ("FSCONFIG_SET_PATH", 3),
        ("FSCONFIG_SET_PATH_EMPTY", 4),
        ("FSCONFIG_SET_FD", 5),
        ("FSCONFIG_CMD_CREATE", 6),
        ("FSCONFIG_CMD_RECONFIGURE", 7),
    ),
)
KEYCTL_OPERATIONS = FlagTable(
    "keyctl_operations",
    "Operations of keyctl.",
    (
        ("KEYCTL_GET_KEYRING_ID", 0),
        ("KEYCTL_JOIN_SESSION_KEYRING", 1),
        ("KEYCTL_UPDATE", 2),
        ("KEYCTL_REVOKE", 3),
        ("KEYCTL_CHOWN", 4),
        ("KEYCTL_SETPERM", 5),
        ("KEYCTL_DESCRIBE", 6),
        ("KEYCTL_CLEAR", 7),
        ("KEYCTL_LINK", 8),
        ("KEYCTL_UNLINK", 9),
        ("KEYCTL_SEARCH", 10),
        ("KEYCTL_READ", 11),
        ("KEYCTL_INSTANTIATE", 12),
        ("KEYCTL_NEGATE", 13),
        ("KEYCTL_SET_REQKEY_KEYRING", 14),
        ("KEYCTL_SET_TIMEOUT", 15),
        ("KEYCTL_ASSUME_AUTHORITY", 16),
        ("KEYCTL_GET_SECURITY", 17),
        ("KEYCTL_SESSION_TO_PARENT", 18),
        ("KEYCTL_REJECT", 19),
        ("KEYCTL_INSTANTIATE_IOV", 20),
        ("KEYCTL_INVALIDATE", 21),
        ("KEYCTL_GET_PERSISTENT", 22),
        ("KEYCTL_DH_COMPUTE", 23),
        ("KEYCTL_PKEY_QUERY", 24),
        ("KEYCTL_PKEY_ENCRYPT", 25),
        ("KEYCTL_PKEY_DECRYPT", 26),
        ("KEYCTL_PKEY_SIGN", 27),
        ("KEYCTL_PKEY_VERIFY", 28),
        ("KEYCTL_RESTRICT_KEYRING", 29),
        ("KEYCTL_MOVE", 30),
        ("KEYCTL_CAPABILITIES", 31),
        ("KEYCTL_WATCH_KEY", 32),
    ),
)
DELETE_MODULE_FLAGS = FlagTable(
    "delete_module_flags",
    "Flags of delete_module.",
    (
        ("O_NONBLOCK", 0x2),
        ("O_TRUNC", 0x1),
    ),
)
LANDLOCK_RESTRICT_SELF_FLAGS = FlagTable(
    "landlock_restrict_self_flags",
    "Flags of landlock_restrict_self.",
    (
        ("LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF", 0x1),
        ("LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON", 0x2),
        ("LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF", 0x4),
    ),
    own=True,
)

FLAG_TABLES = (
    FUTEX_OPERATIONS,
    RLIMIT_RESOURCES,
    PROT_FLAGS,
    MMAP_FLAGS,
    QUOTACTL_DQI_FLAGS,
    QUOTACTL_CMDS,
    QUOTACTL_TYPES,
    QUOTACTL_QUOTA_FMTS,
    SEMOP_FLAGS,
    SEMGET_FLAGS,
    SEMCTL_COMMANDS,
    PF_FLAGS,
    MLOCKALL_FLAGS,
    MLOCK2_FLAGS,
    FSCONFIG_CMDS,
    KEYCTL_OPERATIONS,
    DELETE_MODULE_FLAGS,
    LANDLOCK_RESTRICT_SELF_FLAGS,
)
