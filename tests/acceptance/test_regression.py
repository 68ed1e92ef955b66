# SPDX-License-Identifier: Apache-2.0
"""Falco's own regression tests, those whose captures there are: as many alerts of each rule and priority."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.cli import Done, tiercel
from support.live import SHARED

pytestmark = pytest.mark.shared

VECTORS = SHARED / "spec/vectors"
CAPTURES = SHARED / "spec/captures/falco"
ENTERED = {
    "TestFalco_Legacy_DetectSkipUnknownNoevt": {8: 4},
    "TestFalco_Legacy_MultipleRulesSuppressInfo": {8: 4},
    "TestFalco_Legacy_CatchallOrder": {6: 3},
    "TestFalco_Legacy_EnabledRuleUsingFalseEnabledFlagOnly": {8: 4},
}
"""Tests of Falco 0.42, which counted when open was called, too: today's Falco shows rules its return only."""
NOT_OURS = {
    "TestFalco_Legacy_BuiltinRulesNoWarnings": "its rule file is not among the cases",
    "TestFalco_Legacy_RuleNamesWithRegexChars": "its rule file is not among the cases",
}
"""Tests that are left out, with the reason."""
NOT_OURS_BY_WORD = {
    "Drops": "losses are always reported; there is no `syscall_event_drops`, nor simulated losses",
    "ProgramOutput": "alerts to the standard input of a program are no output of this version",
}


def load(name: str) -> Any:
    path = VECTORS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def cases() -> list[Any]:
    """The tests of which each run replays a capture that is there."""
    files = {name: entry.get("file", "") for name, entry in load("regression").get("captures", {}).items()}
    found = []
    for test in load("regression").get("tests", ()):
        options = [option for run in test["runs"] for option in run]
        captures = [option["CaptureFile"][0] for option in options if "CaptureFile" in option]
        is_ours = test["name"] not in NOT_OURS and not any(word in test["name"] for word in NOT_OURS_BY_WORD)
        if is_ours and captures and all((CAPTURES / files.get(name, "-")).is_file() for name in captures):
            found.append(pytest.param(test, id=test["name"].removeprefix("TestFalco_")))
    return found


def arguments(options: list[dict[str, list[str]]], folder: Path) -> list[str]:
    """Arguments of tiercel for one run."""
    made = ["run"]
    for option in options:
        for name, values in option.items():
            first = ["-o", "rules[].disable.rule=*"] if name == "EnabledTags" else []
            made += [*first, *(part for value in values or [""] for part in OPTIONS[name](value, folder))]
    return made


def rules_file(name: str, folder: Path) -> list[str]:
    path = folder / f"{name}.yaml"
    path.write_text(load("regression_rules")["rules"][name]["content"])
    return ["-r", str(path)]


def config_file(name: str, folder: Path) -> list[str]:
    path = folder / f"{name}.config.yaml"
    path.write_text(load("regression_rules")["configs"][name]["content"])
    return ["-c", str(path)]


def capture(name: str, folder: Path) -> list[str]:
    path = CAPTURES / load("regression")["captures"][name]["file"]
    return ["-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={path}"]


OPTIONS: dict[str, Callable[[str, Path], list[str]]] = {
    "Rules": rules_file,
    "Config": config_file,
    "CaptureFile": capture,
    "EnabledTags": lambda tag, _: ["-o", f"rules[].enable.tag={tag}"],
    "DisabledTags": lambda tag, _: ["-o", f"rules[].disable.tag={tag}"],
    "DisabledRules": lambda rule, _: ["-o", f"rules[].disable.rule={rule}"],
    "MinRulePriority": lambda priority, _: ["-o", f"priority={priority}"],
    "OutputJSON": lambda _value, _: ["-o", "json_output=true"],
    "AllEvents": lambda _value, _: ["-o", "base_syscalls.all=true"],
    "Args": lambda arg, folder: [re.sub(r'^"(\w+\.filename=)"\+outFilePath$', rf"\g<1>{folder}/out", arg)],
    "EnvVars": lambda _value, _: [],
}
"""Options of Falco's test runner as tiercel's."""


def counts(done: Done) -> tuple[Counter[str], Counter[str]]:
    """Alerts by rule (known of JSON only) and by priority."""
    rules: Counter[str] = Counter()
    priorities: Counter[str] = Counter()
    for line in done.out.splitlines():
        if line.startswith("{"):
            alert = json.loads(line)
            rules[alert["rule"]] += 1
            priorities[alert["priority"].upper()] += 1
        elif found := re.match(r"\S+: (\w+) ", line):
            priorities[found[1].upper()] += 1
    return rules, priorities


def check(claim: dict[str, Any], done: Done) -> str | None:
    """Return what is wrong with a run, or None."""
    rules, priorities = counts(done)
    match claim["what"]:
        case "detections":
            priority = claim.get("priority", "").replace("INFORMATIONAL", "INFO")
            seen = rules[claim["rule"]] if "rule" in claim else sum(priorities.values())
            if priority:
                seen = sum(number for name, number in priorities.items() if name.startswith(priority))
            wanted = {"NotZero": seen > 0, "Zero": seen == 0, "Equal": seen == claim.get("value")}[claim["op"]]
            return None if wanted else f"{claim}: {seen}"
        case "exit_code":
            return None if bool(done.status) is bool(claim["value"]) else f"{claim}: {done.status}"
        case "run_error":
            return None if claim["op"] in ("Nil", "NoError") or done.status else f"{claim}: {done.status}"
        case "stdout" if claim["op"] in ("Regexp", "NotRegexp"):
            is_there = re.search(claim["value"], done.out) is not None
            return None if is_there is (claim["op"] == "Regexp") else f"{claim}: {done.out[:500]}"
        case _:
            return None  # about the wording of messages, or written in Go


@pytest.mark.parametrize("test", cases())
def test_alerts_are_as_many(test: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    done = Done(0, "", "")
    for options in test["runs"]:
        made = arguments(options, tmp_path)
        done = tiercel(*made)
    fewer = ENTERED.get(test["name"], {})
    claims = (
        claim | {"value": fewer.get(claim["value"], claim["value"])} if claim["op"] == "Equal" and fewer else claim
        for claim in test["asserts"]
    )
    wrong = [text for claim in claims if (text := check(claim, done)) is not None]
    assert wrong == [], done
