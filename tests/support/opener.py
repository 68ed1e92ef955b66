# SPDX-License-Identifier: Apache-2.0
"""A child process that opens files on request, for rules about files that are opened."""

from __future__ import annotations

import os
import subprocess
from types import TracebackType

from support.watch import python
from tiercel import Scope

# Opens the files that its standard input names, and answers each.
_OPENER = """
    import sys
    for line in sys.stdin:
        open(line.rstrip()).close()
        print("opened", flush=True)
"""


class Opener:
    """A child process that opens files on request; it ends with the block."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            python(_OPENER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.scope = Scope.tree(self.process.pid)

    def open(self, path: str | os.PathLike[str], times: int = 1) -> None:
        """Open a file, and return when it is open."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        for _ in range(times):
            self.process.stdin.write(f"{os.fspath(path)}\n")
            assert self.process.stdout.readline() == "opened\n"

    def __enter__(self) -> Opener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:
            self.process.communicate()
