# SPDX-License-Identifier: Apache-2.0
"""A place for container engines that vanishes with all that they did: see isolate.py."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support.engines import isolate

_NAMES = itertools.count(1)
_PREFIX = "tiercel--engines-"  # with two dashes it looks like no namespace of containerd
# A process joins the world's groups before it joins the namespaces that hide them.
_JOIN = 'for procs in $1; do echo 0 >"$procs"; done; shift; exec "$@"'


def engines_problem() -> str | None:
    """Return why container engines cannot run here, or None if they can."""
    missing = [
        name for name in ("podman", "dockerd", "docker", "containerd", "runc", "nsenter") if not shutil.which(name)
    ]
    if missing:
        return f"no {', '.join(missing)}"
    return None if os.geteuid() == 0 else "container engines run as root"


class World:
    """Namespaces, control groups and empty state folders for engines, and what runs there.

    Attributes:
        pid: its first process, as seen from outside.
        root: its root directory, as seen from outside: fit for ``HOST_ROOT``.
        group: its control group of the version 2 hierarchy: fit for ``Scope.cgroup``.
    """

    def __init__(self, *, shared_pids: bool = False) -> None:
        """``shared_pids``: processes have the same ids within and without."""
        _remove_stale()
        self.name = f"{_PREFIX}{os.getpid()}-{next(_NAMES)}"
        hierarchies = isolate.hierarchies()
        self.group = next(each.own for each in hierarchies if each.kind == "cgroup2") / self.name
        self._procs = " ".join(
            str(each.own / self.name / isolate.ENGINES_GROUP / "cgroup.procs") for each in hierarchies
        )
        self._started: list[subprocess.Popen[bytes]] = []
        command = [
            sys.executable,
            "-I",
            "-S",
            isolate.__file__,
            self.name,
            "shared-pids" if shared_pids else "own-pids",
        ]
        self._keeper = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._keeper.stdout
        line = self._keeper.stdout.readline()
        try:
            self.pid = int(line)
            self.root = Path(f"/proc/{self.pid}/root")
            assert (self.root / "run").is_dir(), "no world: see above"
            self._logs.mkdir()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End every process in it; its mounts, networks, control groups and files go with them."""
        self._keeper.terminate()
        self._keeper.wait(120)
        assert self._keeper.stdout
        self._keeper.stdout.close()
        for process in self._started:
            process.wait(60)

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _logs(self) -> Path:
        return self.path("/run/logs")

    def command(self, *argv: str | os.PathLike[str]) -> list[str]:
        """The command that runs ``argv`` in this world."""
        enter = [
            "nsenter",
            "-t",
            str(self.pid),
            "-m",
            "-p",
            "-n",
            "-i",
            "-u",
            "-C",
            "--",
            *(os.fspath(word) for word in argv),
        ]
        return ["/bin/sh", "-euc", _JOIN, "sh", self._procs, *enter]

    def run(self, *argv: str | os.PathLike[str], check: bool = True, stdin: str = "", timeout: float = 120) -> str:
        """Run a command in this world to its end, and return its standard output."""
        command = self.command(*argv)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0 or not check, f"{' '.join(map(str, argv))}: {done.returncode}: {done.stderr}"
        return done.stdout

    def start(self, *argv: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
        """Start a program in this world; it ends with it at the latest, and its output is in :meth:`log`."""
        log = Path(self._logs, f"{len(self._started)}-{Path(argv[0]).name}.log")
        with log.open("wb") as output:
            null = subprocess.DEVNULL
            process = subprocess.Popen(self.command(*argv), stdin=null, stdout=output, stderr=subprocess.STDOUT)
        self._started.append(process)
        return process

    def log(self, process: subprocess.Popen[bytes] | None = None) -> str:
        """The last lines of one program that was started here, or of all."""
        number = f"{self._started.index(process)}-" if process else ""
        logs = sorted(log for log in self._logs.iterdir() if log.name.startswith(number))
        return "\n".join(f"{log.name}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def processes(self, container: str) -> list[int]:
        """The processes of a container, by its full id, as seen from outside."""
        groups = [Path(folder) for folder, _, _ in os.walk(self.group) if container in folder]
        return [int(pid) for group in groups for pid in (group / "cgroup.procs").read_text().split()]

    def path(self, inside: str) -> Path:
        """A path of this world as seen from outside."""
        return self.root / inside.lstrip("/")


def _remove_stale() -> None:
    """Remove control groups of worlds whose keeper was killed; all in them died with it."""
    for hierarchy in isolate.hierarchies():
        for group in hierarchy.own.glob(f"{_PREFIX}*"):
            maker = group.name.removeprefix(_PREFIX).partition("-")[0]
            if not Path("/proc", maker).exists():
                with contextlib.suppress(OSError):
                    isolate.remove_groups(group, seconds=1)


def terminal(world: World, argv: Sequence[str], *, seconds: float = 30) -> str:
    """Run a command of this world with a terminal of its own, as a person would, and return what it printed."""
    controller, terminal_fd = os.openpty()
    try:
        process = subprocess.Popen(
            world.command(*argv), stdin=terminal_fd, stdout=terminal_fd, stderr=terminal_fd, start_new_session=True
        )
    finally:
        os.close(terminal_fd)
    printed = b""
    try:
        with contextlib.suppress(OSError):  # EIO: no process has the terminal open any more
            while data := os.read(controller, 4096):
                printed += data
        assert process.wait(seconds) == 0, printed.decode(errors="replace")
    finally:
        os.close(controller)
        process.kill()
        process.wait()
    return printed.decode(errors="replace")
