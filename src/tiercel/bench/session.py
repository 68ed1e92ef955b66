# SPDX-License-Identifier: Apache-2.0
"""Shared state of the parts of one run: options, installations, files, processors of load and sensor."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from tiercel.bench.installation import AgentProcess, Installation
from tiercel.bench.recording import record
from tiercel.bench.rules import generated
from tiercel.errors import KernelError, SourceError

__all__ = ["Options", "Session"]

_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the user.

    Attributes:
        capture: file to replay; None: one is recorded.
        rules: rule files to measure with; empty: the packaged ones, and generated ones in ``scaling``.
        against: another installation, as :meth:`Installation.against` takes it.
        rounds: how often each case is measured.
        seconds: how long the loads of ``drops``, ``flood`` and ``latency`` last.
        sizes: numbers of generated rules.
        processes: how many run while memory is measured.
        rate: events per second while delays are measured.
    """

    capture: str | None = None
    rules: tuple[str, ...] = ()
    against: str | None = None
    rounds: int = 9
    seconds: float = 10.0
    sizes: tuple[int, ...] = (25, 93, 300, 1000, 3000, 10_000)
    processes: int = 5000
    rate: int = 100_000

    def settings(self) -> dict[str, Any]:
        """Return the options for a report."""
        return {
            "capture": self.capture,
            "rules": list(self.rules),
            "rounds": self.rounds,
            "seconds": self.seconds,
            "sizes": list(self.sizes),
            "processes": self.processes,
            "rate": self.rate,
        }


class Session:
    """One run, shared by all parts; a context manager that removes its files.

    Attributes:
        load_cpu: where the load runs.
        sensor_cpus: where the sensor runs: elsewhere, if there is more than one processor.
    """

    def __init__(self, options: Options, progress: Callable[[str], None]) -> None:
        self.options = options
        self.progress = progress
        self.installations = [Installation.this()]
        if options.against is not None:
            self.installations.append(Installation.against(options.against))
        cpus = sorted(os.sched_getaffinity(0))
        self.load_cpu = cpus[0]
        self.sensor_cpus = cpus[1:] or cpus
        self._stack = ExitStack()
        self._folder: Path | None = None
        self._capture: Path | None = None

    def __enter__(self) -> Session:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tiercel-bench-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def folder(self) -> Path:
        """Folder of the files of this run."""
        assert self._folder is not None
        return self._folder

    @contextmanager
    def agents(self) -> Iterator[list[AgentProcess]]:
        """Start a new process of each installation, on the sensor's processors."""
        with ExitStack() as stack:
            found = [stack.enter_context(AgentProcess(installation)) for installation in self.installations]
            for agent in found:
                agent.ask("pin", cpus=self.sensor_cpus)
            yield found

    def rules(self) -> list[str]:
        """Return the user's rule files; empty for the packaged rules."""
        return [str(Path(path).absolute()) for path in self.options.rules]

    def rule_file(self, name: str, text: str) -> str:
        """Write a rule file and return its path."""
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return str(path)

    def generated(self, count: int) -> str:
        """Return the path of a file with so many generated rules."""
        return self.rule_file(f"generated-{count}", generated(count))

    def ordinary_rules(self) -> tuple[str, list[str]]:
        """Return the user's rules, or as many as published rule files have, and what they are called."""
        return ("own rules", self.rules()) if self.options.rules else ("93 rules", [self.generated(93)])

    def marker(self) -> str:
        """Return the path of a file that only the load opens."""
        path = self.folder / "marker"
        path.touch()
        return str(path)

    def program(self) -> str:
        """Return the path of a program that only the load starts, and that ends at once."""
        return str(shutil.copy("/bin/true", self.folder / "program"))

    def capture(self) -> str:
        """Return the path of the capture to replay, uncompressed, so that the time of gzip is not measured.

        Raises:
            SourceError: E701, there is no such file.
            KernelError: E4xx, no capture was named, and none can be recorded.
        """
        if self._capture is None:
            self._capture = self.folder / "capture.scap"
            if self.options.capture is None:
                self.progress("recording a capture")
                try:
                    record(self._capture)
                except KernelError as error:
                    hint = "name one with --capture; Falco, sysdig and `tiercel record` write them"
                    raise KernelError(error.code, f"no capture can be recorded: {error.text}", hint=hint) from error
            else:
                self._capture = _plain(Path(self.options.capture).absolute(), self._capture)
        return str(self._capture)


def _plain(path: Path, copy: Path) -> Path:
    """Return ``path`` if it is not compressed, or ``copy`` with its content."""
    try:
        with path.open("rb") as file:
            if file.read(2) != _GZIP:
                return path
        with gzip.open(path) as packed, copy.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    except OSError as error:
        raise SourceError("E701", f"{path}: {error.strerror or error}") from error
    return copy
