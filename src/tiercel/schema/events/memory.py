# SPDX-License-Identifier: Apache-2.0
"""The address space."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

BRK = Event(
    "brk",
    code=159,
    doc="The end of the data segment was moved.",
    category="memory",
    params=(
        Param("res", T.UINT64, "new end, or the old one if it could not be moved", fmt="hex"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
        Param("addr", T.UINT64, "requested end", fmt="hex"),
    ),
    syscalls=(Syscall("brk", x86_64=12, ia32=45),),
    traits=frozenset({"high_rate"}),
)

MMAP = Event(
    "mmap",
    code=161,
    doc="Memory or a file was mapped.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "start of the mapping, or -errno", fmt="hex"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
        Param("addr", T.UINT64, "requested address", fmt="hex"),
        Param("length", T.UINT64, "bytes to map"),
        Param("prot", T.FLAGS32, "what the memory may be used for", fmt="hex", flags="prot_flags"),
        Param("flags", T.FLAGS32, "kind of mapping", fmt="hex", flags="mmap_flags"),
        Param("fd", T.FD, "file to map, -1 for none"),
        Param("offset", T.UINT64, "position in the file"),
    ),
    syscalls=(Syscall("mmap", x86_64=9, ia32=90),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=8,
    file=True,
)

MMAP2 = Event(
    "mmap2",
    code=163,
    doc="Memory or a file was mapped by a 32-bit program.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "start of the mapping, or -errno", fmt="hex"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
        Param("addr", T.UINT64, "requested address", fmt="hex"),
        Param("length", T.UINT64, "bytes to map"),
        Param("prot", T.FLAGS32, "what the memory may be used for", fmt="hex", flags="prot_flags"),
        Param("flags", T.FLAGS32, "kind of mapping", fmt="hex", flags="mmap_flags"),
        Param("fd", T.FD, "file to map, -1 for none"),
        Param("pgoffset", T.UINT64, "position in the file, pages"),
    ),
    syscalls=(Syscall("mmap2", x86_64=None, ia32=192),),
    flags=frozenset({"uses_fd"}),
    fd_param=8,
    file=True,
)

MUNMAP = Event(
    "munmap",
    code=165,
    doc="A mapping was removed.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
        Param("addr", T.UINT64, "start of the memory", fmt="hex"),
        Param("length", T.UINT64, "bytes of memory"),
    ),
    syscalls=(Syscall("munmap", x86_64=11, ia32=91),),
    traits=frozenset({"high_rate"}),
)

MPROTECT = Event(
    "mprotect",
    code=329,
    doc="The protection of memory was changed.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("addr", T.UINT64, "start of the memory", fmt="hex"),
        Param("length", T.UINT64, "bytes of memory"),
        Param("prot", T.FLAGS32, "what the memory may be used for", fmt="hex", flags="prot_flags"),
    ),
    syscalls=(Syscall("mprotect", x86_64=10, ia32=125),),
    traits=frozenset({"high_rate"}),
)

MLOCK = Event(
    "mlock",
    code=345,
    doc="Memory was locked in place.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("addr", T.UINT64, "start of the memory", fmt="hex"),
        Param("len", T.UINT64, "bytes of memory"),
    ),
    syscalls=(Syscall("mlock", x86_64=149, ia32=150),),
)

MLOCK2 = Event(
    "mlock2",
    code=371,
    doc="Memory was locked in place, with flags.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("addr", T.UINT64, "start of the memory", fmt="hex"),
        Param("len", T.UINT64, "bytes of memory"),
        Param("flags", T.FLAGS32, "whether pages are locked when they are first used", fmt="hex", flags="mlock2_flags"),
    ),
    syscalls=(Syscall("mlock2", x86_64=325, ia32=376),),
)

MUNLOCK = Event(
    "munlock",
    code=347,
    doc="Locked memory was released.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("addr", T.UINT64, "start of the memory", fmt="hex"),
        Param("len", T.UINT64, "bytes of memory"),
    ),
    syscalls=(Syscall("munlock", x86_64=150, ia32=151),),
)

MLOCKALL = Event(
    "mlockall",
    code=349,
    doc="All memory of a process was locked in place.",
    category="memory",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("flags", T.FLAGS32, "which memory", fmt="hex", flags="mlockall_flags"),
    ),
    syscalls=(Syscall("mlockall", x86_64=151, ia32=152),),
)

MUNLOCKALL = Event(
    "munlockall",
    code=351,
    doc="All locked memory of a process was released.",
    category="memory",
    params=(Param("res", T.ERRNO, "0, or -errno"),),
    syscalls=(Syscall("munlockall", x86_64=152, ia32=153),),
)

EVENTS = (
    BRK,
    MMAP,
    MMAP2,
    MUNMAP,
    MPROTECT,
    MLOCK,
    MLOCK2,
    MUNLOCK,
    MLOCKALL,
    MUNLOCKALL,
)
