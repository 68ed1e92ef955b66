# SPDX-License-Identifier: Apache-2.0
"""Reload of rules and settings into a sensor."""

from __future__ import annotations

import select
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tiercel import ConfigError, OutputError, Ruleset, Sensor, UsageError
from tiercel.config.config import Config
from tiercel.engine.rule_changes import RuleChanges
from tiercel.operation.reload import Loaded, Reloader, changed_keys, summary
from tiercel.outputs import FileOutput
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.route import Route
from tiercel.response.settings import ResponseSettings

RULE = "- rule: {}\n  desc: d\n  condition: evt.type = openat\n  output: x\n  priority: NOTICE\n"


class World:
    """Files, and a reloader of them for a sensor that does not run."""

    def __init__(self, folder: Path) -> None:
        self.rules = folder / "rules.yaml"
        self.rules.write_text(RULE.format("A"))
        self.options: list[str] = []
        self.lines: list[str] = []
        self.errors: list[BaseException] = []
        self.loaded: list[Loaded] = []
        self.stages: list[str] = []
        self.responses: list[ResponseSettings] = []
        first = self.load()
        self.sensor = Sensor(first.rules)
        self.delivery = Delivery([], print)
        self.reloader = Reloader(
            self.sensor,
            self.delivery,
            first,
            load=self.load,
            outputs=self.outputs,
            prepare=self.prepare,
            say=self.lines.append,
            report=self.errors.append,
            on_loaded=lambda before, now: self.loaded.append(now),
            observer=self,
        )

    def load(self) -> Loaded:
        return Loaded(Config.load(options=self.options), Ruleset.load(self.rules))

    def outputs(self, config: Config) -> list[Route]:
        return (
            [Route("file", partial(FileOutput, config.file_output.filename, format=config.format))]
            if config.file_output.filename
            else []
        )

    def prepare(self, config: Config) -> Callable[[], None]:
        if any(one.function for one in config.responses.entries):
            raise UsageError("E608", "no such function")
        return lambda: self.responses.append(config.responses)

    def reloading(self) -> None:
        self.stages.append("reloading")

    def ready(self) -> None:
        self.stages.append("ready")

    def reload(self) -> None:
        self.reloader.request()
        self.complete()

    def complete(self) -> None:
        assert select.select([self.reloader.fileno()], [], [], 30)[0]
        self.reloader.work()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_rules_that_changed(world: World) -> None:
    world.rules.write_text(RULE.format("A").replace("openat", "open") + RULE.format("B"))
    world.reload()
    assert world.lines == ["reloaded (2 rules: 1 added, 1 changed)", "rules added: B", "rules changed: A"]
    assert len(world.sensor._rules) == 2
    assert world.reloader.count == len(world.loaded) == 1
    assert world.stages == ["reloading", "ready"]


def test_nothing_changed(world: World) -> None:
    world.reload()
    assert world.lines == ["reloaded (1 rule; nothing changed)"]


@pytest.mark.parametrize("text", ["- rule: [", "", RULE.format("A").replace("openat", "opnat")])
def test_bad_rules_leave_all_as_it_was(world: World, text: str) -> None:
    world.options.append("json_output=true")
    world.rules.write_text(text)
    world.reload()
    assert str(world.rules) in str(world.errors[0])
    assert world.lines == []
    (notice,) = world.sensor._pending
    assert (notice.kind, notice.priority.label) == ("reload failed", "Critical")
    assert len(world.sensor._rules) == 1
    assert (world.reloader.count, world.loaded) == (0, [])
    assert world.stages == ["reloading", "ready"], "systemd waits for the end of a reload"
    world.rules.write_text(RULE.format("B"))
    world.options.clear()
    world.reload()
    assert world.lines[-3:] == ["reloaded (1 rule: 1 added, 1 removed)", "rules added: B", "rules removed: A"]


def test_outputs_are_replaced_if_their_settings_changed(world: World, tmp_path: Path) -> None:
    world.options += ["file_output.enabled=true", f"file_output.filename={tmp_path / 'alerts'}"]
    world.reload()
    (lane,) = world.delivery._lanes
    assert world.lines == ["reloaded (1 rule; settings: file_output.enabled, file_output.filename)"]
    world.options += ["priority=notice"]
    world.reload()
    world.options += ["json_include_tags_property=false", "output_timeout=77"]
    world.reload()
    assert world.delivery._lanes == (lane,)
    world.delivery.close()


def test_a_changed_format_opens_the_outputs_again(world: World, tmp_path: Path) -> None:
    world.options += [f"file_output.filename={tmp_path / 'alerts'}"]
    world.reload()
    before = world.delivery._lanes
    world.options.append("output_format=ocsf")
    world.reload()
    assert world.delivery._lanes is not before
    world.delivery.close()


def test_an_output_that_cannot_be_opened_changes_nothing(world: World, tmp_path: Path) -> None:
    before = world.delivery._lanes
    world.rules.write_text(RULE.format("B"))
    world.options += ["file_output.enabled=true", f"file_output.filename={tmp_path}/none/alerts"]
    world.reload()
    assert isinstance(world.errors[0], OutputError)
    assert world.delivery._lanes is before
    assert world.sensor._rules.rules[0].name == "A"


def test_responses_are_replaced(world: World) -> None:
    world.options += ["responses[]={action: kill, rules: ['*']}", "responses_dry_run=true"]
    world.reload()
    (settings,) = world.responses
    assert (len(settings.entries), settings.dry_run) == (1, True)
    assert world.lines == ["reloaded (1 rule; settings: responses, responses_dry_run)"]


def test_invalid_responses_or_rules_leave_both(world: World) -> None:
    world.options += ["responses[]={action: call, rules: ['*'], function: 'no_such:f'}"]
    world.rules.write_text(RULE.format("B"))
    world.reload()
    assert isinstance(world.errors[0], UsageError)
    world.options[-1] = "responses[]={action: kill, rules: ['*']}"
    world.rules.write_text(RULE.format("B").replace("openat", "opnat"))
    world.reload()
    assert world.responses == []
    assert world.sensor._rules.rules[0].name == "A"


def test_settings_of_the_start_are_named(world: World) -> None:
    world.options += ["engine.modern_ebpf.buf_size_preset=5", "json_include_tags_property=false"]
    world.reload()
    assert world.lines == [
        "reloaded (1 rule; settings: json_include_tags_property)",
        "settings that change with a restart only: engine.modern_ebpf.buf_size_preset",
    ]
    assert world.sensor._style.json_tags is False


def test_a_request_during_a_reload_is_not_lost(world: World) -> None:
    world.reloader.request()
    world.reloader.request()
    world.reloader.request()
    world.complete()
    world.complete()
    assert world.reloader.count == 2
    assert world.stages == ["reloading", "ready"] * 2


def test_a_fault_of_the_program_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.reloader, "_load", lambda: {}["fault"])
    with pytest.raises(KeyError):
        world.reload()


def test_an_end_during_a_reload(world: World) -> None:
    world.reloader.request()
    world.reloader.close()
    assert world.reloader.count == 0


def test_long_lists_are_cut() -> None:
    names = tuple(f"R{number}" for number in range(12))
    lines = summary(RuleChanges(added=names), (), 12)
    assert lines[0] == "reloaded (12 rules: 12 added)"
    assert lines[1].endswith("R8, R9 and 2 more")


def test_changed_keys_have_the_names_of_the_file() -> None:
    now = Config.load(options=["stdout_output.enabled=false", "container_engines.docker.enabled=false"])
    assert "stdout_output.enabled" in changed_keys(Config(), now)
    with pytest.raises(ConfigError):
        Config.load(options=["stdout_output.enabld=false"])
