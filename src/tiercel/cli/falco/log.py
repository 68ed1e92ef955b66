# SPDX-License-Identifier: Apache-2.0
"""Log lines of ``tiercel falco`` on standard error, with Falco's time stamps."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from tiercel.escaping import visible, visible_lines
from tiercel.frozen import frozen

__all__ = ["Log", "say_error"]

_LEVELS: Final = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_OFF: Final = frozenset({"n", "no", "false", "off"})


@frozen
class Log:
    """Log with a level.

    Attributes:
        level: name of the least urgent level that is printed.
        stderr: lines are printed; an error that ends the program is printed nevertheless.
        iso: times are UTC in ISO 8601, and not local.
    """

    level: str = "info"
    stderr: bool = True
    iso: bool = False

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> Log:
        """Return the log that a configuration describes, by ``log_level``, ``log_stderr``, ``time_format_iso_8601``."""
        level = str(tree.get("log_level", "info")).lower()
        return cls(
            level=level if level in _LEVELS else "info",
            stderr=str(tree.get("log_stderr", "true")).lower() not in _OFF,
            iso=str(tree.get("time_format_iso_8601", "false")).lower() in {"y", "yes", "true", "on"},
        )

    def info(self, text: str) -> None:
        """Print a line of the level ``info``."""
        self._print("info", text)

    def warning(self, text: str) -> None:
        """Print a line of the level ``warning``."""
        self._print("warning", text)

    def _print(self, level: str, text: str) -> None:
        if self.stderr and _LEVELS.index(level) <= _LEVELS.index(self.level):
            now = time.time()
            stamp = (
                time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(now))
                if self.iso
                else time.strftime("%a %b %d %H:%M:%S %Y", time.localtime(now))
            )
            print(visible(f"{stamp}: {text}"), file=sys.stderr, flush=True)


def say_error(text: str) -> None:
    """Print an error that ends the program."""
    print(visible_lines(f"Error: {text}"), file=sys.stderr, flush=True)
