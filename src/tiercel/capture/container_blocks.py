# SPDX-License-Identifier: Apache-2.0
"""Container events of a capture: one for each container with metadata, in the format of Falco's plugin."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from tiercel.capture.scap_blocks import container
from tiercel.containers.falco_event import info_of, render

__all__ = ["ContainerBlocks"]

_EVERY: Final = 0.2  # seconds between two checks for new metadata


class ContainerBlocks:
    """Container blocks of the files of a recording: one for each container, and another one after a change.

    Args:
        described: returns the ids and values of all containers with metadata.
    """

    def __init__(self, described: Callable[[], list[tuple[str, dict[str, Any]]]]) -> None:
        self._described = described
        self._written: dict[str, dict[str, Any]] = {}
        self._next = 0.0

    def first(self) -> bytes:
        """Return the blocks of all containers with metadata, which follow the tables of a file."""
        self._written = {}
        return self._blocks()

    def more(self, *, now: bool = False) -> bytes:
        """Return the blocks of new metadata; empty if the last check was recent, unless ``now``."""
        return self._blocks() if now or time.monotonic() >= self._next else b""

    def _blocks(self) -> bytes:
        self._next = time.monotonic() + _EVERY
        known = dict(self._described())
        fresh = [(name, values) for name, values in known.items() if self._written.get(name) != values]
        self._written = known
        time_ns = time.time_ns()
        return b"".join(container(render(info_of(name, values), name), time_ns) for name, values in fresh)
