# SPDX-License-Identifier: Apache-2.0
"""Falco's own alerts: rules over events that are given with all the fields that Falco printed of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import recorded
from support.naive_rules import read_file

import tiercel
from tiercel.schema.names import EVENT_BY_NAME

pytestmark = pytest.mark.shared

# One rule for each operator, transformer and form, and upstream's stable rules.
RULES = {"ops-share": "ops-share.yaml", "base": "falco_rules.yaml"}
CAPTURES = ("fileops.calls", "net-tcp.rules", "exec-tricks.rules", "creds.rules")
EVENTS = {name for name, row in EVENT_BY_NAME.items() if not row.internal}


def has_field(name: str, event: dict[str, Any]) -> bool:
    """Return whether Falco's output contains a field: it is there, or is a param that this type of event lacks."""
    row = EVENT_BY_NAME.get(event["evt.type"])
    params = {param.name for param in row.params} if row else {name.removeprefix("evt.arg.")}
    return name in event or (name.startswith("evt.arg.") and name.removeprefix("evt.arg.") not in params)


@pytest.mark.parametrize("rule_set", RULES)
@pytest.mark.parametrize("capture", CAPTURES)
def test_alerts_are_those_of_falco(shared_dir: Path, capture: str, rule_set: str) -> None:
    path = shared_dir / "peer" / "rules" / RULES[rule_set]
    engine = tiercel.Engine(tiercel.Ruleset.load(path), rule_matching="all", path_matching="requested")
    fields = {rule: written.fields for rule, written in read_file(path.read_text()).items()}
    needed = frozenset().union(*fields.values())
    expected = recorded.alerts(shared_dir, capture, rule_set)
    wrong, compared, matched = [], 0, 0
    for time, event in recorded.events(shared_dir, capture).items():
        if event["evt.type"] not in EVENTS:
            continue
        given = {name: value for name, value in event.items() if name in needed}
        found = {alert.rule for alert in engine.evaluate({"evt.type": event["evt.type"], **given})}
        for rule, names in fields.items():
            if all(has_field(name, event) for name in names):
                compared, matched = compared + 1, matched + (rule in found)
                if (rule in found) != ((time, rule) in expected):
                    wrong.append(
                        f"event {event['evt.num']}: {rule} {'does not match' if rule in found else 'matches'} in Falco"
                    )
    assert not wrong, "\n".join(wrong)
    assert compared > 1_000
    assert matched > 0 or rule_set == "base"


def test_the_naive_evaluator_agrees_with_falco(shared_dir: Path) -> None:
    """The reference of other tests of compiled programs is right; here all types of events take part."""
    written = read_file((shared_dir / "peer" / "rules" / "ops-share.yaml").read_text())
    expected = recorded.alerts(shared_dir, "fileops.calls", "ops-share")
    wrong, compared = [], 0
    for time, event in recorded.events(shared_dir, "fileops.calls").items():
        for rule, one in written.items():
            if all(has_field(name, event) for name in one.fields):
                compared += 1
                if bool(one.matching(event)) != ((time, rule) in expected):
                    wrong.append(f"event {event['evt.num']}: {rule}")
    assert not wrong, "\n".join(wrong)
    assert compared > 40_000
