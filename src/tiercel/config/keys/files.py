# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of further configuration files."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.includes import CONFIG_FILES, STRATEGIES
from tiercel.config.key import Key
from tiercel.config.values import ConfigValue
from tiercel.frozen import replace

__all__ = ["KEYS"]

_strategy = read.one_of(*STRATEGIES)


def config_files(given: ConfigValue) -> tuple[str, ...]:
    """Return the paths of ``config_files``, which :mod:`tiercel.config.includes` reads; refuse malformed entries."""
    if isinstance(given.value, str):
        return () if given.value in ("", "~", "null") else (given.value,)
    entries = given.value if isinstance(given.value, list) else [given.value]
    return tuple(_path(given, number, entry) for number, entry in enumerate(entries))


def _path(given: ConfigValue, number: int, entry: object) -> str:
    if isinstance(entry, str) and entry:
        return entry
    parts = read.members(given, f"[{number}]", entry, ("path", "strategy"))
    if "path" not in parts:
        raise replace(given, name=f"{given.name}[{number}]", value=entry).wrong(
            "a path, as `path: /etc/falco/config.d`"
        )
    if "strategy" in parts:
        _strategy(parts["strategy"])
    return read.text(parts["path"])


KEYS: Final[tuple[Key, ...]] = (
    Key(
        CONFIG_FILES,
        "config_files",
        config_files,
        "more files, and folders of files, in order: paths, or {path, strategy: append, override or add-only}",
        falco="an unknown strategy is append; here it is an error",
    ),
)
