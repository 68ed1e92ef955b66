# SPDX-License-Identifier: Apache-2.0
"""Rules for the live parts, and the loss counters of a sensor."""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "KEEPS_EVERY_OPEN",
    "NO_FILE_EVENTS",
    "NO_RULE",
    "STARTED",
    "events",
    "lost",
    "marked",
    "marker_rule",
    "start_rule",
]

# A set without any rule is refused; one with a disabled rule watches no event type.
NO_RULE: Final = """\
- rule: bench disabled
  desc: a rule that is not loaded
  condition: evt.type = execve
  output: "%proc.cmdline"
  priority: NOTICE
  enabled: false
"""

# No rule needs events of files, so the probe ends after one lookup.
NO_FILE_EVENTS: Final = """\
- rule: bench program
  desc: a program that nobody starts
  condition: evt.type in (execve, execveat) and evt.failed = false and proc.name = tiercel-bench-nothing
  output: "%proc.cmdline"
  priority: NOTICE
- rule: bench connection
  desc: a port that nobody connects to
  condition: evt.type = connect and fd.sport = 1 and fd.sip = 192.0.2.1
  output: "%fd.name"
  priority: NOTICE
"""

# Only the process table decides that it does not match, so the kernel has to report every open.
KEEPS_EVERY_OPEN: Final = """\
- rule: bench open
  desc: an open by a command line that nobody has
  condition: evt.type in (open, openat, openat2) and proc.cmdline contains "tiercel-bench-nothing"
  output: "%fd.name"
  priority: NOTICE
"""

STARTED: Final = "bench start"
_MARKED: Final = "bench marker"


def marker_rule(path: str) -> str:
    """Return a rule that alerts when one file is opened."""
    return f"""\
- rule: {_MARKED}
  desc: the file of the bench was opened
  condition: evt.type in (open, openat, openat2) and fd.name = {path}
  output: "%proc.pid opened %fd.name"
  priority: NOTICE
"""


def start_rule(path: str) -> str:
    """Return a rule that alerts when one program is started."""
    return f"""\
- rule: {STARTED}
  desc: the program of the bench was started
  condition: evt.type in (execve, execveat) and evt.failed = false and proc.exepath = {path}
  output: "%proc.pid is %proc.exepath"
  priority: NOTICE
"""


def marked(answer: dict[str, Any]) -> int:
    """Return how many alerts of the marker's rule an agent took."""
    return int(answer["alerts"].get(_MARKED, 0))


def events(answer: dict[str, Any]) -> int:
    """Return how many events were evaluated, or lost in the kernel."""
    return int(answer["events"]) + int(sum(answer["drops"].values()))


def lost(answer: dict[str, Any]) -> int:
    """Return how many events and alerts were lost on the way."""
    return int(sum(answer["drops"].values())) + int(answer["malformed"]) + int(answer["lost_alerts"])
