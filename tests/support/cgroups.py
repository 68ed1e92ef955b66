# SPDX-License-Identifier: Apache-2.0
"""Control groups for tests that put processes into them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

# A process moves before it starts Python, as a container runtime does; other hierarchies must not look like a
# container.
_MOVE = 'for group in "$@"; do echo $$ >"$group/cgroup.procs"; done; exec $THROUGH "$PYTHON" -I -S -c "$CODE"'


def roots(kind: str) -> list[Path]:
    """Return where the hierarchies of a kind (``cgroup``, ``cgroup2``) are mounted."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(fields[1]) for fields in mounts if fields[2] == kind]


def remove(group: Path) -> None:
    """Remove a group that its processes have left; the kernel may take a moment to notice that."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.02)
    group.rmdir()


def python_in(group: Path, code: str, *, through: str = "") -> subprocess.Popen[str]:
    """Start a Python in a group of the cgroup v2 tree; the caller talks to it through its pipes.

    ``through``: the command that executes it, if any.
    """
    command = ["sh", "-c", _MOVE, "sh", *map(str, roots("cgroup")), str(group)]
    variables = {**os.environ, "PYTHON": sys.executable, "CODE": code, "THROUGH": through}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=variables)


class Worker:
    """A Python interpreter in a new group; runs the lines of code it receives, one at a time."""

    _CODE = "import os, sys, time\nfor line in sys.stdin: exec(line); print(flush=True)"

    def __init__(self, name: str, above: Path | None = None) -> None:
        self.group = (above or roots("cgroup2")[0]) / name
        self.group.mkdir()
        self.process = python_in(self.group, self._CODE)
        self.do("pass")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def id(self) -> int:
        """Of the group."""
        return self.group.stat().st_ino

    def begin(self, line: str) -> None:
        """Have it work, and do not wait."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self) -> None:
        """Wait until it has run a line that it was sent."""
        assert self.process.stdout
        assert self.process.stdout.readline()

    def do(self, line: str) -> None:
        """Have it work, and wait."""
        self.begin(line)
        self.wait()

    def close(self) -> None:
        self.process.communicate()
        remove(self.group)
