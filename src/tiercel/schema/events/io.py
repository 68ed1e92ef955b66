# SPDX-License-Identifier: Apache-2.0
"""Reading, writing and positions of open files."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

READ = Event(
    "read",
    code=7,
    doc="Bytes were read from a descriptor.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes read, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "requested bytes"),
    ),
    syscalls=(Syscall("read", x86_64=0, ia32=3),),
    flags=frozenset({"reads", "uses_fd"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

WRITE = Event(
    "write",
    code=9,
    doc="Bytes were written to a descriptor.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes written, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "requested bytes"),
    ),
    syscalls=(Syscall("write", x86_64=1, ia32=4),),
    flags=frozenset({"uses_fd", "writes"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

PREAD = Event(
    "pread",
    code=113,
    doc="Bytes were read from a position of a file.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes read, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "requested bytes"),
        Param("pos", T.UINT64, "position in the file"),
    ),
    syscalls=(Syscall("pread64", x86_64=17, ia32=180),),
    flags=frozenset({"reads", "uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=2,
    file=True,
)

PWRITE = Event(
    "pwrite",
    code=115,
    doc="Bytes were written to a position of a file.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes written, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "requested bytes"),
        Param("pos", T.UINT64, "position in the file"),
    ),
    syscalls=(Syscall("pwrite64", x86_64=18, ia32=181),),
    flags=frozenset({"uses_fd", "writes"}),
    traits=frozenset({"high_rate"}),
    fd_param=2,
    file=True,
)

READV = Event(
    "readv",
    code=117,
    doc="Bytes were read into several buffers.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes read, or -errno"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
    ),
    syscalls=(Syscall("readv", x86_64=19, ia32=145),),
    flags=frozenset({"reads", "uses_fd"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=3,
    file=True,
)

WRITEV = Event(
    "writev",
    code=119,
    doc="Bytes were written from several buffers.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes written, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
    ),
    syscalls=(Syscall("writev", x86_64=20, ia32=146),),
    flags=frozenset({"uses_fd", "writes"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

PREADV = Event(
    "preadv",
    code=121,
    doc="Bytes were read from a position of a file into several buffers.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes read, or -errno"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("pos", T.UINT64, "position in the file"),
    ),
    syscalls=(Syscall("preadv", x86_64=295, ia32=333),),
    flags=frozenset({"reads", "uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=3,
    file=True,
)

PWRITEV = Event(
    "pwritev",
    code=123,
    doc="Bytes were written to a position of a file from several buffers.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes written, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "descriptor"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("pos", T.UINT64, "position in the file"),
    ),
    syscalls=(Syscall("pwritev", x86_64=296, ia32=334),),
    flags=frozenset({"uses_fd", "writes"}),
    traits=frozenset({"high_rate"}),
    fd_param=2,
    file=True,
)

SENDFILE = Event(
    "sendfile",
    code=189,
    doc="Bytes of one descriptor were copied to another inside the kernel.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes copied, or -errno"),
        Param("offset", T.UINT64, "where reading started"),
        Param("out_fd", T.FD, "descriptor written to"),
        Param("in_fd", T.FD, "descriptor read from"),
        Param("size", T.UINT64, "requested bytes"),
    ),
    syscalls=(
        Syscall("sendfile", x86_64=40, ia32=187),
        Syscall("sendfile64", x86_64=None, ia32=239),
    ),
    flags=frozenset({"uses_fd"}),
    fd_param=2,
    file=True,
)

SPLICE = Event(
    "splice",
    code=167,
    doc="Bytes were moved between a pipe and another descriptor.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "bytes moved, or -errno"),
        Param("fd_in", T.FD, "descriptor read from"),
        Param("fd_out", T.FD, "descriptor written to"),
        Param("size", T.UINT64, "requested bytes"),
        Param("flags", T.FLAGS32, "how to move them", fmt="hex", flags="splice_flags"),
    ),
    syscalls=(Syscall("splice", x86_64=275, ia32=313),),
    flags=frozenset({"uses_fd"}),
    fd_param=2,
    file=True,
)

COPY_FILE_RANGE = Event(
    "copy_file_range",
    code=333,
    doc="A part of one file was copied to another.",
    category="file",
    params=(
        Param("res", T.ERRNO, "bytes copied, or -errno"),
        Param("fdout", T.FD, "file written to"),
        Param("offout", T.UINT64, "position of the copy, 0 when none was passed"),
        Param("fdin", T.FD, "file read from"),
        Param("offin", T.UINT64, "position of the original, 0 when none was passed"),
        Param("len", T.UINT64, "requested bytes"),
    ),
    syscalls=(Syscall("copy_file_range", x86_64=326, ia32=377),),
    flags=frozenset({"reads", "uses_fd", "writes"}),
    fd_param=1,
    file=True,
)

LSEEK = Event(
    "lseek",
    code=87,
    doc="The position of a file was changed.",
    category="file",
    params=(
        Param("res", T.ERRNO, "new position, or -errno"),
        Param("fd", T.FD, "descriptor"),
        Param("offset", T.UINT64, "distance"),
        Param("whence", T.ENUMFLAGS8, "where the distance starts", flags="lseek_whence"),
    ),
    syscalls=(Syscall("lseek", x86_64=8, ia32=19),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

LLSEEK = Event(
    "llseek",
    code=89,
    doc="The position of a large file was changed by a 32-bit program.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "descriptor"),
        Param("offset", T.UINT64, "distance"),
        Param("whence", T.ENUMFLAGS8, "where the distance starts", flags="lseek_whence"),
    ),
    syscalls=(Syscall("_llseek", x86_64=None, ia32=140),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

IOCTL = Event(
    "ioctl",
    code=171,
    doc="A device or file was given a command of its own.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "result of the command, or -errno"),
        Param("fd", T.FD, "descriptor"),
        Param("request", T.UINT64, "number of the command", fmt="hex"),
        Param("argument", T.UINT64, "its argument", fmt="hex"),
    ),
    syscalls=(Syscall("ioctl", x86_64=16, ia32=54),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

FCNTL = Event(
    "fcntl",
    code=151,
    doc="A property of a descriptor was read or changed.",
    category="io_other",
    params=(
        Param("res", T.FD, "result of the command, or -errno"),
        Param("fd", T.FD, "descriptor"),
        Param("cmd", T.ENUMFLAGS8, "command, in canonical form", flags="fcntl_commands"),
        Param("arg", T.UINT64, "its argument", fmt="hex"),
    ),
    syscalls=(
        Syscall("fcntl", x86_64=72, ia32=55),
        Syscall("fcntl64", x86_64=None, ia32=221),
    ),
    flags=frozenset({"modifies_state", "uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=1,
    file=True,
)

FLOCK = Event(
    "flock",
    code=243,
    doc="A whole file was locked or unlocked.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "descriptor"),
        Param("operation", T.FLAGS32, "kind of lock", fmt="hex", flags="flock_flags"),
    ),
    syscalls=(Syscall("flock", x86_64=73, ia32=143),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

FALLOCATE = Event(
    "fallocate",
    code=2049,
    doc="Space in a file was reserved, given back, zeroed or moved.",
    category="file",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "file"),
        Param("mode", T.FLAGS32, "operation; 0 to reserve and grow the file", fmt="hex", flags="fallocate_flags"),
        Param("offset", T.UINT64, "first byte of the range"),
        Param("len", T.UINT64, "bytes of the range"),
    ),
    syscalls=(Syscall("fallocate", x86_64=285, ia32=324),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

EVENTS = (
    READ,
    WRITE,
    PREAD,
    PWRITE,
    READV,
    WRITEV,
    PREADV,
    PWRITEV,
    SENDFILE,
    SPLICE,
    COPY_FILE_RANGE,
    LSEEK,
    LLSEEK,
    IOCTL,
    FCNTL,
    FALLOCATE,
    FLOCK,
)
