# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of rules: files, selections, matching."""

from __future__ import annotations

from typing import Final, get_args

from tiercel.compiler import PathMatching
from tiercel.config import values as read
from tiercel.config.key import Key

__all__ = ["KEYS"]

_PRIORITIES: Final = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "info",
    "debug",
)

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "path_matching",
        "path_matching",
        read.one_of(*get_args(PathMatching)),
        "which truth of a path rules see",
    ),
    Key(
        "rule_matching",
        "rule_matching",
        read.one_of("first", "all"),
        "alert for the first rule that matches, or for all",
    ),
    Key("priority", "priority", read.one_of(*_PRIORITIES), "the least urgent priority of rules that are loaded"),
    Key(
        "rules_files",
        "rules_files",
        read.paths,
        "rule files and folders, for lack of -r; entries that do not exist are skipped",
        falco="without any file it ends; here the packaged rules are used",
    ),
    Key("rules", "rules", read.selections, "rules to enable and disable, by name or tag, in order"),
    Key(
        "static_fields",
        "static_fields",
        read.static_fields,
        "texts that rules can use as fields: `env` is static.env",
    ),
)
