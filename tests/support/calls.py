# SPDX-License-Identifier: Apache-2.0
"""Build and driver of ``calls.c``, a program that makes exactly the system calls of its command line.

    made = call("open", "/tmp/file", os.O_CREAT, 0o600)
    steps = [made, call("fchmod", made, 0o640), child("fork", call("unlink", "/tmp/file"))]

An argument may be a number, a text or path (a C string), bytes (memory), None (a null pointer), a list (an array of
such arguments; a null pointer follows), an earlier call (its result), or one of ``OWN_PID``, ``OWN_TID`` and
``PARENT_PID``.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.falco import AT_FDCWD

SOURCE = Path(__file__).with_name("calls.c")
COMMAND = ("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-static", "-no-pie", "-pthread")


class Special:
    """An argument with a value that the program fills in itself."""

    def __init__(self, letter: str) -> None:
        self.letter = letter


OWN_PID, OWN_TID, PARENT_PID = Special("p"), Special("t"), Special("q")


@dataclass(frozen=True)
class Zeros:
    """A buffer of so many zero bytes."""

    size: int


@dataclass(eq=False)
class Step:
    """One step of a run; after it, what the step returned."""

    name: str
    args: tuple[Any, ...] = ()
    reports: list[dict[str, int]] = field(default_factory=list, repr=False)

    @property
    def ret(self) -> int:
        """The kernel's result, -errno for a failure; that of the first process to report it where several did."""
        return self._of_parent["ret"]

    @property
    def pid(self) -> int:
        """The process that made the call."""
        return self._of_parent["pid"]

    @property
    def tid(self) -> int:
        """The thread that made the call."""
        return self._of_parent["tid"]

    @property
    def child(self) -> dict[str, int]:
        """The report of the child of a fork."""
        return next(report for report in self.reports if report["ret"] == 0)

    @property
    def status(self) -> int:
        """The wait status of the child; of the ``:join`` that ends what the child does."""
        return self.reports[-1]["status"]

    @property
    def _of_parent(self) -> dict[str, int]:
        reports = self.reports if len(self.reports) == 1 else [r for r in self.reports if r["ret"] != 0]
        assert reports, f"{self.name} reported nothing"
        return reports[0]


Steps = Sequence["Step | Steps"]


def call(name: str, *args: Any) -> Step:
    """One system call of the 64-bit table."""
    return Step(name, args)


def reads(path: object) -> Step:
    """A step that opens a path for reading, relative to the current directory."""
    return call("openat", AT_FDCWD, path, os.O_RDONLY, 0)


def call32(number: int, *args: Any) -> Step:
    """One system call of the 32-bit table, by ``int $0x80``."""
    return Step(f"ia32:{number}", args)


def ring(flags: int = 0) -> Step:
    """Make an io_uring for the requests that follow."""
    return Step(":ring", (flags,))


def request(operation: int, *args: Any, flags: int = 0, ioprio: int = 0) -> Step:
    """One request to the io_uring: fd, addr, len, off, the operation's flags, file_index."""
    return Step(f"uring:{operation}:{flags}:{ioprio}", args)


def hold() -> Step:
    """Wait there until ``Running.finish``."""
    return Step(":hold")


def orphan() -> Step:
    """Kill the parent process, and wait until it has ended."""
    return Step(":orphan")


def thread(*steps: Step | Steps) -> Steps:
    """``steps`` in a second thread."""
    return [Step(":thread"), *steps, Step(":join")]


def child(fork: str | Step, *steps: Step | Steps) -> Steps:
    """``steps`` in a child that ``fork`` makes (``fork``, ``vfork``, or a clone or clone3 step); then it exits."""
    return [call(fork) if isinstance(fork, str) else fork, *steps, Step(":join")]


def flatten(steps: Steps) -> list[Step]:
    """All steps in the order of the command line."""
    flat: list[Step] = []
    for step in steps:
        flat.extend([step] if isinstance(step, Step) else flatten(step))
    return flat


def arguments(steps: Sequence[Step]) -> list[bytes]:
    """The command line of ``steps``."""
    words: list[bytes] = []
    for number, step in enumerate(steps):
        words += [b","] * (number > 0) + [_name(step.name).encode()]
        for arg in step.args:
            words += _encode(arg, steps)
    return words


@functools.cache
def numbers() -> Mapping[str, int]:
    """System calls of the 64-bit table, as the compiler's headers number them."""
    command = ("gcc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null")
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: int(number) for name, number in re.findall(r"^#define __NR_(\w+) (\d+)$", text, re.MULTILINE)}


def _name(name: str) -> str:
    return name if ":" in name else f"nr:{numbers()[name]}"


def _encode(arg: Any, steps: Sequence[Step]) -> Iterable[bytes]:
    match arg:
        case None:
            return [b"i0"]
        case int():
            return [b"i%d" % arg]
        case str() | Path():
            return [b"s" + os.fsencode(arg)]
        case bytes():
            return [b"x" + arg.hex().encode()]
        case Zeros(size):
            return [b"z%d" % size]
        case Special():
            return [arg.letter.encode()]
        case Step():
            return [b"r%d" % steps.index(arg)]
        case list():
            return [b"v%d" % len(arg), *(word for item in arg for word in _encode(item, steps))]
    raise TypeError(f"a system call takes no {type(arg).__name__}")


def build(target: Path) -> Path:
    """Compile the program to ``target``."""
    subprocess.run([*COMMAND, "-o", target, SOURCE], check=True)
    return target


class Running:
    """A started run: the process may be looked at while it waits at a ``hold`` step."""

    def __init__(self, program: Path, steps: Steps, *, wrapper: Sequence[str | Path] = (), **popen: Any) -> None:
        self.steps = flatten(steps)
        popen.setdefault("env", {"PATH": "/usr/bin:/bin"})
        self.command: list[str | bytes | Path] = [program, *arguments(self.steps)]
        # Without a buffer: communicate() reads the descriptor, and would miss the lines that readline() had read ahead.
        self._process = subprocess.Popen(
            [*wrapper, *self.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **popen
        )
        self.pid = self._process.pid
        self.output: list[bytes] = []

    def until(self, step: Step, reports: int = 1) -> None:
        """Read reports until ``step`` has made its own: ``reports`` of them, where several processes make one."""
        assert self._process.stdout is not None
        while len(step.reports) < reports:
            line = self._process.stdout.readline()
            assert line, f"ended before the step {step.name}"
            self._take(line)

    def finish(self) -> int:
        """Let the held process go on; wait for all of it.

        Returns:
            The exit status, or minus the signal that ended the process.
        """
        rest, _ = self._process.communicate(timeout=30)
        for line in rest.splitlines():
            self._take(line)
        return self._process.returncode

    def close(self) -> None:
        """End the process if it has not ended yet."""
        self._process.kill()
        with self._process:
            pass

    def _take(self, line: bytes) -> None:
        if not line.startswith(b'{"step"'):
            self.output.append(line)
            return
        report = json.loads(line)
        self.steps[report["step"]].reports.append(report)
