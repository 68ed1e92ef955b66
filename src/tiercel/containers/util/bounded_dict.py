# SPDX-License-Identifier: Apache-2.0
"""A map that does not grow for ever."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["BoundedDict"]

_Kept = TypeVar("_Kept")


class BoundedDict(OrderedDict[str, _Kept], Generic[_Kept]):
    """A map with a most number of members; the oldest gives way."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: str, value: _Kept) -> None:
        """Set a member, as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
