# SPDX-License-Identifier: Apache-2.0
"""Event types as the filter of the probe knows them: all that decides what a check says about atoms."""

from __future__ import annotations

from functools import cache
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.names import EVENT_BY_CODE
from tiercel.schema.types import Event

__all__ = ["FREQUENT", "Shape", "is_filtered", "shape_of"]

FREQUENT: Final = frozenset(
    event.code
    for event in EVENT_BY_CODE.values()
    if event.name in {
        "open", "openat", "openat2", "close", "read", "write", "readv", "writev", "pread", "pwrite", "preadv",
        "pwritev", "recvfrom", "recvmsg", "recv", "sendto", "sendmsg", "send", "stat", "fstat", "lstat", "newfstatat",
        "access", "lseek", "mmap", "munmap", "mprotect", "brk", "futex", "poll", "ppoll", "select", "epoll_wait",
        "ioctl", "fcntl", "getdents", "getdents64", "nanosleep",
    }
)  # fmt: skip
"""What busy machines do thousands of times a second: codes of the events."""

_OPENS: Final = frozenset({"open", "openat", "openat2", "creat"})
_WITH_FLAGS: Final = frozenset({"open", "openat", "openat2", "open_by_handle_at"})

# What the process table is kept from, beside the events of the life cycle.
_KEEPS_STATE: Final = frozenset({"execve", "execveat", "setsid", "setpgid"})

# The end of the call gives back what its beginning has taken.
_ENDS_IN_PROBE: Final = frozenset({"close"})

# The first param is not simply what the call returns: the side of the child, one record for each message.
_OWN_RESULT: Final = frozenset({"clone", "clone3", "fork", "vfork", "sendmmsg", "recvmmsg"})

# Calls of which `fs.path.*` has paths, by the fields that have one.
_FS_NAME: Final = frozenset({
    "open", "openat", "openat2", "mkdir", "mkdirat", "rmdir", "chown", "lchown", "unlink", "unlinkat", "umount",
    "umount2", "chmod", "fchmodat", "fchownat", "fchmod", "fchown", "quotactl",
})  # fmt: skip
_FS_ENDS: Final = frozenset({"rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mount"})

_WORD_SIZE: Final = 8


@frozen
class Shape:
    """What the event types have in common that are filtered alike.

    Attributes:
        result: name of the param that is what the call returned; empty where another number counts as the result;
            None where there is none.
        is_signed: that param is a number with a sign.
        opens: the event opens a file by its path.
        has_flags: it has the flags of open(2), or is ``creat``.
        creates: it is ``creat``, which Falco takes for an open without flags.
        has_paths: the probe looks at its paths.
        has_fd: it works on a descriptor.
        fd_is_result: that is what the call returned.
        has_file: the record tells what the descriptor refers to.
        path: name of the param that is the path, of those that open one.
        fs: which of ``fs.path.*`` it has: ``name``, ``ends`` or none.
        reads: it reads from its descriptor.
        writes: it writes to it.
        waits: it waits.
        category: of the schema.
        direction: of the schema.
        is_meta: neither the kernel nor a source of events made it.
    """

    result: str | None
    is_signed: bool
    opens: bool
    has_flags: bool
    creates: bool
    has_paths: bool
    has_fd: bool
    fd_is_result: bool
    has_file: bool
    path: str | None
    fs: str
    reads: bool
    writes: bool
    waits: bool
    category: str
    direction: str
    is_meta: bool


def is_filtered(code: int) -> bool:
    """Say whether events of a type may be kept from the core, and be dropped as soon as the call ends."""
    event = EVENT_BY_CODE[code]
    return event.is_probed and not event.lifecycle and event.name not in _KEEPS_STATE | _ENDS_IN_PROBE


@cache
def shape_of(code: int) -> Shape:
    """Return the shape of an event type."""
    event = EVENT_BY_CODE[code]
    opens = event.name in _OPENS
    path = next((param.name for param in event.params if param.type.is_path), None)
    return Shape(
        result=_result(event),
        is_signed=bool(event.params) and event.params[0].type.kind == "int",
        opens=opens,
        has_flags=event.name in _WITH_FLAGS or event.name == "creat",
        creates=event.name == "creat",
        has_paths=opens or event.name == "open_by_handle_at",
        has_fd=not event.flags.isdisjoint({"creates_fd", "uses_fd", "destroys_fd"}),
        fd_is_result=event.fd_param == 0,
        has_file=event.file,
        path=path if opens else None,
        fs="name" if event.name in _FS_NAME else "ends" if event.name in _FS_ENDS else "",
        reads="reads" in event.flags,
        writes="writes" in event.flags,
        waits="waits" in event.flags,
        category=event.category,
        direction=event.direction,
        is_meta=event.origin == "meta",
    )


def _result(event: Event) -> str | None:
    if event.origin != "syscall" or event.direction != "<" or not event.params or event.is_named or event.internal:
        return None
    first = event.params[0]
    is_told = first.type.kind in {"int", "uint"} and first.type.size == _WORD_SIZE
    return first.name if is_told and event.name not in _OWN_RESULT else ""
