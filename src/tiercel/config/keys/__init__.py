# SPDX-License-Identifier: Apache-2.0
"""Table of the configuration keys, with one module for each area."""

from __future__ import annotations

from typing import Final

from tiercel.config.key import Key
from tiercel.config.keys import alerts, capture, containers, engine, files, operation, outputs, responses, rules

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    *files.KEYS,
    *rules.KEYS,
    *alerts.KEYS,
    *outputs.KEYS,
    *engine.KEYS,
    *operation.KEYS,
    *containers.KEYS,
    *capture.KEYS,
    *responses.KEYS,
)
