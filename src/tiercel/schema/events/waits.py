# SPDX-License-Identifier: Apache-2.0
"""Waiting: for time, for descriptors, for memory."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

FUTEX = Event(
    "futex",
    code=65,
    doc="Threads waited on or woke each other at a word of memory.",
    category="ipc",
    params=(
        Param("res", T.ERRNO, "result of the operation, or -errno"),
        Param("addr", T.UINT64, "word of memory", fmt="hex"),
        Param("op", T.FLAGS16, "operation with its flags", fmt="hex", flags="futex_operations"),
        Param("val", T.UINT64, "its value"),
    ),
    syscalls=(
        Syscall("futex", x86_64=202, ia32=240),
        Syscall("futex_time64", x86_64=None, ia32=422),
    ),
    traits=frozenset({"high_rate"}),
)

EPOLL_WAIT = Event(
    "epoll_wait",
    code=79,
    doc="A process waited for the descriptors of an epoll set.",
    category="wait",
    params=(
        Param("res", T.ERRNO, "descriptors that are ready, or -errno"),
        Param("maxevents", T.ERRNO, "most descriptors to report"),
    ),
    syscalls=(Syscall("epoll_wait", x86_64=232, ia32=256),),
    flags=frozenset({"waits"}),
    traits=frozenset({"high_rate"}),
)

POLL = Event(
    "poll",
    code=81,
    doc="A process waited for a list of descriptors.",
    category="wait",
    params=(
        Param("res", T.ERRNO, "descriptors that are ready, or -errno"),
        Param("fds", T.FDLIST, "descriptors with the requested events, or the events that occurred"),
        Param("timeout", T.INT64, "longest wait, ms; negative for no limit"),
    ),
    syscalls=(Syscall("poll", x86_64=7, ia32=168),),
    flags=frozenset({"waits"}),
    traits=frozenset({"high_rate"}),
)

PPOLL = Event(
    "ppoll",
    code=255,
    doc="A process waited for a list of descriptors with some signals blocked.",
    category="wait",
    params=(
        Param("res", T.ERRNO, "descriptors that are ready, or -errno"),
        Param("fds", T.FDLIST, "descriptors with the requested events, or the events that occurred"),
        Param("timeout", T.RELTIME, "longest wait, ns"),
        Param("sigmask", T.SIGSET, "signals blocked meanwhile"),
    ),
    syscalls=(
        Syscall("ppoll", x86_64=271, ia32=309),
        Syscall("ppoll_time64", x86_64=None, ia32=414),
    ),
    flags=frozenset({"waits"}),
    traits=frozenset({"high_rate"}),
)

SELECT = Event(
    "select",
    code=83,
    doc="A process waited for sets of descriptors.",
    category="wait",
    params=(Param("res", T.ERRNO, "descriptors that are ready, or -errno"),),
    syscalls=(
        Syscall("select", x86_64=23, ia32=82),
        Syscall("_newselect", x86_64=None, ia32=142),
    ),
    flags=frozenset({"waits"}),
    traits=frozenset({"high_rate"}),
)

NANOSLEEP = Event(
    "nanosleep",
    code=135,
    doc="A thread slept.",
    category="sleep",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("interval", T.RELTIME, "time to sleep"),
    ),
    syscalls=(Syscall("nanosleep", x86_64=35, ia32=162),),
    flags=frozenset({"waits"}),
    traits=frozenset({"high_rate"}),
)

EVENTS = (
    FUTEX,
    EPOLL_WAIT,
    POLL,
    PPOLL,
    SELECT,
    NANOSLEEP,
)
