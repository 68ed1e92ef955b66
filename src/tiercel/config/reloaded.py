# SPDX-License-Identifier: Apache-2.0
"""Configuration keys whose changes a running sensor applies; all others need a restart."""

from __future__ import annotations

from typing import Final

from tiercel.config.keys import KEYS, alerts, outputs, responses, rules
from tiercel.config.keys.operation import LOG_KEYS

__all__ = ["OUTPUT_KEYS", "RELOADED", "reloaded_groups"]

# Keys of the tables below that a sensor takes at its start only.
_AT_START: Final = frozenset({"path_matching", "rule_matching", "outputs_queue.capacity", "outputs_queue.overflow"})

OUTPUT_KEYS: Final = frozenset(key.name for key in outputs.KEYS) - _AT_START | {"json_output", "output_format"}
"""Keys whose change replaces the outputs."""
RELOADED: Final = (
    frozenset(key.name for table in (rules.KEYS, alerts.KEYS, outputs.KEYS, responses.KEYS, LOG_KEYS) for key in table)
    - _AT_START
)
"""Keys that a reload applies."""


def reloaded_groups() -> list[str]:
    """Return the top-level keys, sorted, below which a reload applies every key."""
    pending = {_group(key.name) for key in KEYS if key.name not in RELOADED}
    return sorted({_group(name) for name in RELOADED} - pending)


def _group(name: str) -> str:
    return name.partition(".")[0]
