# SPDX-License-Identifier: Apache-2.0
"""A process that opens a file on each request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


class Child:
    """A process that opens /etc/hosts, or the requested file, on each request."""

    CODE = """
import json, os, sys
directories = {}
for line in sys.stdin:
    path, flags, directory = json.loads(line)
    if directory and directory not in directories:
        directories[directory] = os.open(directory, os.O_PATH)
    try:
        os.close(os.open(path, flags, dir_fd=directories.get(directory)))
    except OSError:
        pass
    print(flush=True)
"""

    def __init__(self, cwd: Path | None = None) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", self.CODE], stdin=pipe, stdout=pipe, text=True, cwd=cwd
        )
        self.pid = self.process.pid
        self.open()

    def open(self, path: str | Path = "/etc/hosts", flags: int = os.O_RDONLY, directory: str | None = None) -> None:
        """Have it open a path, if it can; a relative one below a directory, which it opens first, once."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(path), flags, directory]) + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self) -> None:
        self.process.communicate()
