# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of operation: reports of the sensor about itself."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key("internal_alerts", "internal_alerts", read.boolean, "notices of the sensor also as alerts, source `internal`"),
    Key("watch_config_files", "watch_config_files", read.boolean, "reload when files of rules or settings change"),
)
