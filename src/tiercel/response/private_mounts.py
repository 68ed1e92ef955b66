# SPDX-License-Identifier: Apache-2.0
"""Mount namespace of the programs of responses: it marks all their descendants in the records of the probe."""

from __future__ import annotations

import ctypes
from typing import Final

from tiercel.response.procfs import mount_namespace

__all__ = ["enter_private_mounts"]

_CLONE_NEWNS: Final = 0x0002_0000


def enter_private_mounts() -> int | None:
    """Give the calling thread, and all that it starts, a copy of the mount namespace.

    Mounts that are shared stay so: a mount in the namespace appears outside of it, and the other way round.

    Returns:
        The inode number of the namespace; None without the permission (CAP_SYS_ADMIN).
    """
    # An attribute of os since Python 3.12.
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        return None
    return mount_namespace("thread-self")
