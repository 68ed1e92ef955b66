# SPDX-License-Identifier: Apache-2.0
"""Default folder of captures that rules start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tiercel.errors import SourceError
from tiercel.private_files import private_folder

__all__ = ["default_folder", "default_prefix"]

_HINT: Final = "name another place for captures: capture.path_prefix, or CaptureSettings(path_prefix=…)"


def default_folder() -> Path:
    """Return the folder: below the state directory of systemd's unit, of the machine for root, or of the user."""
    unit = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if unit:
        return Path(unit, "captures")
    if os.geteuid() == 0:
        return Path("/var/lib/tiercel/captures")
    state = os.environ.get("XDG_STATE_HOME", "")
    return Path(state if state.startswith("/") else Path("~/.local/state").expanduser(), "tiercel", "captures")


def default_prefix() -> str:
    """Create the folder with access for its owner only, and return the prefix of the names of captures in it.

    Raises:
        SourceError: E710, it cannot be created, or others can enter it.
    """
    try:
        folder = default_folder()
        private_folder(folder)
    except RuntimeError as error:  # the user has no home
        raise SourceError("E710", f"no folder for captures: {error}", hint=_HINT) from error
    except OSError as error:
        raise SourceError("E710", f"{error.filename or folder}: {error.strerror}", hint=_HINT) from error
    return os.fspath(folder / "capture")
