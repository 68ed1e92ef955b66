# SPDX-License-Identifier: Apache-2.0
"""Enter events of calls, which captures contain for state; no rule sees them."""

from __future__ import annotations

from tiercel.schema.types import CAPTURES_ONLY, Event, Param, T

OPEN_E = Event(
    "open_e",
    code=2,
    doc="A file is about to be opened.",
    category="file",
    params=(
        Param("name", T.FSPATH, "file to open, as passed"),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
    ),
    direction=">",
    flags=frozenset({"creates_fd", "modifies_state"}),
    internal=True,
    pending=CAPTURES_ONLY,
)

CREAT_E = Event(
    "creat_e",
    code=58,
    doc="A file is about to be created or truncated.",
    category="file",
    params=(
        Param("name", T.FSPATH, "file to open, as passed"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
    ),
    direction=">",
    flags=frozenset({"creates_fd", "modifies_state"}),
    internal=True,
    pending=CAPTURES_ONLY,
)

OPENAT_E = Event(
    "openat_e",
    code=306,
    doc="A file is about to be opened, relative to a directory.",
    category="file",
    params=(
        Param("dirfd", T.FD, "directory that a relative name starts from; -100 is the current one"),
        Param("name", T.FSRELPATH, "file to open, as passed", dirfd=0),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
    ),
    direction=">",
    flags=frozenset({"creates_fd", "modifies_state"}),
    internal=True,
    pending=CAPTURES_ONLY,
)

OPENAT2_E = Event(
    "openat2_e",
    code=326,
    doc="A file is about to be opened, relative to a directory and with resolution limits.",
    category="file",
    params=(
        Param("dirfd", T.FD, "directory that a relative name starts from; -100 is the current one"),
        Param("name", T.FSRELPATH, "file to open, as passed", dirfd=0),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mode", T.UINT32, "permission bits; 0 unless a file may be created", fmt="oct"),
        Param("resolve", T.FLAGS32, "limits on how the name is resolved", fmt="hex", flags="openat2_flags"),
    ),
    direction=">",
    flags=frozenset({"creates_fd", "modifies_state"}),
    internal=True,
    pending=CAPTURES_ONLY,
)

CONNECT_E = Event(
    "connect_e",
    code=22,
    doc="A socket is about to be connected.",
    category="net",
    params=(
        Param("fd", T.FD, "socket"),
        Param("addr", T.SOCKADDR, "address as passed"),
    ),
    direction=">",
    flags=frozenset({"modifies_state", "uses_fd"}),
    internal=True,
    pending=CAPTURES_ONLY,
)

EVENTS = (
    OPEN_E,
    CREAT_E,
    OPENAT_E,
    OPENAT2_E,
    CONNECT_E,
)
