# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of responses."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key
from tiercel.config.response_settings import protected_processes, responses

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "responses",
        "responses.entries",
        responses,
        "actions by rules, tags or priority (live sensor): kill, stop, kill_cgroup, freeze, run, call, capture",
    ),
    Key(
        "protected_processes",
        "responses.protected",
        protected_processes,
        "untouched by responses: {names, paths, cgroups}; always process 1, kernel threads, the sensor, its ancestors",
    ),
    Key("responses_dry_run", "responses.dry_run", read.boolean, "responses only report what they would do"),
)
