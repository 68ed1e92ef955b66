# SPDX-License-Identifier: Apache-2.0
"""A process that opens a file each time it is told to."""

from __future__ import annotations

import subprocess
import sys


class Child:
    """A process that opens /etc/hosts each time it is told to."""

    CODE = "import sys\nfor line in sys.stdin: open('/etc/hosts').close(); print(flush=True)"

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", self.CODE], stdin=pipe, stdout=pipe, text=True
        )
        self.pid = self.process.pid
        self.open()

    def open(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self) -> None:
        self.process.communicate()
