# SPDX-License-Identifier: Apache-2.0
"""`tiercel run` as a user starts it, measured from outside."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from tiercel.bench.installation import Installation
from tiercel.errors import KernelError, TiercelError

__all__ = ["RunCommand"]

_PATIENCE: Final = 60.0  # time limit in seconds for each step
_WATCHING: Final = b"watching ("
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class RunCommand:
    """Sensor from the command line; a context manager that ends it."""

    def __init__(self, installation: Installation, rules: list[str], tree: int, cpus: list[int]) -> None:
        """Start it for a process tree, with the rules of some files; without files, with the packaged rules."""
        words = [word for path in rules for word in ("-r", path)]
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            installation.command("run", *words, "--pid", str(tree)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=installation.environment,
            start_new_session=True,  # Ctrl-C is handled by the parent
        )
        os.sched_setaffinity(self._process.pid, cpus)

    def watching(self) -> float:
        """Wait until it watches; return the seconds since it was started."""
        assert self._process.stderr is not None
        return self._wait_for(self._process.stderr.fileno(), _WATCHING)

    def alerted(self) -> float:
        """Wait until it has printed an alert; return the seconds since it was started."""
        assert self._process.stdout is not None
        return self._wait_for(self._process.stdout.fileno(), b"\n")

    def cpu_seconds(self) -> float:
        """Return the processor time that it has taken so far."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def memory(self) -> dict[str, int]:
        """Return its resident memory in bytes: total, by kind, and maximum."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        names = {"resident": "VmRSS", "own": "RssAnon", "files": "RssFile", "shared": "RssShmem", "most": "VmHWM"}
        return {name: int(fields[key].split()[0]) << 10 for name, key in names.items()}

    def __enter__(self) -> RunCommand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _wait_for(self, fd: int, text: bytes) -> float:
        """Read until ``text`` and discard the text before it, unless the program ends first."""
        seen = b""
        while text not in seen:
            left = self._began + _PATIENCE - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise TiercelError("E602", f"`tiercel run` did not start to watch within {_PATIENCE:g} s")
            got = os.read(fd, 1 << 16)
            if not got:
                said = (seen or self._process.communicate()[1]).decode(errors="replace").strip()
                raise KernelError("E412", f"`tiercel run` ended: {said.splitlines()[0] if said else 'without a word'}")
            seen += got
        return time.monotonic() - self._began
