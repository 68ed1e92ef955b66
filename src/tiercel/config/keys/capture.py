# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of captures around alerts."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key("capture.enabled", "capture_enabled", read.boolean, "rules with `capture: true` write captures (live sensor)"),
    Key(
        "capture.path_prefix",
        "capture_path_prefix",
        read.text,
        "what names of captures begin with (a private folder)",
        falco="by default a name in the folder that all users share",
    ),
    Key(
        "capture.mode",
        "capture_mode",
        read.one_of("rules", "all_rules"),
        "rules with `capture: true` start captures, or all_rules",
    ),
    Key(
        "capture.default_duration",
        "capture_duration_ms",
        read.number_between(0, 86_400_000),
        "ms that a capture goes on after a match, if its rule has no capture_duration",
    ),
    Key(
        "capture.before_duration",
        "capture_before_ms",
        read.number_between(0, 3_600_000),
        "ms before the match that a capture holds, or more; 0: it begins with the match, as Falco's",
    ),
    Key(
        "capture.max_file_size_mb", "capture_max_mb", read.number_between(0, 1 << 20), "a capture ends there; 0: never"
    ),
    Key(
        "capture.buffer_mb",
        "capture_buffer_mb",
        read.number_between(1, 1 << 14),
        "memory for what happened before a match, and for what waits to be written",
    ),
)
