# SPDX-License-Identifier: Apache-2.0
"""Types of descriptors."""

from __future__ import annotations

from typing import Final

from tiercel.frozen import frozen

__all__ = ["FD_TYPES", "NO_WORD", "FdType"]

NO_WORD: Final = "<NA>"
"""``fd.type`` of a type without a word."""


@frozen
class FdType:
    """One type of descriptors.

    Attributes:
        ident: names ``EV_FD_<IDENT>``.
        number: Falco's, in records and captures.
        letter: ``fd.typechar``.
        word: ``fd.type``; empty: it has none.
    """

    ident: str
    number: int
    letter: str
    word: str


# Captures also use the number 16, for files with their device: the reader turns it into 1.
FD_TYPES: Final = (
    FdType("unknown", 0, "o", ""),
    FdType("file", 1, "f", "file"),
    FdType("directory", 2, "d", "directory"),
    FdType("ipv4", 3, "4", "ipv4"),
    FdType("ipv6", 4, "6", "ipv6"),
    FdType("ipv4_server", 5, "4", "ipv4"),
    FdType("ipv6_server", 6, "6", "ipv6"),
    FdType("pipe", 7, "p", "pipe"),
    FdType("unix", 8, "u", "unix"),
    FdType("event", 9, "e", "event"),
    FdType("unsupported", 10, "X", ""),
    FdType("signalfd", 11, "s", "signalfd"),
    FdType("eventpoll", 12, "l", "eventpoll"),
    FdType("inotify", 13, "i", "inotify"),
    FdType("timerfd", 14, "t", "timerfd"),
    FdType("netlink", 15, "n", "netlink"),
    FdType("bpf", 17, "b", "bpf"),
    FdType("userfaultfd", 18, "u", "userfaultfd"),
    FdType("io_uring", 19, "r", "io_uring"),
    FdType("memfd", 20, "m", "memfd"),
    FdType("pidfd", 21, "P", "pidfd"),
)
