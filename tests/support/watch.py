# SPDX-License-Identifier: Apache-2.0
"""Run of a command under a sensor that watches only this command, and the alerts it raised."""

from __future__ import annotations

import functools
import os
import sys
import textwrap
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tiercel
from support.namespaces import PRIVATE
from tiercel.engine.held_command import HeldCommand

# Longest that what has happened may take to come out as alerts.
SETTLE = 20.0


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command: its alerts, its exit status, and the sensor's counters."""

    alerts: list[tiercel.Alert]
    status: int
    stats: tiercel.Stats

    def of(self, rule: str) -> list[tiercel.Alert]:
        """The alerts of one rule."""
        return [alert for alert in self.alerts if alert.rule == rule]

    @property
    def rules(self) -> set[str]:
        """The rules that raised alerts."""
        return {alert.rule for alert in self.alerts}


def watch(rules: tiercel.Ruleset, argv: Sequence[str | os.PathLike[str]], **options: Any) -> Outcome:
    """Run ``argv`` to its end under ``rules``; ``options`` are those of the sensor."""
    with HeldCommand([os.fspath(word) for word in argv]) as command:
        with tiercel.Sensor(rules, scope=tiercel.Scope.tree(command.pid), **options) as sensor:
            command.release()
            status = command.wait()
            assert sensor.flush(SETTLE)
        return Outcome(list(_all(sensor)), status, sensor.stats())


def _all(sensor: tiercel.Sensor) -> Iterator[tiercel.Alert]:
    while alerts := sensor.read():
        yield from alerts


def python(code: str, *args: str | os.PathLike[str]) -> list[str]:
    """The command that runs ``code``; ``args`` are its ``sys.argv[1:]``."""
    return [sys.executable, "-I", "-S", "-c", textwrap.dedent(code), *(os.fspath(arg) for arg in args)]


def shell(script: str, *args: str | os.PathLike[str]) -> list[str]:
    """The command that runs a shell script; ``args`` are ``$1`` and on.  It ends at the first failure."""
    return ["/bin/sh", "-euc", script, "sh", *(os.fspath(arg) for arg in args)]


def private(script: str, *args: str | os.PathLike[str]) -> list[str]:
    """The same in a mount namespace of its own, so that it may mount what it likes over the machine's files."""
    return [*PRIVATE, *shell(script, *args)]


def _hierarchies() -> list[tuple[str, Path]]:
    """Type and root of each control group hierarchy: ``cgroup`` for version 1, ``cgroup2`` for version 2."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [(mount[2], Path(mount[1])) for mount in mounts if mount[2] in ("cgroup", "cgroup2")]


@contextmanager
def container_cgroup() -> Iterator[Path]:
    """A control group named as container engines name theirs; removed at the end."""
    root = next(root for kind, root in _hierarchies() if kind == "cgroup2")
    parent = root / f"tiercel-test-{os.getpid()}"
    group = parent / (uuid.uuid4().hex + uuid.uuid4().hex)
    group.mkdir(parents=True)
    try:
        yield group
    finally:
        group.rmdir()
        parent.rmdir()


def on_host(argv: Sequence[str], group: Path | None = None) -> list[str]:
    """The command that leaves whatever container these tests run in, or enters ``group``, and then becomes ``argv``.

    Tests may themselves run in a control group that looks like a container's.
    """
    groups = [group if group and kind == "cgroup2" else root for kind, root in _hierarchies()]
    enter = " ".join(f"{folder}/cgroup.procs" for folder in groups)
    return ["/bin/sh", "-euc", 'for procs in $0; do echo 0 > "$procs"; done; exec "$@"', enter, *argv]


@functools.cache
def packaged() -> tiercel.Ruleset:
    """The packaged rules, also the ones that are off by default."""
    return tiercel.Ruleset.packaged().enable(rule="*")


def watch_packaged(argv: Sequence[str | os.PathLike[str]]) -> Outcome:
    """Run a command under all packaged rules, each of which may raise alerts."""
    return watch(packaged(), argv, rule_matching="all")
