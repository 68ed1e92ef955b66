# SPDX-License-Identifier: Apache-2.0
"""Counters at the end."""

from __future__ import annotations

from tiercel.cli.falco.summary import rates, summary
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats

RULE = "- {{rule: {name}, desc: d, condition: evt.type = open, output: o, priority: {priority}}}\n"


def test_summary_in_falcos_form() -> None:
    """Priorities by urgency with INFO for Informational, rules in the order of their definition."""
    rows = (("B", "INFO"), ("A", "CRITICAL"), ("C", "informational"), ("never", "DEBUG"))
    rules = Ruleset.loads("".join(RULE.format(name=name, priority=priority) for name, priority in rows)).rules
    assert summary(rules, Stats(matches={"A": 2, "B": 3, "C": 1})) == (
        "Events detected: 6\n"
        "Rule counts by severity:\n"
        "   CRITICAL: 2\n"
        "   INFO: 4\n"
        "Triggered rules by rule name:\n"
        "   B: 3\n"
        "   A: 2\n"
        "   C: 1\n"
    )


def test_rates() -> None:
    stats = Stats(events=10, filtered={"open": 5}, drops={"open": 2})
    assert rates(stats, 2.0, live=True) == (
        "Driver Events:15\nDriver Drops:2\n(syscall) Elapsed time: 2.000, Captured Events: 10, 5.00 eps\n"
    )
    assert rates(stats, 0.0, live=False) == "Elapsed time: 0.000, Captured Events: 10, 0.00 eps\n"
