# SPDX-License-Identifier: Apache-2.0
"""Builds ``flip.c``, the program that makes calls with a name that its second thread changes all the time."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("flip.c")


def build_flip(folder: Path) -> Path:
    """Compile the program in ``folder`` and return its path."""
    program = folder / "flip"
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", _SOURCE, "-o", program], check=True)
    return program
