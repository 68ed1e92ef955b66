# SPDX-License-Identifier: Apache-2.0
"""A mount namespace of one's own, also inside a chroot.

``unshare -m`` makes all mounts private from the root directory downwards, which must be a mount point for that. The
root of a chroot is not a mount point, so this leaves the chroot for a moment to do it, as root may.
Run as a script: ``python namespaces.py COMMAND ARG…``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import tempfile
from typing import Final

# A command after this prefix runs with mounts that no other process sees.
PRIVATE: Final = (sys.executable, "-I", "-S", __file__)

_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _make_private() -> None:
    _check(_LIBC.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None))


def enter() -> None:
    """Put this process into a new mount namespace that propagates no mounts to others."""
    _check(_LIBC.unshare(_CLONE_NEWNS))
    try:
        _make_private()
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        root = os.open("/", os.O_PATH)
        cwd = os.open(".", os.O_PATH)
        with tempfile.TemporaryDirectory() as below:
            # With the root below the current directory, `..` leads out of both.
            os.chdir("/")
            os.chroot(below)
            while not os.path.samestat(os.stat("."), os.stat("..")):
                os.chdir("..")
            os.chroot(".")
            _make_private()
            os.fchdir(root)
            os.chroot(".")
        os.fchdir(cwd)


if __name__ == "__main__":
    enter()
    os.execvp(sys.argv[1], sys.argv[1:])
