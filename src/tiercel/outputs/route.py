# SPDX-License-Identifier: Apache-2.0
"""Settings of the delivery to one output."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Final

from tiercel.frozen import frozen, replace
from tiercel.outputs.base import Output

__all__ = ["CAPACITY", "Route", "SpoolPlace", "numbered", "spool_folder"]

CAPACITY: Final = 16384


@frozen
class SpoolPlace:
    """Place and size of a spool.

    Attributes:
        folder: folder of the file, which has the name of the output.
        limit: size of the file, bytes.
        local: local outputs (streams and files) are spooled, too.
    """

    folder: str
    limit: int
    local: bool = False


@frozen
class Route:
    """One output with the settings of its delivery.

    Attributes:
        name: name in reports and counters.
        make: opens the output; routes with equal functions and arguments have the same output.
        capacity: alerts that may wait in memory.
        timeout: seconds after which a delivery is reported as slow.
        spool: place of alerts that wait on disk; None: they wait in memory only.
    """

    name: str
    make: partial[Any]
    capacity: int = CAPACITY
    timeout: float = 2.0
    spool: SpoolPlace | None = None

    @classmethod
    def of(cls, output: Output, name: str = "", *, capacity: int = CAPACITY, timeout: float = 2.0) -> Route:
        """Return the route of an output that is open; its class is its name by default."""
        name = name or str(getattr(output, "name", "") or type(output).__name__.removesuffix("Output").lower())
        return cls(name or "output", partial(_itself, output), capacity=capacity, timeout=timeout)

    def is_same(self, other: Route) -> bool:
        """Return whether both have the same output and the same kind of queue, so that these can stay as they are."""
        mine, others = self.make, other.make
        equal = mine.func == others.func and mine.args == others.args and mine.keywords == others.keywords
        return equal and self._spooled() == other._spooled()

    def _spooled(self) -> tuple[str, bool] | None:
        return (self.spool.folder, self.spool.local) if self.spool is not None else None


def spool_folder() -> str:
    """Return ``/var/lib/tiercel/spool`` for root, else ``tiercel/spool`` in ``$XDG_STATE_HOME``."""
    if os.geteuid() == 0:
        return "/var/lib/tiercel/spool"
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path.home() / ".local/state"  # noqa: PTH117
    return str(base / "tiercel" / "spool")


def numbered(routes: list[Route]) -> list[Route]:
    """Return the routes with unique names: ``http``, ``http-2``."""
    found: dict[str, Route] = {}
    for route in routes:
        name, number = route.name, 1
        while name in found:
            number += 1
            name = f"{route.name}-{number}"
        found[name] = route if name == route.name else replace(route, name=name)
    return list(found.values())


def _itself(output: Output) -> Output:
    return output
