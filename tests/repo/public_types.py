# SPDX-License-Identifier: Apache-2.0
"""Types of the public API, checked by mypy in `make lint`. This module never runs; every line is a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_type

import tiercel


def load() -> tiercel.Ruleset:
    try:
        return tiercel.Ruleset.load("falco_rules.yaml", "local.d/")
    except tiercel.RulesError as error:
        assert_type(error.diagnostics, tuple[tiercel.Diagnostic, ...])
        assert_type(error.diagnostics[0].line, int)
        assert_type(error.hint, str | None)
        raise


def configured() -> tiercel.Ruleset:
    entry = tiercel.AppendOutput("by %user.name", {"proc.pid": None, "note": "%proc.name"}, tags=frozenset({"host"}))
    rules = tiercel.Ruleset.load("falco_rules.yaml", append_output=[entry], static_fields={"env": "prod"})
    assert_type(rules.matching(rule="Write*"), tuple[tiercel.Rule, ...])
    return rules.disable(rule="*").enable(tag="host").at_least(tiercel.Priority.WARNING)


def from_a_file() -> tiercel.Sensor:
    config = tiercel.Config.load("falco.yaml", ["priority=error"])
    assert_type(config, tiercel.Config)
    assert_type(config.ruleset(), tiercel.Ruleset)
    assert_type(config.files, tuple[str, ...])
    assert_type(config.ignored[0].advice, str)
    return config.sensor(scope=tiercel.Scope.containers(), on_alert=print)


def look_at(rules: tiercel.Ruleset) -> None:
    assert_type(rules.rules, tuple[tiercel.Rule, ...])
    assert_type(rules.warnings, tuple[tiercel.Diagnostic, ...])
    assert_type(tiercel.Engine(rules).evaluate({"evt.type": "execve"}), list[tiercel.Alert])


def read(alert: tiercel.Alert) -> None:
    assert_type(alert.rule, str)
    assert_type(alert.priority, tiercel.Priority)
    assert_type(alert.priority < tiercel.Priority.WARNING, bool)
    assert_type(alert.tags, tuple[str, ...])
    assert_type(alert.time_ns, int)
    assert_type(alert.output, str)
    assert_type(alert.fields, Mapping[str, Any])
    assert_type(alert.event.params, Mapping[str, Any])
    assert_type(alert.to_json(), str)
    assert_type(alert.render("ocsf"), str)
    assert_type(alert.to_dict(), dict[str, Any])


def iterate(rules: tiercel.Ruleset, pid: int) -> None:
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(pid)) as sensor:
        assert_type(sensor, tiercel.Sensor)
        for alert in sensor:
            assert_type(alert, tiercel.Alert)
        for batch in sensor.batches(max=1024, timeout=0.05):
            assert_type(batch, list[tiercel.Alert])
        assert_type(sensor.fileno(), int)
        assert_type(sensor.stats(), tiercel.Stats)
        sensor.swap_rules(rules)


async def iterate_later(rules: tiercel.Ruleset) -> None:
    async with tiercel.Sensor(rules) as sensor:
        async for alert in sensor:
            assert_type(alert, tiercel.Alert)


def call_back(rules: tiercel.Ruleset) -> None:
    def note(alert: tiercel.Alert) -> None:
        print(alert.output)

    tiercel.Sensor(rules, on_alert=note).run(duration=60)
    tiercel.Sensor(rules, on_alert="print")  # type: ignore[arg-type]
    tiercel.Sensor("rules.yaml")  # type: ignore[arg-type]


def explain(error: tiercel.TiercelError) -> None:
    assert_type(error.code, str)
    if isinstance(error, tiercel.KernelError):
        assert_type(error.errno, int | None)
        assert_type(error.log, str)


def record(sensor: tiercel.Sensor) -> None:
    with sensor.record("out.scap", condition="evt.type = openat", max_bytes=1 << 20, rotate=3) as recording:
        assert_type(recording, tiercel.Recording)
        assert_type(recording.running, bool)
    assert_type(recording.stop(), tiercel.RecordingStats)
    assert_type(recording.stats().lost, int)
    tiercel.Sensor(tiercel.Ruleset.packaged(), captures=tiercel.CaptureSettings(before=2.5, mode="all_rules"))
