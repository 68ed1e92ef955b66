# SPDX-License-Identifier: Apache-2.0
"""Load for measurements of a sensor: processes that make system calls on request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tiercel.bench.installation import Installation
from tiercel.errors import TiercelError

__all__ = ["Run", "Worker"]


@dataclass(frozen=True, slots=True)
class Run:
    """Result of a worker.

    Attributes:
        calls: rounds of the loop.
        wall: nanoseconds that they took.
        cpu: processor time of the worker and of what it started, in nanoseconds.
    """

    calls: int
    wall: int
    cpu: int

    @property
    def each(self) -> float:
        """Nanoseconds per call."""
        return self.wall / max(self.calls, 1)

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls * 1e9 / max(self.wall, 1)


class Worker:
    """Process on one processor that runs loops; a context manager that ends it."""

    def __init__(self, cpu: int, group: Path | None = None) -> None:
        """Start the process, in the control group whose directory ``group`` is."""
        here = Installation.this()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tiercel.bench.worker", str(cpu), *([str(group)] if group is not None else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=here.environment,
            start_new_session=True,  # the parent handles Ctrl-C, and ends all processes of the session
        )
        self._answer()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def run(self, kind: str, count: int = 0, **options: Any) -> Run:
        """Run a loop and wait for its end; see :func:`tiercel._core.bench.workload.run`."""
        self.begin(kind, count, **options)
        return self.result()

    def begin(self, kind: str, count: int = 0, **options: Any) -> None:
        """Start a loop."""
        self._ask("loop", kind=kind, count=count, **options)

    def result(self) -> Run:
        """Wait for the end of a loop that was started."""
        return Run(**self._answer())

    def everyday(self, turns: int) -> None:
        """Run everyday work: read and stat files, start programs, connect."""
        self._ask("everyday", turns=turns)
        self._answer()

    def children(self, count: int) -> None:
        """Start processes that wait, until the worker ends."""
        self._ask("children", count=count)
        self._answer()

    def kill(self) -> None:
        """Kill it, even within a loop, and the processes that it started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _ask(self, do: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.communicate()
            raise TiercelError("E602", f"the process that makes the load ended (status {self._process.returncode})")
        found: dict[str, int] = json.loads(line)
        return found

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is not None:
            return
        if error is not None:
            self.kill()
        else:
            self._process.communicate()
