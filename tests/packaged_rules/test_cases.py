# SPDX-License-Identifier: Apache-2.0
"""The tests of the packaged rules beside this file leave no rule out.  They run by themselves: pytest collects them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.live import REPOSITORY
from support.watch import packaged

from tiercel.lang.diagnostics import Report
from tiercel.testing.model import Suite
from tiercel.testing.reading import read_suite

RULES = REPOSITORY / "rules"
TOPICS = sorted(str(path.relative_to(RULES)) for path in RULES.glob("*/*.yaml") if "- rule:" in path.read_text())


def cases_of(topic: str) -> Path:
    """Return the file of tests of a file of rules: the set ``base`` has no folder of its own."""
    return Path(__file__).parent / topic.removeprefix("base/")


def suite(topic: str) -> Suite:
    report = Report()
    found = read_suite(cases_of(topic), report)
    assert found is not None, list(map(str, report))
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_has_events_that_match_and_events_that_do_not(topic: str) -> None:
    cases = suite(topic).cases
    assert any(case.expected for case in cases)
    assert any(case.expected == () for case in cases)


def test_each_rule_is_expected_somewhere() -> None:
    cases = [case for topic in TOPICS for case in suite(topic).cases]
    assert {entry.rule.text for case in cases for entry in case.expected or ()} == {
        rule.name for rule in packaged().rules
    }


def test_they_are_collected(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.has_plugin("tiercel")
    patterns = request.config.getini("tiercel_tests")
    assert all(any(cases_of(topic).match(pattern) for pattern in patterns) for topic in TOPICS)
