# SPDX-License-Identifier: Apache-2.0
"""Live ``container`` events: one for each container whose metadata arrives.

Only imported if a rule uses them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tiercel.containers.falco_event import info_of, render

__all__ = ["container_event_callback"]


def container_event_callback(add: Callable[[str, bytes], object]) -> Callable[[str, Mapping[str, Any]], None]:
    """Return a callback for a process table that makes a ``container`` event of a container's metadata.

    Args:
        add: takes the id and the payload of the event; a bound method. Only a weak reference to its object is kept.
    """
    method = weakref.WeakMethod(add)

    def on_container_known(container: str, values: Mapping[str, Any]) -> None:
        live = method()
        if live is not None:
            live(container, render(info_of(container, values), container) + b"\0")

    return on_container_known
