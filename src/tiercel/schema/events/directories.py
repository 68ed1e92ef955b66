# SPDX-License-Identifier: Apache-2.0
"""Directories, attributes of files, closing of descriptors."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

GETDENTS = Event(
    "getdents",
    code=237,
    doc="Entries of a directory were read, in the old form.",
    category="file",
    params=(
        Param("res", T.ERRNO, "bytes of entries, or -errno"),
        Param("fd", T.FD, "open directory"),
    ),
    syscalls=(Syscall("getdents", x86_64=78, ia32=141),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

GETDENTS64 = Event(
    "getdents64",
    code=239,
    doc="Entries of a directory were read.",
    category="file",
    params=(
        Param("res", T.ERRNO, "bytes of entries, or -errno"),
        Param("fd", T.FD, "open directory"),
    ),
    syscalls=(Syscall("getdents64", x86_64=217, ia32=220),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

GETCWD = Event(
    "getcwd",
    code=93,
    doc="A process read its current directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "bytes of the path, or -errno"),
        Param("path", T.CHARBUF, "current directory"),
    ),
    syscalls=(Syscall("getcwd", x86_64=79, ia32=183),),
)

CHDIR = Event(
    "chdir",
    code=95,
    doc="A process changed its current directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.CHARBUF, "directory, as passed"),
    ),
    syscalls=(Syscall("chdir", x86_64=80, ia32=12),),
    flags=frozenset({"modifies_state"}),
)

FCHDIR = Event(
    "fchdir",
    code=97,
    doc="A process changed its current directory to one that it has open.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "open directory"),
    ),
    syscalls=(Syscall("fchdir", x86_64=81, ia32=133),),
    flags=frozenset({"modifies_state", "uses_fd"}),
    fd_param=1,
    file=True,
)

CHROOT = Event(
    "chroot",
    code=267,
    doc="A process changed its root directory.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "directory, as passed"),
    ),
    syscalls=(Syscall("chroot", x86_64=161, ia32=61),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"path_lookup"}),
)

CLOSE = Event(
    "close",
    code=5,
    doc="A descriptor was closed.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "descriptor to close"),
    ),
    syscalls=(Syscall("close", x86_64=3, ia32=6),),
    flags=frozenset({"destroys_fd", "modifies_state", "uses_fd"}),
    traits=frozenset({"ends_in_probe", "high_rate", "uring"}),
    fd_param=1,
    file=True,
)

CLOSE_RANGE = Event(
    "close_range",
    code=451,
    doc="A range of descriptors was closed or marked.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("first", T.UINT32, "lowest descriptor"),
        Param("last", T.UINT32, "highest descriptor"),
        Param(
            "flags",
            T.FLAGS32,
            "whether they are only marked, and no longer shared",
            fmt="hex",
            flags="close_range_flags",
        ),
    ),
    syscalls=(Syscall("close_range", x86_64=436, ia32=436),),
    flags=frozenset({"modifies_state"}),
)

STAT = Event(
    "stat",
    code=67,
    doc="Attributes of a file were read.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
    ),
    syscalls=(Syscall("stat", x86_64=4, ia32=106),),
    traits=frozenset({"high_rate", "path_lookup"}),
)

LSTAT = Event(
    "lstat",
    code=69,
    doc="Attributes of a file were read without following a link.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
    ),
    syscalls=(Syscall("lstat", x86_64=6, ia32=107),),
    traits=frozenset({"high_rate", "path_lookup"}),
)

FSTAT = Event(
    "fstat",
    code=71,
    doc="Attributes of an open file were read.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "descriptor"),
    ),
    syscalls=(Syscall("fstat", x86_64=5, ia32=108),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

STAT64 = Event(
    "stat64",
    code=73,
    doc="Attributes of a file were read by a 32-bit program.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
    ),
    syscalls=(Syscall("stat64", x86_64=None, ia32=195),),
    traits=frozenset({"path_lookup"}),
)

LSTAT64 = Event(
    "lstat64",
    code=75,
    doc="Attributes of a file were read by a 32-bit program without following a link.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
    ),
    syscalls=(Syscall("lstat64", x86_64=None, ia32=196),),
    traits=frozenset({"path_lookup"}),
)

FSTAT64 = Event(
    "fstat64",
    code=77,
    doc="Attributes of an open file were read by a 32-bit program.",
    category="file",
    params=(Param("res", T.ERRNO, "0, or -errno"),),
    syscalls=(Syscall("fstat64", x86_64=None, ia32=197),),
)

NEWFSTATAT = Event(
    "newfstatat",
    code=419,
    doc="Attributes of a file were read, relative to a directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("path", T.FSRELPATH, "file, as passed", dirfd=1),
        Param(
            "flags",
            T.FLAGS32,
            "whether links are followed and an empty path is allowed",
            fmt="hex",
            flags="newfstatat_flags",
        ),
    ),
    syscalls=(
        Syscall("newfstatat", x86_64=262),
        Syscall("fstatat64", x86_64=None, ia32=300),
    ),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate", "path_lookup"}),
    fd_param=1,
    file=True,
)

ACCESS = Event(
    "access",
    code=265,
    doc="A process checked its access to a file.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("name", T.FSPATH, "file, as passed"),
        Param("mode", T.FLAGS32, "requested access", fmt="hex", flags="access_flags"),
    ),
    syscalls=(Syscall("access", x86_64=21, ia32=33),),
    traits=frozenset({"high_rate", "path_lookup"}),
)

MKNOD = Event(
    "mknod",
    code=415,
    doc="A device, pipe, socket or plain file was made.",
    category="other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file to make, as passed"),
        Param("mode", T.MODE, "kind of file and permission bits", fmt="oct", flags="mknod_mode"),
        Param("dev", T.UINT32, "device number of a device"),
    ),
    syscalls=(Syscall("mknod", x86_64=133, ia32=14),),
    traits=frozenset({"path_lookup"}),
)

MKNODAT = Event(
    "mknodat",
    code=417,
    doc="A device, pipe, socket or plain file was made, relative to a directory.",
    category="other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("path", T.FSRELPATH, "file to make, as passed", dirfd=1),
        Param("mode", T.MODE, "kind of file and permission bits", fmt="oct", flags="mknod_mode"),
        Param("dev", T.UINT32, "device number of a device"),
    ),
    syscalls=(Syscall("mknodat", x86_64=259, ia32=297),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup"}),
    fd_param=1,
    file=True,
)

UMOUNT = Event(
    "umount",
    code=387,
    doc="A file system was unmounted by a 32-bit program, without flags.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("name", T.FSPATH, "mount point, as passed"),
    ),
    syscalls=(Syscall("umount", x86_64=None, ia32=22),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"path_lookup"}),
    fs_path=("name",),
)

QUOTACTL = Event(
    "quotactl",
    code=191,
    doc="A disk quota was read, set or switched.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("special", T.CHARBUF, "block device"),
        Param("quotafilepath", T.CHARBUF, "file that holds quotas"),
        Param("dqb_bhardlimit", T.UINT64, "hard limit of blocks"),
        Param("dqb_bsoftlimit", T.UINT64, "soft limit of blocks"),
        Param("dqb_curspace", T.UINT64, "space used, bytes"),
        Param("dqb_ihardlimit", T.UINT64, "hard limit of inodes"),
        Param("dqb_isoftlimit", T.UINT64, "soft limit of inodes"),
        Param("dqb_btime", T.RELTIME, "time over the soft limit of blocks"),
        Param("dqb_itime", T.RELTIME, "time over the soft limit of inodes"),
        Param("dqi_bgrace", T.RELTIME, "grace time of blocks"),
        Param("dqi_igrace", T.RELTIME, "grace time of inodes"),
        Param("dqi_flags", T.FLAGS8, "flags of the quota file", flags="quotactl_dqi_flags"),
        Param("quota_fmt_out", T.FLAGS8, "quota format that was found", flags="quotactl_quota_fmts"),
        Param("cmd", T.FLAGS16, "command", flags="quotactl_cmds"),
        Param("type", T.FLAGS8, "kind of quota", flags="quotactl_types"),
        Param("id", T.UINT32, "user or group"),
        Param("quota_fmt", T.FLAGS8, "requested quota format", flags="quotactl_quota_fmts"),
    ),
    syscalls=(Syscall("quotactl", x86_64=179, ia32=131),),
    fs_path=("special",),
)

OPEN_BY_HANDLE_AT = Event(
    "open_by_handle_at",
    code=337,
    doc="A file was opened by its handle, not by its name.",
    category="file",
    params=(
        Param("fd", T.FD, "new descriptor, or -errno"),
        Param("mountfd", T.FD, "open object in the file system; -100 is the current directory"),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("path", T.FSPATH, "file as the kernel resolved it"),
        Param("dev", T.UINT32, "device of the opened file", fmt="hex"),
        Param("ino", T.UINT64, "inode of the opened file"),
    ),
    syscalls=(Syscall("open_by_handle_at", x86_64=304, ia32=342),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"open_flags"}),
    fd_param=0,
    file=True,
)

EVENTS = (
    GETDENTS,
    GETDENTS64,
    GETCWD,
    CHDIR,
    FCHDIR,
    CHROOT,
    CLOSE,
    CLOSE_RANGE,
    STAT,
    LSTAT,
    FSTAT,
    STAT64,
    LSTAT64,
    FSTAT64,
    NEWFSTATAT,
    ACCESS,
    MKNOD,
    MKNODAT,
    UMOUNT,
    QUOTACTL,
    OPEN_BY_HANDLE_AT,
)
