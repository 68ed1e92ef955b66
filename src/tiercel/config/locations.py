# SPDX-License-Identifier: Apache-2.0
"""Usual places of the configuration file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

__all__ = ["SEARCHED", "default_file"]

SEARCHED: Final = ("/etc/tiercel/tiercel.yaml", "/etc/falco/falco.yaml")


def default_file(places: Iterable[str] = SEARCHED) -> str | None:
    """Return the first place with a file, readable or not; None without one."""
    return next((place for place in places if os.path.lexists(place)), None)
