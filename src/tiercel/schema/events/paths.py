# SPDX-License-Identifier: Apache-2.0
"""Names in the file system: links, directories, permissions, ownership, mounts."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

UNLINK = Event(
    "unlink",
    code=301,
    doc="A name was removed from the file system.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "name to remove, as passed"),
    ),
    syscalls=(Syscall("unlink", x86_64=87, ia32=10),),
    traits=frozenset({"path_lookup"}),
    fs_path=("path",),
)

UNLINKAT = Event(
    "unlinkat",
    code=303,
    doc="A name was removed, relative to a directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("name", T.FSRELPATH, "name to remove, as passed", dirfd=1),
        Param("flags", T.FLAGS32, "whether a directory is removed", fmt="hex", flags="unlinkat_flags"),
    ),
    syscalls=(Syscall("unlinkat", x86_64=263, ia32=301),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("name",),
    fd_param=1,
    file=True,
)

RENAME = Event(
    "rename",
    code=175,
    doc="A name was changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("oldpath", T.FSPATH, "present name, as passed"),
        Param("newpath", T.FSPATH, "new name, as passed"),
    ),
    syscalls=(Syscall("rename", x86_64=82, ia32=38),),
    traits=frozenset({"path_lookup"}),
    fs_path=("oldpath", "newpath"),
)

RENAMEAT = Event(
    "renameat",
    code=177,
    doc="A name was changed, relative to directories.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("olddirfd", T.FD, "directory that a relative old path starts from; -100 is the current one"),
        Param("oldpath", T.FSRELPATH, "present name, as passed", dirfd=1),
        Param("newdirfd", T.FD, "directory that a relative new path starts from; -100 is the current one"),
        Param("newpath", T.FSRELPATH, "new name, as passed", dirfd=3),
    ),
    syscalls=(Syscall("renameat", x86_64=264, ia32=302),),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("oldpath", "newpath"),
)

RENAMEAT2 = Event(
    "renameat2",
    code=319,
    doc="A name was changed, relative to directories and with flags.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("olddirfd", T.FD, "directory that a relative old path starts from; -100 is the current one"),
        Param("oldpath", T.FSRELPATH, "present name, as passed", dirfd=1),
        Param("newdirfd", T.FD, "directory that a relative new path starts from; -100 is the current one"),
        Param("newpath", T.FSRELPATH, "new name, as passed", dirfd=3),
        Param("flags", T.FLAGS32, "no replacement, exchange, or whiteout", fmt="hex", flags="renameat2_flags"),
    ),
    syscalls=(Syscall("renameat2", x86_64=316, ia32=353),),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("oldpath", "newpath"),
)

LINK = Event(
    "link",
    code=309,
    doc="An additional name was given to a file.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("oldpath", T.FSPATH, "existing name, as passed"),
        Param("newpath", T.FSPATH, "additional name, as passed"),
    ),
    syscalls=(Syscall("link", x86_64=86, ia32=9),),
    traits=frozenset({"path_lookup"}),
    fs_path=("newpath", "oldpath"),
)

LINKAT = Event(
    "linkat",
    code=311,
    doc="An additional name was given to a file, relative to directories.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("olddir", T.FD, "directory that a relative old path starts from; -100 is the current one"),
        Param("oldpath", T.FSRELPATH, "existing name, as passed", dirfd=1),
        Param("newdir", T.FD, "directory that a relative new path starts from; -100 is the current one"),
        Param("newpath", T.FSRELPATH, "additional name, as passed", dirfd=3),
        Param(
            "flags",
            T.FLAGS32,
            "whether links are followed and an empty path is allowed",
            fmt="hex",
            flags="linkat_flags",
        ),
    ),
    syscalls=(Syscall("linkat", x86_64=265, ia32=303),),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("newpath", "oldpath"),
)

SYMLINK = Event(
    "symlink",
    code=179,
    doc="A symbolic link was created.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("target", T.CHARBUF, "text that the link holds"),
        Param("linkpath", T.FSPATH, "name of the link, as passed"),
    ),
    syscalls=(Syscall("symlink", x86_64=88, ia32=83),),
    traits=frozenset({"path_lookup"}),
    fs_path=("linkpath", "target"),
)

SYMLINKAT = Event(
    "symlinkat",
    code=181,
    doc="A symbolic link was created, relative to a directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("target", T.CHARBUF, "text that the link holds"),
        Param("linkdirfd", T.FD, "directory that a relative link path starts from; -100 is the current one"),
        Param("linkpath", T.FSRELPATH, "name of the link, as passed", dirfd=2),
    ),
    syscalls=(Syscall("symlinkat", x86_64=266, ia32=304),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("linkpath", "target"),
    fd_param=2,
    file=True,
)

MKDIR = Event(
    "mkdir",
    code=277,
    doc="A directory was created.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "directory to create, as passed"),
        Param("mode", T.UINT32, "permission bits as passed", fmt="hex"),
    ),
    syscalls=(Syscall("mkdir", x86_64=83, ia32=39),),
    traits=frozenset({"path_lookup"}),
    fs_path=("path",),
)

MKDIRAT = Event(
    "mkdirat",
    code=305,
    doc="A directory was created, relative to another.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("path", T.FSRELPATH, "directory to create, as passed", dirfd=1),
        Param("mode", T.UINT32, "permission bits as passed", fmt="hex"),
    ),
    syscalls=(Syscall("mkdirat", x86_64=258, ia32=296),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup", "uring"}),
    fs_path=("path",),
    fd_param=1,
    file=True,
)

RMDIR = Event(
    "rmdir",
    code=279,
    doc="A directory was removed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "directory to remove, as passed"),
    ),
    syscalls=(Syscall("rmdir", x86_64=84, ia32=40),),
    traits=frozenset({"path_lookup"}),
    fs_path=("path",),
)

CHMOD = Event(
    "chmod",
    code=315,
    doc="Permission bits of a file were changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("filename", T.FSPATH, "file, as passed"),
        Param("mode", T.MODE, "new permission bits", fmt="oct", flags="chmod_mode"),
    ),
    syscalls=(Syscall("chmod", x86_64=90, ia32=15),),
    traits=frozenset({"path_lookup"}),
    fs_path=("filename",),
)

FCHMOD = Event(
    "fchmod",
    code=317,
    doc="Permission bits of an open file were changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "open file"),
        Param("mode", T.MODE, "new permission bits", fmt="oct", flags="chmod_mode"),
    ),
    syscalls=(Syscall("fchmod", x86_64=91, ia32=94),),
    flags=frozenset({"uses_fd"}),
    fs_path=("fd",),
    fd_param=1,
    file=True,
)

FCHMODAT = Event(
    "fchmodat",
    code=313,
    doc="Permission bits of a file were changed, relative to a directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("filename", T.FSRELPATH, "file, as passed", dirfd=1),
        Param("mode", T.MODE, "new permission bits", fmt="oct", flags="chmod_mode"),
    ),
    syscalls=(Syscall("fchmodat", x86_64=268, ia32=306),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup"}),
    fs_path=("filename",),
    fd_param=1,
    file=True,
)

CHOWN = Event(
    "chown",
    code=379,
    doc="Owner or group of a file was changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
        Param("uid", T.UINT32, "new owner, 4294967295 to keep it"),
        Param("gid", T.UINT32, "new group, 4294967295 to keep it"),
    ),
    syscalls=(Syscall("chown", x86_64=92, ia32=182, ids16=True), Syscall("chown32", x86_64=None, ia32=212)),
    traits=frozenset({"path_lookup"}),
    fs_path=("path",),
)

LCHOWN = Event(
    "lchown",
    code=381,
    doc="Owner or group was changed without following a link.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("path", T.FSPATH, "file, as passed"),
        Param("uid", T.UINT32, "new owner, 4294967295 to keep it"),
        Param("gid", T.UINT32, "new group, 4294967295 to keep it"),
    ),
    syscalls=(Syscall("lchown", x86_64=94, ia32=16, ids16=True), Syscall("lchown32", x86_64=None, ia32=198)),
    traits=frozenset({"path_lookup"}),
    fs_path=("path",),
)

FCHOWN = Event(
    "fchown",
    code=383,
    doc="Owner or group of an open file was changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "open file"),
        Param("uid", T.UINT32, "new owner, 4294967295 to keep it"),
        Param("gid", T.UINT32, "new group, 4294967295 to keep it"),
    ),
    syscalls=(Syscall("fchown", x86_64=93, ia32=95, ids16=True), Syscall("fchown32", x86_64=None, ia32=207)),
    flags=frozenset({"uses_fd"}),
    fs_path=("fd",),
    fd_param=1,
    file=True,
)

FCHOWNAT = Event(
    "fchownat",
    code=385,
    doc="Owner or group of a file was changed, relative to a directory.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dirfd", T.FD, "directory that a relative path starts from; -100 is the current one"),
        Param("pathname", T.FSRELPATH, "file, as passed", dirfd=1),
        Param("uid", T.UINT32, "new owner, 4294967295 to keep it"),
        Param("gid", T.UINT32, "new group, 4294967295 to keep it"),
        Param(
            "flags",
            T.FLAGS32,
            "whether links are followed and an empty path is allowed",
            fmt="hex",
            flags="fchownat_flags",
        ),
    ),
    syscalls=(Syscall("fchownat", x86_64=260, ia32=298),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"path_lookup"}),
    fs_path=("pathname",),
    fd_param=1,
    file=True,
)

MOUNT = Event(
    "mount",
    code=257,
    doc="A file system was mounted, moved or bound.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("dev", T.CHARBUF, "what is mounted: device, directory or pseudo name"),
        Param("dir", T.FSPATH, "mount point, as passed"),
        Param("type", T.CHARBUF, "file system type"),
        Param("flags", T.FLAGS32, "mount flags", fmt="hex", flags="mount_flags"),
    ),
    syscalls=(Syscall("mount", x86_64=165, ia32=21),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"path_lookup"}),
    fs_path=("dev", "dir"),
)

UMOUNT2 = Event(
    "umount2",
    code=391,
    doc="A file system was unmounted.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("name", T.FSPATH, "mount point, as passed"),
        Param("flags", T.FLAGS32, "how to unmount", fmt="hex", flags="umount_flags"),
    ),
    syscalls=(Syscall("umount2", x86_64=166, ia32=52),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"path_lookup"}),
    fs_path=("name",),
)

EVENTS = (
    UNLINK,
    UNLINKAT,
    RENAME,
    RENAMEAT,
    RENAMEAT2,
    LINK,
    LINKAT,
    SYMLINK,
    SYMLINKAT,
    MKDIR,
    MKDIRAT,
    RMDIR,
    CHMOD,
    FCHMOD,
    FCHMODAT,
    CHOWN,
    LCHOWN,
    FCHOWN,
    FCHOWNAT,
    MOUNT,
    UMOUNT2,
)
