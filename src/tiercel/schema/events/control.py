# SPDX-License-Identifier: Apache-2.0
"""Signals to threads, limits, filters, removal of modules, set-up of file systems."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

TKILL = Event(
    "tkill",
    code=131,
    doc="A signal was sent to a thread.",
    category="signal",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("tid", T.PID, "thread"),
        Param("sig", T.SIGTYPE, "signal, 0 to probe"),
    ),
    syscalls=(Syscall("tkill", x86_64=200, ia32=238),),
)

TGKILL = Event(
    "tgkill",
    code=133,
    doc="A signal was sent to a thread of a given process.",
    category="signal",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("pid", T.PID, "process"),
        Param("tid", T.PID, "thread"),
        Param("sig", T.SIGTYPE, "signal, 0 to probe"),
    ),
    syscalls=(Syscall("tgkill", x86_64=234, ia32=270),),
)

GETRLIMIT = Event(
    "getrlimit",
    code=141,
    doc="A resource limit was read.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("cur", T.INT64, "soft limit"),
        Param("max", T.INT64, "hard limit"),
        Param("resource", T.ENUMFLAGS8, "which limit", flags="rlimit_resources"),
    ),
    syscalls=(
        Syscall("getrlimit", x86_64=97, ia32=76),
        Syscall("ugetrlimit", x86_64=None, ia32=191),
    ),
)

SETRLIMIT = Event(
    "setrlimit",
    code=143,
    doc="A resource limit was set.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("cur", T.INT64, "requested soft limit"),
        Param("max", T.INT64, "requested hard limit"),
        Param("resource", T.ENUMFLAGS8, "which limit", flags="rlimit_resources"),
    ),
    syscalls=(Syscall("setrlimit", x86_64=160, ia32=75),),
)

PRLIMIT = Event(
    "prlimit",
    code=145,
    doc="A resource limit of any process was read, set or both.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("newcur", T.INT64, "requested soft limit, -1 when none is set"),
        Param("newmax", T.INT64, "requested hard limit, -1 when none is set"),
        Param("oldcur", T.INT64, "soft limit until now"),
        Param("oldmax", T.INT64, "hard limit until now"),
        Param("pid", T.INT64, "process, 0 for the caller"),
        Param("resource", T.ENUMFLAGS8, "which limit", flags="rlimit_resources"),
    ),
    syscalls=(Syscall("prlimit64", x86_64=302, ia32=340),),
)

SECCOMP = Event(
    "seccomp",
    code=299,
    doc="A system call filter was set or queried.",
    category="other",
    params=(
        Param("res", T.ERRNO, "result of the operation, or -errno"),
        Param("op", T.UINT64, "operation"),
        Param("flags", T.UINT64, "its flags", fmt="hex"),
    ),
    syscalls=(Syscall("seccomp", x86_64=317, ia32=354),),
)

DELETE_MODULE = Event(
    "delete_module",
    code=425,
    doc="A kernel module was removed.",
    category="other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("name", T.CHARBUF, "module"),
        Param(
            "flags",
            T.FLAGS32,
            "whether to wait, and to remove it even when it is in use",
            fmt="hex",
            flags="delete_module_flags",
        ),
    ),
    syscalls=(Syscall("delete_module", x86_64=176, ia32=129),),
)

FSCONFIG = Event(
    "fsconfig",
    code=373,
    doc="A file system that is about to be mounted was configured.",
    category="system",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "file system context"),
        Param("cmd", T.ENUMFLAGS32, "what to set, or what to do", flags="fsconfig_cmds"),
        Param("key", T.CHARBUF, "name of the setting"),
        Param("value_bytebuf", T.BYTEBUF, "value, if it is bytes"),
        Param("value_charbuf", T.CHARBUF, "value, if it is text"),
        Param("aux", T.INT32, "length of the bytes, or descriptor for the path"),
    ),
    syscalls=(Syscall("fsconfig", x86_64=431, ia32=431),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

LANDLOCK_RESTRICT_SELF = Event(
    "landlock_restrict_self",
    code=2048,
    doc="A thread restricted itself by a Landlock ruleset.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("ruleset_fd", T.FD, "ruleset to enforce; -1 for none"),
        Param("flags", T.FLAGS32, "what the kernel logs of denials", fmt="hex", flags="landlock_restrict_self_flags"),
    ),
    syscalls=(Syscall("landlock_restrict_self", x86_64=446, ia32=446),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

EVENTS = (
    TKILL,
    TGKILL,
    GETRLIMIT,
    SETRLIMIT,
    PRLIMIT,
    SECCOMP,
    DELETE_MODULE,
    FSCONFIG,
    LANDLOCK_RESTRICT_SELF,
)
