# SPDX-License-Identifier: Apache-2.0
"""Facts about an event that the probe can test: ``enum filter_atom`` of ``bpf/gen/filter_abi.h``."""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import Final

__all__ = ["FIRST_PATH_SET", "KINDS", "OF_FILE", "PATH_SETS", "PROTOCOLS", "TYPES", "WORDS", "Atom", "mask"]


class Atom(IntEnum):
    """Bit number of a fact, by its name in the header."""

    OK = 0
    ROOT = 1
    OPEN_READ = 2
    OPEN_WRITE = 3
    OPEN_CREAT = 4
    OPEN_TRUNC = 5
    OPEN_APPEND = 6
    OPEN_EXEC = 7
    OPEN_DIRECTORY = 8
    HOST = 9
    FD_KNOWN = 16
    FD_FILE = 17
    FD_DIRECTORY = 18
    FD_IPV4 = 19
    FD_IPV6 = 20
    FD_UNIX = 21
    FD_FIFO = 22
    L4_TCP = 23
    L4_UDP = 24

    @property
    def bit(self) -> int:
        """Mask of the atom."""
        return 1 << self


def mask(*atoms: Atom) -> int:
    """Return the mask of some atoms."""
    return sum(atom.bit for atom in atoms)


TYPES: Final = mask(Atom.FD_FILE, Atom.FD_DIRECTORY, Atom.FD_IPV4, Atom.FD_IPV6, Atom.FD_UNIX, Atom.FD_FIFO)
"""At most one of these is true."""

PROTOCOLS: Final = mask(Atom.L4_TCP, Atom.L4_UDP)
"""At most one of these is true."""

OF_FILE: Final = TYPES | PROTOCOLS
"""These are true only if ``FD_KNOWN`` is."""

FIRST_PATH_SET: Final = 48
PATH_SETS: Final = 16
"""Limit of path sets in one program; their bits start at ``FIRST_PATH_SET``."""

KINDS: Final = MappingProxyType({
    Atom.FD_FILE: "file",
    Atom.FD_DIRECTORY: "directory",
    Atom.FD_IPV4: "IPv4 socket",
    Atom.FD_IPV6: "IPv6 socket",
    Atom.FD_UNIX: "unix socket",
    Atom.FD_FIFO: "pipe",
})  # fmt: skip
"""Names of descriptor types."""

WORDS: Final = MappingProxyType({
    Atom.OK: ("succeeded", "failed"),
    Atom.ROOT: ("by root", "not by root"),
    Atom.OPEN_READ: ("for reading", "not for reading"),
    Atom.OPEN_WRITE: ("for writing", "not for writing"),
    Atom.OPEN_CREAT: ("with O_CREAT", "without O_CREAT"),
    Atom.OPEN_TRUNC: ("with O_TRUNC", "without O_TRUNC"),
    Atom.OPEN_APPEND: ("with O_APPEND", "without O_APPEND"),
    Atom.OPEN_EXEC: ("with a mode to execute", "without a mode to execute"),
    Atom.OPEN_DIRECTORY: ("with O_DIRECTORY", "without O_DIRECTORY"),
    Atom.HOST: ("on the host", "in a container"),
    Atom.FD_KNOWN: ("on a descriptor", "on no descriptor"),
    **{atom: (f"on {'an' if word.startswith('IP') else 'a'} {word}", f"on no {word}") for atom, word in KINDS.items()},
    Atom.L4_TCP: ("over TCP", "not over TCP"),
    Atom.L4_UDP: ("over UDP", "not over UDP"),
})  # fmt: skip
"""Text for each atom if it is true, and if it is false."""
