# SPDX-License-Identifier: Apache-2.0
"""Wrong arguments are refused where they are given, and what programs pass on can be passed on."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from support.scapfile import call, section

import tiercel
from tiercel import CaptureSettings, Engine, Ruleset, Sensor, TiercelError, UsageError, open_capture, replay

RULES = Ruleset.loads("""
- rule: Shadow read
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: "%evt.buffer %proc.name"
  priority: WARNING
  tags: [files]
""")
USES: dict[str, Callable[..., object]] = {
    "sensor": Sensor,
    "engine": Engine,
    "replay": lambda rules, **options: replay("/none.scap", rules, **options),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("rules", "hint"),
    [
        ("rules.yaml", "Ruleset.load('rules.yaml')"),
        (Path("a/b.yaml"), "Ruleset.load('a/b.yaml')"),
        (None, "Ruleset.load()"),
        ([], "Ruleset.load()"),
    ],
)
def test_what_is_no_rule_set_is_refused(use: str, rules: Any, hint: str) -> None:
    with pytest.raises(UsageError, match="rules is a Ruleset, not") as caught:
        USES[use](rules)
    assert caught.value.code == "E607"
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("given", [3, None, b"[]", Path("a.yaml"), ["[]"]])
def test_what_is_no_text_of_rules_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="the text of a rule file is a str, not") as caught:
        Ruleset.loads(given)
    assert caught.value.code == "E607"
    assert bool(caught.value.hint) is isinstance(given, Path)


@pytest.mark.parametrize("given", [3, None, b"a.yaml", ["a.yaml"]])
def test_what_is_no_path_of_rules_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="a rule file is a path, not") as caught:
        Ruleset.load(given)
    assert caught.value.code == "E607"


def test_other_rules_must_be_a_rule_set() -> None:
    rules: Any = "rules.yaml"
    with pytest.raises(UsageError, match="rules is a Ruleset"):
        Sensor(RULES).swap_rules(rules)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("value", ["resolve", None, ["both"], ""])
def test_wrong_words_are_refused(use: str, value: Any) -> None:
    with pytest.raises(UsageError, match="path_matching is both or requested or resolved, not"):
        USES[use](RULES, path_matching=value)
    with pytest.raises(UsageError, match="rule_matching is first or all, not"):
        USES[use](RULES, rule_matching=value)


def test_wrong_words_are_refused_elsewhere() -> None:
    wrong: Any = "drop"
    with pytest.raises(UsageError, match="overflow is drop_oldest or drop_newest or block, not 'drop'"):
        Sensor(RULES, overflow=wrong)
    with pytest.raises(UsageError, match="path_matching"):
        RULES.compile(wrong)
    with pytest.raises(UsageError, match="mode is"):
        CaptureSettings(mode=wrong)
    for option in ("queue_capacity", "ring_bytes"):
        with pytest.raises(UsageError, match=option):
            Sensor(RULES, **{option: 0})


@pytest.mark.parametrize("switch", [Ruleset.enable, Ruleset.disable])
def test_names_that_no_rule_has_are_refused(switch: Callable[..., Ruleset]) -> None:
    with pytest.raises(UsageError, match="no rule is called 'Shadow raed'") as caught:
        switch(RULES, rule="Shadow raed")
    assert caught.value.hint == "did you mean `Shadow read`?"
    with pytest.raises(UsageError, match="no rule has the tag 'fiels'") as caught:
        switch(RULES, tag="fiels")
    assert caught.value.hint == "did you mean `files`?"
    assert len(switch(RULES, rule="Shadow*").rules) == len(switch(RULES, rule="None*").rules) == 1
    assert len(switch(RULES, rule="other", tag="files").rules) == 1


def test_the_alerts_of_an_engine_can_be_passed_on() -> None:
    event = {"evt.type": "openat", "fd.name": "/etc/shadow", "evt.buffer": b"\xffa", "evt.arg.flags": "O_RDONLY"}
    (alert,) = Engine(RULES).evaluate(event)
    again = pickle.loads(pickle.dumps(alert))
    assert again.to_json() == alert.to_json()
    assert again.event.params == {"flags": "O_RDONLY"}
    assert json.loads(json.dumps(alert.fields))["evt.buffer"] == "\udcffa"


def test_the_events_of_a_capture_can_be_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.scap"
    path.write_bytes(section() + call("close", 0, 3) + call("read", 4, b"\xffab", 3, 4))
    with open_capture(path) as capture:
        events = list(capture)
    assert events
    for event in events:
        again = pickle.loads(pickle.dumps(event))
        assert repr(again) == repr(event)
        assert (again.num, again.time_ns, again.tid) == (event.num, event.time_ns, event.tid)


def test_the_version_is_that_of_the_package() -> None:
    assert tiercel.__version__ == version("tiercel")
    assert "__version__" in dir(tiercel)


def test_all_of_these_errors_are_of_one_base() -> None:
    assert issubclass(UsageError, TiercelError)
