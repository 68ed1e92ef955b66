# SPDX-License-Identifier: Apache-2.0
"""Memory of `tiercel run`, with few and with many processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from tiercel.bench.command import RunCommand
from tiercel.bench.installation import Installation
from tiercel.bench.load import Worker
from tiercel.bench.results import Figure
from tiercel.bench.session import Session

__all__ = ["measure"]

_SETTLE: Final = 1.5  # seconds after the start, for the release of memory that only the start needs


def measure(session: Session) -> Iterator[Figure]:
    """Measure with the user's rules, or as many as published files have."""
    name, rules = session.ordinary_rules()
    many = session.options.processes
    with Worker(session.load_cpu) as worker:
        for count in (0, many):
            session.progress(f"{count:,} processes")
            if count:
                worker.children(count)
            case = f"{name}, {count:,} processes" if count else name
            for installation in session.installations:
                yield from _case(session, installation, case, rules, worker.pid)


def _case(session: Session, installation: Installation, case: str, rules: list[str], tree: int) -> Iterator[Figure]:
    with RunCommand(installation, rules, tree, session.sensor_cpus) as command:
        command.watching()
        time.sleep(_SETTLE)
        for measure, size in command.memory().items():
            yield Figure("memory", case, measure, "MB", (size / 1e6,), installation=installation.label)
