# SPDX-License-Identifier: Apache-2.0
"""Users and groups of a process."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

SETUID = Event(
    "setuid",
    code=199,
    doc="A process changed its user.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("uid", T.UID, "requested user"),
    ),
    syscalls=(Syscall("setuid", x86_64=105, ia32=23, ids16=True), Syscall("setuid32", x86_64=None, ia32=213)),
    flags=frozenset({"modifies_state"}),
)

SETGID = Event(
    "setgid",
    code=201,
    doc="A process changed its group.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("gid", T.GID, "requested group"),
    ),
    syscalls=(Syscall("setgid", x86_64=106, ia32=46, ids16=True), Syscall("setgid32", x86_64=None, ia32=214)),
    flags=frozenset({"modifies_state"}),
)

SETRESUID = Event(
    "setresuid",
    code=193,
    doc="A process changed its real, effective and saved users.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("ruid", T.UID, "requested real user, 4294967295 to keep it"),
        Param("euid", T.UID, "requested effective user, 4294967295 to keep it"),
        Param("suid", T.UID, "requested saved user, 4294967295 to keep it"),
    ),
    syscalls=(Syscall("setresuid", x86_64=117, ia32=164, ids16=True), Syscall("setresuid32", x86_64=None, ia32=208)),
    flags=frozenset({"modifies_state"}),
)

SETRESGID = Event(
    "setresgid",
    code=195,
    doc="A process changed its real, effective and saved groups.",
    category="user",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("rgid", T.GID, "requested real group, 4294967295 to keep it"),
        Param("egid", T.GID, "requested effective group, 4294967295 to keep it"),
        Param("sgid", T.GID, "requested saved group, 4294967295 to keep it"),
    ),
    syscalls=(Syscall("setresgid", x86_64=119, ia32=170, ids16=True), Syscall("setresgid32", x86_64=None, ia32=210)),
    flags=frozenset({"modifies_state"}),
)

EVENTS = (
    SETUID,
    SETGID,
    SETRESUID,
    SETRESGID,
)
