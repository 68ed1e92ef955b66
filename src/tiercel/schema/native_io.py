# SPDX-License-Identifier: Apache-2.0
"""Conversion of the kernel's numbers to Falco's: calls on descriptors, sockets and memory."""

from __future__ import annotations

from typing import Final

from tiercel.schema import flags as tables
from tiercel.schema import flags_io, flags_system
from tiercel.schema.conversions import NativeCodes, NativeFlags

PIPE2_FLAGS: Final = NativeFlags(
    "pipe2_flags",
    "Flags of pipe2.",
    tables.FILE_FLAGS,
    (
        ("O_NONBLOCK", 0x800),
        ("O_DIRECT", 0x4000),
        ("O_CLOEXEC", 0x80000),
    ),
    arm64=(("O_DIRECT", 0x10000),),
)

PROT_FLAGS: Final = NativeFlags(
    "prot_flags",
    "What memory may be used for.",
    flags_system.PROT_FLAGS,
    (
        ("PROT_READ", 0x1),
        ("PROT_WRITE", 0x2),
        ("PROT_EXEC", 0x4),
        ("PROT_SEM", 0x8),
        ("PROT_GROWSDOWN", 0x1000000),
        ("PROT_GROWSUP", 0x2000000),
    ),
)

MMAP_FLAGS: Final = NativeFlags(
    "mmap_flags",
    "Kinds of mappings.",
    flags_system.MMAP_FLAGS,
    (
        ("MAP_SHARED", 0x1),
        ("MAP_PRIVATE", 0x2),
        ("MAP_FIXED", 0x10),
        ("MAP_ANONYMOUS", 0x20),
        ("MAP_32BIT", 0x40),
        ("MAP_GROWSDOWN", 0x100),
        ("MAP_DENYWRITE", 0x800),
        ("MAP_EXECUTABLE", 0x1000),
        ("MAP_LOCKED", 0x2000),
        ("MAP_NORESERVE", 0x4000),
        ("MAP_POPULATE", 0x8000),
        ("MAP_NONBLOCK", 0x10000),
    ),
)

MLOCKALL_FLAGS: Final = NativeFlags(
    "mlockall_flags",
    "Flags of mlockall.",
    flags_system.MLOCKALL_FLAGS,
    flags_system.MLOCKALL_FLAGS.rows,
)

MLOCK2_FLAGS: Final = NativeFlags(
    "mlock2_flags",
    "Flags of mlock2.",
    flags_system.MLOCK2_FLAGS,
    flags_system.MLOCK2_FLAGS.rows,
)

SPLICE_FLAGS: Final = NativeFlags(
    "splice_flags",
    "Flags of splice.",
    flags_io.SPLICE_FLAGS,
    flags_io.SPLICE_FLAGS.rows,
)

CLOSE_RANGE_FLAGS: Final = NativeFlags(
    "close_range_flags",
    "Flags of close_range.",
    flags_io.CLOSE_RANGE_FLAGS,
    flags_io.CLOSE_RANGE_FLAGS.rows,
)

EPOLL_CREATE1_FLAGS: Final = NativeFlags(
    "epoll_create1_flags",
    "Flags of epoll_create1.",
    flags_io.EPOLL_CREATE1_FLAGS,
    (("EPOLL_CLOEXEC", 0x80000),),
)

PIDFD_OPEN_FLAGS: Final = NativeFlags(
    "pidfd_open_flags",
    "Flags of pidfd_open.",
    flags_io.PIDFD_OPEN_FLAGS,
    (("PIDFD_NONBLOCK", 0x800),),
)

POLL_EVENTS: Final = NativeFlags(
    "poll_events",
    "What a descriptor is ready for.",
    flags_io.POLL_FLAGS,
    (
        ("POLLIN", 0x1),
        ("POLLPRI", 0x2),
        ("POLLOUT", 0x4),
        ("POLLERR", 0x8),
        ("POLLHUP", 0x10),
        ("POLLNVAL", 0x20),
        ("POLLRDNORM", 0x40),
        ("POLLRDBAND", 0x80),
        ("POLLWRNORM", 0x100),
        ("POLLWRBAND", 0x200),
        ("POLLRDHUP", 0x2000),
    ),
)

IO_URING_SETUP_FLAGS: Final = NativeFlags(
    "io_uring_setup_flags",
    "Flags of io_uring_setup.",
    flags_io.IO_URING_SETUP_FLAGS,
    (
        ("IORING_SETUP_IOPOLL", 0x1),
        ("IORING_SETUP_SQPOLL", 0x2),
        ("IORING_SETUP_SQ_AFF", 0x4),
        ("IORING_SETUP_CQSIZE", 0x8),
        ("IORING_SETUP_CLAMP", 0x10),
        ("IORING_SETUP_ATTACH_RW", 0x20),
        ("IORING_SETUP_R_DISABLED", 0x40),
    ),
)

IO_URING_SETUP_FEATS: Final = NativeFlags(
    "io_uring_setup_feats",
    "What the kernel's rings offer.",
    flags_io.IO_URING_SETUP_FEATS,
    flags_io.IO_URING_SETUP_FEATS.rows,
)

IO_URING_ENTER_FLAGS: Final = NativeFlags(
    "io_uring_enter_flags",
    "Flags of io_uring_enter.",
    flags_io.IO_URING_ENTER_FLAGS,
    flags_io.IO_URING_ENTER_FLAGS.rows,
)

FCNTL_COMMAND: Final = NativeCodes(
    "fcntl_command",
    "Commands of fcntl.",
    flags_io.FCNTL_COMMANDS,
    (
        ("F_DUPFD", 0),
        ("F_GETFD", 1),
        ("F_SETFD", 2),
        ("F_GETFL", 3),
        ("F_SETFL", 4),
        ("F_GETLK", 5),
        ("F_SETLK", 6),
        ("F_SETLKW", 7),
        ("F_SETOWN", 8),
        ("F_GETOWN", 9),
        ("F_SETSIG", 10),
        ("F_GETSIG", 11),
        ("F_GETLK64", 12),
        ("F_SETLK64", 13),
        ("F_SETLKW64", 14),
        ("F_SETOWN_EX", 15),
        ("F_GETOWN_EX", 16),
        ("F_OFD_GETLK", 36),
        ("F_OFD_SETLK", 37),
        ("F_OFD_SETLKW", 38),
        ("F_SETLEASE", 1024),
        ("F_GETLEASE", 1025),
        ("F_NOTIFY", 1026),
        ("F_CANCELLK", 1029),
        ("F_DUPFD_CLOEXEC", 1030),
        ("F_SETPIPE_SZ", 1031),
        ("F_GETPIPE_SZ", 1032),
    ),
)

SHUTDOWN_HOW: Final = NativeCodes(
    "shutdown_how",
    "Directions of a connection.",
    flags_io.SHUTDOWN_HOW,
    (("SHUT_RD", 0), ("SHUT_WR", 1), ("SHUT_RDWR", 2)),
    unknown=0xFF,
)

LSEEK_WHENCE: Final = NativeCodes(
    "lseek_whence",
    "Where a distance starts.",
    flags_io.LSEEK_WHENCE,
    (("SEEK_SET", 0), ("SEEK_CUR", 1), ("SEEK_END", 2)),
)

SOCKOPT_LEVEL: Final = NativeCodes(
    "sockopt_level",
    "Protocol levels of socket options.",
    flags_io.SOCKOPT_LEVELS,
    (("SOL_SOCKET", 1), ("SOL_TCP", 6)),
)

SOCKOPT_OPTION: Final = NativeCodes(
    "sockopt_option",
    "Options of the socket level.",
    flags_io.SOCKOPT_OPTIONS,
    (
        ("SO_DEBUG", 1),
        ("SO_REUSEADDR", 2),
        ("SO_TYPE", 3),
        ("SO_ERROR", 4),
        ("SO_DONTROUTE", 5),
        ("SO_BROADCAST", 6),
        ("SO_SNDBUF", 7),
        ("SO_RCVBUF", 8),
        ("SO_KEEPALIVE", 9),
        ("SO_OOBINLINE", 10),
        ("SO_NO_CHECK", 11),
        ("SO_PRIORITY", 12),
        ("SO_LINGER", 13),
        ("SO_BSDCOMPAT", 14),
        ("SO_REUSEPORT", 15),
        ("SO_PASSCRED", 16),
        ("SO_PEERCRED", 17),
        ("SO_RCVLOWAT", 18),
        ("SO_SNDLOWAT", 19),
        ("SO_RCVTIMEO", 20),
        ("SO_SNDTIMEO", 21),
        ("SO_SECURITY_AUTHENTICATION", 22),
        ("SO_SECURITY_ENCRYPTION_TRANSPORT", 23),
        ("SO_SECURITY_ENCRYPTION_NETWORK", 24),
        ("SO_BINDTODEVICE", 25),
        ("SO_ATTACH_FILTER", 26),
        ("SO_DETACH_FILTER", 27),
        ("SO_PEERNAME", 28),
        ("SO_TIMESTAMP", 29),
        ("SO_ACCEPTCONN", 30),
        ("SO_PEERSEC", 31),
        ("SO_SNDBUFFORCE", 32),
        ("SO_RCVBUFFORCE", 33),
        ("SO_PASSSEC", 34),
        ("SO_TIMESTAMPNS", 35),
        ("SO_MARK", 36),
        ("SO_TIMESTAMPING", 37),
        ("SO_PROTOCOL", 38),
        ("SO_DOMAIN", 39),
        ("SO_RXQ_OVFL", 40),
        ("SO_WIFI_STATUS", 41),
        ("SO_PEEK_OFF", 42),
        ("SO_NOFCS", 43),
        ("SO_LOCK_FILTER", 44),
        ("SO_SELECT_ERR_QUEUE", 45),
        ("SO_BUSY_POLL", 46),
        ("SO_MAX_PACING_RATE", 47),
        ("SO_BPF_EXTENSIONS", 48),
        ("SO_INCOMING_CPU", 49),
        ("SO_ATTACH_BPF", 50),
        ("SO_MEMINFO", 55),
        ("SO_COOKIE", 57),
        ("SO_PEERGROUPS", 59),
        ("SO_RCVTIMEO", 66),
        ("SO_SNDTIMEO", 67),
    ),
)

NATIVE_FLAGS: Final[tuple[NativeFlags, ...]] = (
    PIPE2_FLAGS,
    PROT_FLAGS,
    MMAP_FLAGS,
    MLOCKALL_FLAGS,
    MLOCK2_FLAGS,
    SPLICE_FLAGS,
    CLOSE_RANGE_FLAGS,
    EPOLL_CREATE1_FLAGS,
    PIDFD_OPEN_FLAGS,
    POLL_EVENTS,
    IO_URING_SETUP_FLAGS,
    IO_URING_SETUP_FEATS,
    IO_URING_ENTER_FLAGS,
)

NATIVE_CODES: Final[tuple[NativeCodes, ...]] = (
    FCNTL_COMMAND,
    SHUTDOWN_HOW,
    LSEEK_WHENCE,
    SOCKOPT_LEVEL,
    SOCKOPT_OPTION,
)
