# SPDX-License-Identifier: Apache-2.0
"""Log of the commands that print alerts: lines on standard error and in syslog, from a level on, as Falco's."""

from __future__ import annotations

import sys
import syslog
from typing import Final

from tiercel.config.operation_settings import LogSettings
from tiercel.escaping import visible
from tiercel.rules import Priority

__all__ = ["announce", "log", "use_log"]

_IDENT: Final = "tiercel"


class _Log:
    """Destinations of the lines; this module has the only one, as the process has one standard error."""

    def __init__(self) -> None:
        self.settings = LogSettings()

    def announce(self, text: str) -> None:
        print(f"{_IDENT}: {visible(text)}", file=sys.stderr, flush=True)
        self.write(Priority.INFORMATIONAL, text, is_printed=True)

    def write(self, priority: Priority, text: str, *, is_printed: bool = False) -> None:
        settings = self.settings
        level = Priority.parse(settings.level)
        if level is not None and priority > level:
            return
        line = visible(text)
        if settings.stderr and not is_printed:
            print(f"{_IDENT}: {line}", file=sys.stderr, flush=True)
        if settings.syslog:
            syslog.openlog(_IDENT, syslog.LOG_PID, syslog.LOG_USER)
            syslog.syslog(int(priority), line)  # the same numbers


_LOG: Final = _Log()


def use_log(settings: LogSettings) -> None:
    """Write the lines from now on as the settings describe."""
    _LOG.settings = settings


def announce(text: str) -> None:
    """Write the line that the run has begun; programs wait for it on standard error, whatever the settings."""
    _LOG.announce(text)


def log(priority: Priority, text: str) -> None:
    """Write a line, unless it is less urgent than the level."""
    _LOG.write(priority, text)
