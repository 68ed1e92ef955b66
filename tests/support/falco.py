# SPDX-License-Identifier: Apache-2.0
"""Falco's numbers, as events carry them, written down once more so that a wrong table in the schema fails a test."""

from __future__ import annotations


class O:  # noqa: E742 - the usual prefix of these flags
    """Flags of files and sockets (``file_flags``)."""

    RDONLY, WRONLY, RDWR = 1, 2, 3
    CREAT, APPEND, DSYNC, EXCL, NONBLOCK, SYNC = 0x4, 0x8, 0x10, 0x20, 0x40, 0x80
    TRUNC, DIRECT, DIRECTORY, LARGEFILE, CLOEXEC, TMPFILE = 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000
    F_CREATED, UPPER_LAYER, LOWER_LAYER = 0x4000, 0x8000, 0x10000


class Resolve:
    """``openat2_flags``."""

    BENEATH, IN_ROOT, NO_MAGICLINKS, NO_SYMLINKS, NO_XDEV, CACHED = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20


class Clone:
    """``clone_flags``."""

    FILES, FS, IO, NEWIPC, NEWNET, NEWNS, NEWPID, NEWUTS = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80
    PARENT, PARENT_SETTID, PTRACE, SIGHAND, SYSVSEM, THREAD = 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000
    UNTRACED, VM, NEWUSER, CHILD_CLEARTID, CHILD_SETTID, SETTLS = (
        0x4000,
        0x8000,
        0x100000,
        0x800000,
        0x1000000,
        0x2000000,
    )
    VFORK, NEWCGROUP, CHILD_IN_PIDNS = 0x8000000, 0x10000000, 0x20000000


class Exe:
    """``execve_flags``."""

    WRITABLE, UPPER_LAYER, FROM_MEMFD, LOWER_LAYER = 1, 2, 4, 8


class Layer:
    """``creat_flags``."""

    UPPER, LOWER = 1, 2


class At:
    """Flags of the ``*at`` calls."""

    SYMLINK_NOFOLLOW, REMOVEDIR, SYMLINK_FOLLOW, NO_AUTOMOUNT, EMPTY_PATH = 0x100, 0x200, 0x400, 0x800, 0x1000


class Mount:
    """``mount_flags``: the kernel's own numbers."""

    RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 0x1, 0x2, 0x4, 0x8, 0x20, 0x1000, 0x4000, 0x40000


class Umount:
    """``umount_flags``."""

    FORCE, DETACH, EXPIRE, NOFOLLOW = 1, 2, 4, 8


class Ptrace:
    """``ptrace_requests``."""

    UNKNOWN, TRACEME, PEEKTEXT, CONT, SINGLESTEP, ATTACH, DETACH, SYSCALL, SEIZE = 0, 1, 2, 8, 10, 11, 12, 13, 20


class Memfd:
    """``memfd_create_flags``."""

    CLOEXEC, ALLOW_SEALING, HUGETLB = 1, 2, 4


class Module:
    """``finit_module_flags``."""

    IGNORE_MODVERSIONS, IGNORE_VERMAGIC, COMPRESSED_FILE = 1, 2, 4


class Lock:
    """``flock_flags``."""

    SH, EX, NB, UN = 1, 2, 4, 8


class Sem:
    """``semget_flags``, ``semop_flags`` and ``semctl_commands``."""

    CREAT, EXCL = 0x2000, 0x4000
    NOWAIT, UNDO = 1, 2
    STAT, SET, RMID, GETVAL, SETVAL = 0x1, 0x2, 0x4, 0x200, 0x1000


class Quota:
    """``quotactl_cmds`` and ``quotactl_types``."""

    QUOTAON, GETFMT, GETINFO, GETQUOTA, SYNC, XGETQUOTA = 0x1, 0x4, 0x8, 0x20, 0x80, 0x400
    USER, GROUP = 1, 2


class Poll:
    """``poll_flags``, and the kernel's own numbers."""

    IN, PRI, OUT, RDHUP, ERR, HUP, NVAL = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40
    RDNORM, RDBAND, WRNORM, WRBAND = 0x80, 0x100, 0x200, 0x400
    NATIVE_IN, NATIVE_PRI, NATIVE_OUT, NATIVE_WRNORM, NATIVE_RDHUP = 0x1, 0x2, 0x4, 0x100, 0x2000


class Prot:
    """``prot_flags``."""

    READ, WRITE, EXEC, SEM, GROWSDOWN, GROWSUP = 1, 2, 4, 8, 0x10, 0x20
    NATIVE_GROWSDOWN = 0x1000000


class Map:
    """``mmap_flags``."""

    SHARED, PRIVATE, FIXED, ANONYMOUS, NORESERVE, POPULATE = 0x1, 0x2, 0x4, 0x8, 0x40, 0x80


class Fcntl:
    """``fcntl_commands``."""

    DUPFD, GETFD, SETFD, DUPFD_CLOEXEC, UNKNOWN = 1, 2, 3, 26, 0


class SockOpt:
    """``sockopt_levels`` and ``sockopt_options``."""

    SOL_SOCKET, SOL_TCP = 1, 2
    REUSEADDR, TYPE, ERROR, PEERCRED, RCVTIMEO, SNDTIMEO, COOKIE = 2, 3, 4, 17, 20, 21, 53


AT_FDCWD = -100
NO_ID = 0xFFFFFFFF

FCNTL_BY_NATIVE = {
    0: 1,
    1: 2,
    2: 3,
    3: 4,
    4: 5,
    5: 6,
    6: 8,
    7: 9,
    8: 10,
    9: 12,
    10: 13,
    11: 15,
    15: 21,
    16: 22,
    77: 0,
    36: 30,
    37: 31,
    38: 32,
    1024: 23,
    1025: 24,
    1026: 27,
    1029: 25,
    1030: 26,
    1031: 28,
    1032: 29,
}
"""Commands of fcntl by the kernel's numbers."""

SO_BY_NATIVE = {
    **{number: number for number in range(1, 51)},
    55: 52,
    57: 53,
    59: 51,
    66: 20,
    67: 21,
    68: 0,
}
"""Options of sockets by the kernel's numbers."""
