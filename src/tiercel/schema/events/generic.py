# SPDX-License-Identifier: Apache-2.0
"""Every system call without an event of its own."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, T

SYSCALL = Event(
    "syscall",
    code=1,
    doc="A system call without an event of its own ended; `evt.type` is its name.",
    category="other",
    params=(
        Param("ID", T.SYSCALLID, "system call, in the numbers that all architectures share"),
        Param("nativeID", T.UINT16, "system call, in the numbers of its architecture"),
    ),
)

EVENTS = (SYSCALL,)
