# SPDX-License-Identifier: Apache-2.0
"""Events ``container`` of the running system: one for each container that an engine has told of.

Only imported where a rule asks for them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tiercel.containers.falco_event import info_of, render

__all__ = ["teller"]


def teller(tell: Callable[[str, bytes], object]) -> Callable[[str, Mapping[str, Any]], None]:
    """Return what tells of a container that is given as to a process table.

    Args:
        tell: takes the id and the payload of the event; a method, whose object is not kept alive.
    """
    kept = weakref.WeakMethod(tell)

    def hears(container: str, values: Mapping[str, Any]) -> None:
        there = kept()
        if there is not None:
            there(container, render(info_of(container, values), container) + b"\0")

    return hears
