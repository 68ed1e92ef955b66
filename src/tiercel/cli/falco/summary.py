# SPDX-License-Identifier: Apache-2.0
"""Counters that Falco prints at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tiercel.engine.stats import Stats
from tiercel.rules import Priority, Rule

__all__ = ["rates", "summary"]


def summary(rules: Iterable[Rule], stats: Stats) -> str:
    """Return the numbers of alerts: all, by priority, and by rule in matching order."""
    by_priority: Counter[Priority] = Counter()
    lines: list[str] = []
    for rule in rules:
        if number := stats.matches.get(rule.name, 0):
            by_priority[rule.priority] += number
            lines.append(f"   {rule.name}: {number}\n")
    severities = [f"   {_severity(priority)}: {number}\n" for priority, number in sorted(by_priority.items())]
    return (
        f"Events detected: {sum(by_priority.values())}\n"
        f"Rule counts by severity:\n{''.join(severities)}"
        f"Triggered rules by rule name:\n{''.join(lines)}"
    )


def _severity(priority: Priority) -> str:
    """Return a priority as Falco prints it here: ``INFO`` for Informational."""
    return "INFO" if priority is Priority.INFORMATIONAL else priority.name


def rates(stats: Stats, seconds: float, *, live: bool) -> str:
    """Return the numbers of events and drops, as ``-v`` prints them."""
    driver = (
        f"Driver Events:{stats.events + sum(stats.filtered.values())}\nDriver Drops:{stats.dropped}\n" if live else ""
    )
    source = "(syscall) " if live else ""
    rate = stats.events / seconds if seconds > 0 else 0.0
    return f"{driver}{source}Elapsed time: {seconds:.3f}, Captured Events: {stats.events}, {rate:.2f} eps\n"
