# SPDX-License-Identifier: Apache-2.0
"""Opening, creating and duplicating files."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

OPEN = Event(
    "open",
    code=3,
    doc="A file was opened, or failed to open.",
    category="file",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("name", T.FSPATH, "file to open, as passed"),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
        Param("dev", T.UINT32, "device of the opened file", fmt="hex"),
        Param("ino", T.UINT64, "inode of the opened file"),
    ),
    syscalls=(Syscall("open", x86_64=2, ia32=5),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"high_rate", "open_flags", "opens_path"}),
    fs_path=("name",),
    fd_param=0,
    file=True,
)

OPENAT = Event(
    "openat",
    code=307,
    doc="A file was opened, or failed to open, relative to a directory.",
    category="file",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("dirfd", T.FD, "directory that a relative name starts from; -100 is the current one"),
        Param("name", T.FSRELPATH, "file to open, as passed", dirfd=1),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
        Param("dev", T.UINT32, "device of the opened file", fmt="hex"),
        Param("ino", T.UINT64, "inode of the opened file"),
    ),
    syscalls=(Syscall("openat", x86_64=257, ia32=295),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"high_rate", "open_flags", "opens_path", "uring"}),
    fs_path=("name",),
    fd_param=0,
    file=True,
)

OPENAT2 = Event(
    "openat2",
    code=327,
    doc="A file was opened, or failed to open, relative to a directory and with resolution limits.",
    category="file",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("dirfd", T.FD, "directory that a relative name starts from; -100 is the current one"),
        Param("name", T.FSRELPATH, "file to open, as passed", dirfd=1),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
        Param("resolve", T.FLAGS32, "limits on how the name is resolved", fmt="hex", flags="openat2_flags"),
        Param("dev", T.UINT32, "device of the opened file", fmt="hex"),
        Param("ino", T.UINT64, "inode of the opened file"),
    ),
    syscalls=(Syscall("openat2", x86_64=437, ia32=437),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"high_rate", "open_flags", "opens_path", "uring"}),
    fs_path=("name",),
    fd_param=0,
    file=True,
)

CREAT = Event(
    "creat",
    code=59,
    doc="A file was created or truncated, or could not be.",
    category="file",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("name", T.FSPATH, "file to open, as passed"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
        Param("dev", T.UINT32, "device of the opened file", fmt="hex"),
        Param("ino", T.UINT64, "inode of the opened file"),
        Param(
            "creat_flags",
            T.FLAGS16,
            "layer of an overlay file system that holds the file",
            fmt="hex",
            flags="creat_flags",
        ),
    ),
    syscalls=(Syscall("creat", x86_64=85, ia32=8),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"opens_path"}),
    fd_param=0,
    file=True,
)

MEMFD_CREATE = Event(
    "memfd_create",
    code=405,
    doc="An anonymous file in memory was created.",
    category="memory",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("name", T.CHARBUF, "name given to the anonymous file"),
        Param("flags", T.FLAGS32, "creation flags", fmt="hex", flags="memfd_create_flags"),
    ),
    syscalls=(Syscall("memfd_create", x86_64=319, ia32=356),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

DUP = Event(
    "dup",
    code=367,
    doc="A file descriptor was duplicated.",
    category="io_other",
    params=(
        Param("res", T.FD, "duplicate, or -errno"),
        Param("oldfd", T.FD, "descriptor to duplicate"),
    ),
    syscalls=(Syscall("dup", x86_64=32, ia32=41),),
    flags=frozenset({"creates_fd", "modifies_state", "uses_fd"}),
    fd_param=0,
    file=True,
)

DUP2 = Event(
    "dup2",
    code=363,
    doc="A file descriptor was duplicated onto a given number.",
    category="io_other",
    params=(
        Param("res", T.FD, "duplicate, or -errno"),
        Param("oldfd", T.FD, "descriptor to duplicate"),
        Param("newfd", T.FD, "requested number of the duplicate"),
    ),
    syscalls=(Syscall("dup2", x86_64=33, ia32=63),),
    flags=frozenset({"creates_fd", "modifies_state", "uses_fd"}),
    fd_param=0,
    file=True,
)

DUP3 = Event(
    "dup3",
    code=365,
    doc="A file descriptor was duplicated onto a given number, with flags.",
    category="io_other",
    params=(
        Param("res", T.FD, "duplicate, or -errno"),
        Param("oldfd", T.FD, "descriptor to duplicate"),
        Param("newfd", T.FD, "requested number of the duplicate"),
        Param("flags", T.FLAGS32, "close-on-exec, in canonical form", fmt="hex", flags="file_flags"),
    ),
    syscalls=(Syscall("dup3", x86_64=292, ia32=330),),
    flags=frozenset({"creates_fd", "modifies_state", "uses_fd"}),
    fd_param=0,
    file=True,
)

EVENTS = (
    OPEN,
    OPENAT,
    OPENAT2,
    CREAT,
    MEMFD_CREATE,
    DUP,
    DUP2,
    DUP3,
)
