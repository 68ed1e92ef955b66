# SPDX-License-Identifier: Apache-2.0
"""Lost events by Falco's classes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["BUFFER_CLASSES", "UNFIT", "buffer_drops"]

_OTHER: Final = "other_interest"
_CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("clone", "clone3", "fork", "vfork"), "clone_fork"),
        **dict.fromkeys(("execve", "execveat"), "execve"),
        "connect": "connect",
        **dict.fromkeys(("open", "openat", "openat2", "creat", "open_by_handle_at"), "open"),
        **dict.fromkeys(
            (
                *("chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat", "link", "linkat"),
                *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "rmdir", "symlink", "symlinkat"),
                *("unlink", "unlinkat"),
            ),
            "dir_file",
        ),
        "close": "close",
        "procexit": "proc",
    }
)
BUFFER_CLASSES: Final = ("clone_fork", "execve", "connect", "open", "dir_file", _OTHER, "close", "proc")
"""Falco's classes of events that a full buffer lost."""

UNFIT: Final = "unfit"
"""The class in ``Stats.drops`` of records that could not be built."""


def buffer_drops(drops: Mapping[str, int]) -> dict[str, int]:
    """Return the events that full buffers lost, by Falco's classes."""
    found = dict.fromkeys(BUFFER_CLASSES, 0)
    for name, number in drops.items():
        if name != UNFIT:
            found[_CLASSES.get(name, _OTHER)] += number
    return found
