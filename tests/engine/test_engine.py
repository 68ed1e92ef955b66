# SPDX-License-Identifier: Apache-2.0
"""Rules against events that are given as mappings."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from tiercel import Engine, EventError, Ruleset, Style

RULES = """
- rule: Shadow
  desc: d
  condition: evt.type in (open, openat) and fd.name = /etc/shadow
  output: "%proc.cmdline read %fd.name flags=%evt.arg.flags parent=%proc.aname[2] %5proc.name|"
  priority: WARNING
  tags: [z, a]
- rule: Any open
  desc: d
  condition: evt.type in (open, openat)
  output: "%evt.type"
  priority: INFO
"""
EVENT: dict[str, Any] = {
    "evt.type": "openat",
    "evt.rawtime": 1_795_507_624_347_806_549,
    "evt.arg.flags": "O_RDONLY",
    "fd.name": "/etc/shadow",
    "proc.cmdline": "cat /etc/shadow",
    "proc.name": "catalogue",
}


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return Ruleset.loads(RULES)


def test_an_alert(rules: Ruleset) -> None:
    (alert,) = Engine(rules).evaluate(EVENT)
    assert alert.rule == "Shadow"
    assert alert.tags == ("a", "z")
    assert alert.message == "cat /etc/shadow read /etc/shadow flags=O_RDONLY parent=<NA> catal|"
    assert alert.time_ns == EVENT["evt.rawtime"]
    assert dict(alert.fields) == {
        "evt.time": EVENT["evt.rawtime"],
        "proc.cmdline": "cat /etc/shadow",
        "fd.name": "/etc/shadow",
        "evt.arg.flags": "O_RDONLY",
        "proc.aname[2]": None,
        "proc.name": "catalogue",
        "evt.path_binding": "requested",
        "fd.name_requested": "/etc/shadow",
        "fd.name_resolved": "/etc/shadow",
    }
    assert alert.event.type == "openat"
    assert alert.event.params == {"flags": "O_RDONLY"}


def test_both_truths_of_a_path(rules: Ruleset) -> None:
    event = EVENT | {"fd.name": {"requested": "/tmp/link", "resolved": "/etc/shadow"}}
    (alert,) = Engine(rules).evaluate(event)
    assert alert.rule == "Shadow"
    assert alert.fields["evt.path_binding"] == "resolved"
    assert alert.fields["fd.name"] == "/etc/shadow"
    assert alert.fields["fd.name_requested"] == "/tmp/link"
    (as_falco,) = Engine(rules, path_matching="requested").evaluate(event)
    assert as_falco.rule == "Any open"


def test_the_first_or_all_rules(rules: Ruleset) -> None:
    assert [alert.rule for alert in Engine(rules, rule_matching="all").evaluate(EVENT)] == ["Shadow", "Any open"]


def test_no_match(rules: Ruleset) -> None:
    assert Engine(rules).evaluate({"evt.type": "execve"}) == []


def test_the_time_is_now_by_default(rules: Ruleset) -> None:
    before = time.time_ns()
    (alert,) = Engine(rules).evaluate({"evt.type": "open"})
    assert before <= alert.time_ns <= time.time_ns()


def test_iso_style(rules: Ruleset) -> None:
    (alert,) = Engine(rules, style=Style(iso_time=True)).evaluate(EVENT)
    assert alert.output.startswith("2026-11-24T08:07:04.347806549+0000: Warning cat")
    fields = alert.to_dict()["output_fields"]
    assert fields["evt.time.iso8601"] == EVENT["evt.rawtime"]
    assert "evt.time" not in fields


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({}, "E304"),
        ({"evt.type": "open", "proc.nmae": "x"}, "E302"),
        ({"evt.type": "open", "proc.name": 3.5}, "E303"),
        ({"evt.type": "nothing"}, "E303"),
    ],
)
def test_mistakes(rules: Ruleset, event: dict[str, Any], code: str) -> None:
    with pytest.raises(EventError) as caught:
        Engine(rules).evaluate(event)
    assert caught.value.code == code


def test_an_event_in_the_midst_of_another(rules: Ruleset) -> None:
    """A finalizer may evaluate an event while the alerts of another become objects; so may a second thread."""
    engine = Engine(rules)
    longer = {**EVENT, "proc.name": "n" * 30_000}
    met = []

    def collect(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            gc.callbacks.remove(collect)
            met.extend(engine.evaluate(longer))

    was, before = gc.isenabled(), gc.get_threshold()
    gc.freeze()  # the tests before this one leave a heap that takes a second to collect
    try:
        for allocations in range(2, 60):
            gc.collect()
            gc.callbacks.append(collect)
            gc.set_threshold(allocations)
            gc.enable()
            found = engine.evaluate(EVENT)
            gc.disable()
            if collect in gc.callbacks:
                gc.callbacks.remove(collect)
            assert [alert.fields["proc.cmdline"] for alert in found] == ["cat /etc/shadow"]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
        if was:
            gc.enable()
    assert met
