# SPDX-License-Identifier: Apache-2.0
"""Descriptors that are not files: pipes, timers, signals, rings."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

PIPE = Event(
    "pipe",
    code=61,
    doc="A pipe was made.",
    category="ipc",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd1", T.FD, "end to read from"),
        Param("fd2", T.FD, "end to write to"),
        Param("ino", T.UINT64, "inode of the pipe"),
    ),
    syscalls=(Syscall("pipe", x86_64=22, ia32=42),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=2,
    file=True,
)

PIPE2 = Event(
    "pipe2",
    code=393,
    doc="A pipe was made, with flags.",
    category="ipc",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd1", T.FD, "end to read from"),
        Param("fd2", T.FD, "end to write to"),
        Param("ino", T.UINT64, "inode of the pipe"),
        Param(
            "flags",
            T.FLAGS32,
            "close-on-exec, non-blocking and packet mode, in canonical form",
            fmt="hex",
            flags="file_flags",
        ),
    ),
    syscalls=(Syscall("pipe2", x86_64=293, ia32=331),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=2,
    file=True,
)

EVENTFD = Event(
    "eventfd",
    code=63,
    doc="A counter with a descriptor was made.",
    category="ipc",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("initval", T.UINT64, "first value of the counter"),
        Param("flags", T.UINT32, "always 0", fmt="hex"),
    ),
    syscalls=(Syscall("eventfd", x86_64=284, ia32=323),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

EVENTFD2 = Event(
    "eventfd2",
    code=397,
    doc="A counter with a descriptor was made, with flags.",
    category="ipc",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("flags", T.FLAGS16, "close-on-exec and non-blocking, in canonical form", fmt="hex", flags="file_flags"),
        Param("initval", T.UINT64, "first value of the counter"),
    ),
    syscalls=(Syscall("eventfd2", x86_64=290, ia32=328),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

SIGNALFD = Event(
    "signalfd",
    code=127,
    doc="Signals were directed to a descriptor.",
    category="signal",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("fd", T.FD, "descriptor to change, -1 for a new one"),
        Param("mask", T.UINT32, "signals to direct, one bit for each", fmt="hex"),
        Param("flags", T.UINT8, "always 0", fmt="hex"),
    ),
    syscalls=(Syscall("signalfd", x86_64=282, ia32=321),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

SIGNALFD4 = Event(
    "signalfd4",
    code=399,
    doc="Signals were directed to a descriptor, with flags.",
    category="signal",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("flags", T.FLAGS16, "close-on-exec and non-blocking, in canonical form", fmt="hex", flags="file_flags"),
        Param("fd", T.FD, "descriptor to change, -1 for a new one"),
        Param("mask", T.UINT32, "signals to direct, one bit for each", fmt="hex"),
    ),
    syscalls=(Syscall("signalfd4", x86_64=289, ia32=327),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

TIMERFD_CREATE = Event(
    "timerfd_create",
    code=137,
    doc="A timer with a descriptor was made.",
    category="time",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("clockid", T.UINT8, "clock"),
        Param("flags", T.UINT8, "close-on-exec and non-blocking", fmt="hex"),
    ),
    syscalls=(Syscall("timerfd_create", x86_64=283, ia32=322),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

INOTIFY_INIT = Event(
    "inotify_init",
    code=139,
    doc="A descriptor for watching files was made.",
    category="ipc",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("flags", T.UINT8, "always 0", fmt="hex"),
    ),
    syscalls=(Syscall("inotify_init", x86_64=253, ia32=291),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

INOTIFY_INIT1 = Event(
    "inotify_init1",
    code=395,
    doc="A descriptor for watching files was made, with flags.",
    category="ipc",
    params=(
        Param("res", T.FD, "new descriptor, or -errno"),
        Param("flags", T.FLAGS16, "close-on-exec and non-blocking, in canonical form", fmt="hex", flags="file_flags"),
    ),
    syscalls=(Syscall("inotify_init1", x86_64=294, ia32=332),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

USERFAULTFD = Event(
    "userfaultfd",
    code=321,
    doc="A descriptor for handling page faults was made.",
    category="file",
    params=(
        Param("res", T.ERRNO, "new descriptor, or -errno"),
        Param("flags", T.FLAGS32, "close-on-exec and non-blocking, in canonical form", fmt="hex", flags="file_flags"),
    ),
    syscalls=(Syscall("userfaultfd", x86_64=323, ia32=374),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

EPOLL_CREATE = Event(
    "epoll_create",
    code=375,
    doc="A descriptor for waiting on others was made.",
    category="wait",
    params=(
        Param("res", T.ERRNO, "new descriptor, or -errno"),
        Param("size", T.INT32, "number of descriptors to expect, no longer used"),
    ),
    syscalls=(Syscall("epoll_create", x86_64=213, ia32=254),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

EPOLL_CREATE1 = Event(
    "epoll_create1",
    code=377,
    doc="A descriptor for waiting on others was made, with flags.",
    category="wait",
    params=(
        Param("res", T.ERRNO, "new descriptor, or -errno"),
        Param("flags", T.FLAGS32, "close-on-exec", fmt="hex", flags="epoll_create1_flags"),
    ),
    syscalls=(Syscall("epoll_create1", x86_64=291, ia32=329),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

PIDFD_OPEN = Event(
    "pidfd_open",
    code=409,
    doc="A descriptor that stands for a process was made.",
    category="process",
    params=(
        Param("fd", T.FD, "new descriptor, or -errno"),
        Param("pid", T.PID, "process"),
        Param("flags", T.FLAGS32, "non-blocking", fmt="hex", flags="pidfd_open_flags"),
    ),
    syscalls=(Syscall("pidfd_open", x86_64=434, ia32=434),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

PIDFD_GETFD = Event(
    "pidfd_getfd",
    code=407,
    doc="A descriptor of another process was copied.",
    category="process",
    params=(
        Param("fd", T.FD, "new descriptor, or -errno"),
        Param("pid_fd", T.FD, "descriptor of the other process"),
        Param("target_fd", T.FD, "descriptor to copy, in the numbers of the other process"),
        Param("flags", T.UINT32, "always 0", fmt="hex"),
    ),
    syscalls=(Syscall("pidfd_getfd", x86_64=438, ia32=438),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

IO_URING_SETUP = Event(
    "io_uring_setup",
    code=339,
    doc="A ring for asynchronous calls was made.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "new descriptor, or -errno"),
        Param("entries", T.UINT32, "requested entries"),
        Param("sq_entries", T.UINT32, "entries of the submission queue"),
        Param("cq_entries", T.UINT32, "entries of the completion queue"),
        Param("flags", T.FLAGS32, "how the ring works", fmt="hex", flags="io_uring_setup_flags"),
        Param("sq_thread_cpu", T.UINT32, "CPU of the kernel thread that polls"),
        Param("sq_thread_idle", T.UINT32, "time after which that thread sleeps, ms"),
        Param("features", T.FLAGS32, "what this kernel offers", fmt="hex", flags="io_uring_setup_feats"),
    ),
    syscalls=(Syscall("io_uring_setup", x86_64=425, ia32=425),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=0,
    file=True,
)

IO_URING_ENTER = Event(
    "io_uring_enter",
    code=341,
    doc="Calls were submitted to a ring, or their ends awaited.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "calls submitted, or -errno"),
        Param("fd", T.FD, "ring"),
        Param("to_submit", T.UINT32, "calls to submit"),
        Param("min_complete", T.UINT32, "ends to wait for"),
        Param("flags", T.FLAGS32, "what to do", fmt="hex", flags="io_uring_enter_flags"),
        Param("sig", T.SIGSET, "signals blocked meanwhile"),
    ),
    syscalls=(Syscall("io_uring_enter", x86_64=426, ia32=426),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

IO_URING_REGISTER = Event(
    "io_uring_register",
    code=343,
    doc="Buffers, files or limits of a ring were set.",
    category="io_other",
    params=(
        Param("res", T.ERRNO, "result of the operation, or -errno"),
        Param("fd", T.FD, "ring"),
        Param("opcode", T.ENUMFLAGS16, "operation", flags="io_uring_register_opcodes"),
        Param("arg", T.UINT64, "address of its argument", fmt="hex"),
        Param("nr_args", T.UINT32, "number of its arguments"),
    ),
    syscalls=(Syscall("io_uring_register", x86_64=427, ia32=427),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

EVENTS = (
    PIPE,
    PIPE2,
    EVENTFD,
    EVENTFD2,
    SIGNALFD,
    SIGNALFD4,
    TIMERFD_CREATE,
    INOTIFY_INIT,
    INOTIFY_INIT1,
    USERFAULTFD,
    EPOLL_CREATE,
    EPOLL_CREATE1,
    PIDFD_OPEN,
    PIDFD_GETFD,
    IO_URING_SETUP,
    IO_URING_ENTER,
    IO_URING_REGISTER,
)
