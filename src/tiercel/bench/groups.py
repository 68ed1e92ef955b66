# SPDX-License-Identifier: Apache-2.0
"""Cgroups for the parts that need processes in different ones."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tiercel.errors import KernelError
from tiercel.sources.scope import Scope

__all__ = ["control_group"]

_PATIENCE: Final = 100  # attempts to remove a cgroup after its processes have ended
_PAUSE: Final = 0.02


@contextmanager
def control_group(name: str) -> Iterator[Path]:
    """Make a control group (version 2) and yield its directory; its processes must have ended when the block ends.

    Raises:
        KernelError: E410, no cgroup can be made here.
    """
    root = Path(Scope.cgroup("/").directory())
    group = root / f"tiercel-bench-{name}-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise KernelError("E410", f"{group}: no control group can be made: {error.strerror}") from error
    try:
        yield group
    finally:
        for _ in range(_PATIENCE):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(_PAUSE)
