# SPDX-License-Identifier: Apache-2.0
"""The CPythons of this machine that a wheel has to run on."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

OLDEST = (3, 11)
_ASK = "import platform, sys, venv; print(platform.python_implementation(), *sys.version_info[:2])"


class Python(NamedTuple):
    """An interpreter: ``3.11``, and its path."""

    version: str
    path: Path


@functools.cache
def pythons() -> tuple[Python, ...]:
    """Return one interpreter per version from OLDEST on, the oldest first."""
    found: dict[tuple[int, int], Path] = {}
    for folder in (*os.get_exec_path(), "/usr/bin", "/usr/local/bin"):
        for path in sorted(Path(folder).glob("python3*")):
            if not re.fullmatch(r"python3(\.\d+)?", path.name):
                continue
            done = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, check=False)
            name, *version = done.stdout.split() or [""]
            if name == "CPython" and (int(version[0]), int(version[1])) >= OLDEST:
                found.setdefault((int(version[0]), int(version[1])), path)
    return tuple(Python(f"{major}.{minor}", path) for (major, minor), path in sorted(found.items()))
