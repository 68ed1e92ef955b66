# SPDX-License-Identifier: Apache-2.0
"""Capture of a generated load, if the user names none: about 400,000 everyday events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tiercel.bench.load import Worker
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.sources.scope import Scope

__all__ = ["record"]

_SETTLE: Final = 30.0  # seconds for the records that are still in the rings


def record(path: Path, turns: int = 200) -> None:
    """Write a capture of ``turns`` turns of the load; each is some 2,000 events.

    Raises:
        KernelError: E4xx, the live sensor cannot run here.
    """
    with (
        Worker(min(os.sched_getaffinity(0))) as worker,
        Sensor(Ruleset.loads("[]"), scope=Scope.tree(worker.pid)) as sensor,
        sensor.record(path, buffer_bytes=256 << 20),
    ):
        worker.everyday(turns)
        sensor.flush(_SETTLE)
