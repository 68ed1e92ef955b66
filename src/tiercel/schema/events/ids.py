# SPDX-License-Identifier: Apache-2.0
"""Calls that read or set users, groups, sessions and capabilities of a process."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

GETUID = Event(
    "getuid",
    code=203,
    doc="A process read its real user.",
    category="user",
    params=(Param("uid", T.UID, "real user"),),
    syscalls=(
        Syscall("getuid", x86_64=102, ia32=24, ids16=True),
        Syscall("getuid32", x86_64=None, ia32=199),
    ),
)

GETEUID = Event(
    "geteuid",
    code=205,
    doc="A process read its effective user.",
    category="user",
    params=(Param("euid", T.UID, "effective user"),),
    syscalls=(
        Syscall("geteuid", x86_64=107, ia32=49, ids16=True),
        Syscall("geteuid32", x86_64=None, ia32=201),
    ),
)

GETGID = Event(
    "getgid",
    code=207,
    doc="A process read its real group.",
    category="user",
    params=(Param("gid", T.GID, "real group"),),
    syscalls=(
        Syscall("getgid", x86_64=104, ia32=47, ids16=True),
        Syscall("getgid32", x86_64=None, ia32=200),
    ),
)

GETEGID = Event(
    "getegid",
    code=209,
    doc="A process read its effective group.",
    category="user",
    params=(Param("egid", T.GID, "effective group"),),
    syscalls=(
        Syscall("getegid", x86_64=108, ia32=50, ids16=True),
        Syscall("getegid32", x86_64=None, ia32=202),
    ),
)

GETRESUID = Event(
    "getresuid",
    code=211,
    doc="A process read its real, effective and saved users.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("ruid", T.UID, "real user"),
        Param("euid", T.UID, "effective user"),
        Param("suid", T.UID, "saved user"),
    ),
    syscalls=(
        Syscall("getresuid", x86_64=118, ia32=165, ids16=True),
        Syscall("getresuid32", x86_64=None, ia32=209),
    ),
)

GETRESGID = Event(
    "getresgid",
    code=213,
    doc="A process read its real, effective and saved groups.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("rgid", T.GID, "real group"),
        Param("egid", T.GID, "effective group"),
        Param("sgid", T.GID, "saved group"),
    ),
    syscalls=(
        Syscall("getresgid", x86_64=120, ia32=171, ids16=True),
        Syscall("getresgid32", x86_64=None, ia32=211),
    ),
)

SETREUID = Event(
    "setreuid",
    code=427,
    doc="A process changed its real and effective users.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("ruid", T.UID, "requested real user, 4294967295 to keep it"),
        Param("euid", T.UID, "requested effective user, 4294967295 to keep it"),
    ),
    syscalls=(
        Syscall("setreuid", x86_64=113, ia32=70, ids16=True),
        Syscall("setreuid32", x86_64=None, ia32=203),
    ),
    flags=frozenset({"modifies_state"}),
)

SETREGID = Event(
    "setregid",
    code=429,
    doc="A process changed its real and effective groups.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("rgid", T.UID, "requested real group, 4294967295 to keep it"),
        Param("egid", T.UID, "requested effective group, 4294967295 to keep it"),
    ),
    syscalls=(
        Syscall("setregid", x86_64=114, ia32=71, ids16=True),
        Syscall("setregid32", x86_64=None, ia32=204),
    ),
    flags=frozenset({"modifies_state"}),
)

SETPGID = Event(
    "setpgid",
    code=295,
    doc="A process was moved to a process group.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("pid", T.PID, "process to move, 0 for the caller"),
        Param("pgid", T.PID, "process group, 0 for one with the number of the process"),
    ),
    syscalls=(Syscall("setpgid", x86_64=109, ia32=57),),
    traits=frozenset({"keeps_state"}),
)

SETSID = Event(
    "setsid",
    code=275,
    doc="A process started a session.",
    category="process",
    params=(Param("res", T.PID, "session, or -errno"),),
    syscalls=(Syscall("setsid", x86_64=112, ia32=66),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"keeps_state"}),
)

CAPSET = Event(
    "capset",
    code=353,
    doc="A process changed its capabilities.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("cap_inheritable", T.UINT64, "inheritable capabilities", fmt="hex"),
        Param("cap_permitted", T.UINT64, "permitted capabilities", fmt="hex"),
        Param("cap_effective", T.UINT64, "effective capabilities", fmt="hex"),
    ),
    syscalls=(Syscall("capset", x86_64=126, ia32=185),),
    flags=frozenset({"modifies_state"}),
)

EVENTS = (
    GETUID,
    GETEUID,
    GETGID,
    GETEGID,
    GETRESUID,
    GETRESGID,
    SETREUID,
    SETREGID,
    SETPGID,
    SETSID,
    CAPSET,
)
