# SPDX-License-Identifier: Apache-2.0
"""Dict with a size limit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["BoundedDict"]

_Kept = TypeVar("_Kept")


class BoundedDict(OrderedDict[str, _Kept], Generic[_Kept]):
    """Dict with a size limit; evicts the oldest entry."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: str, value: _Kept) -> None:
        """Set an entry as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
