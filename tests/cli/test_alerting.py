# SPDX-License-Identifier: Apache-2.0
"""Configuration of the commands that print alerts, and remarks on it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest
from support.alert_views import View

from tiercel.cli import alerting
from tiercel.cli.alerting import load_config, outputs, remark, say_losses
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.stats import Stats
from tiercel.frozen import replace
from tiercel.outputs import DeliveryError, Printable
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.route import Route, SpoolPlace

RULE = "- {rule: r, desc: d, condition: evt.type = openat, output: o, priority: INFO}\n"


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    alerting.configure(parser)
    return parser.parse_args(words)


def test_a_configuration_that_is_found_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("priority: error\n")
    monkeypatch.setattr(alerting, "default_file", lambda: str(path))
    assert load_config(parsed(), search=True).priority == "error"
    assert capsys.readouterr().err == f"tiercel: configuration: {path}\n"
    assert load_config(parsed()).priority == "debug"
    assert load_config(parsed("-c", "/dev/null"), search=True).priority == "debug"
    assert capsys.readouterr().err == ""


def formats(*words: str) -> dict[str, str]:
    """Return the format of each output of a configuration."""
    args = parsed("-o", f"file_output={{enabled: true, filename: {os.devnull}}}", *words)
    opened = {route.name: route.make() for route in alerting.outputs(args, load_config(args))}
    for output in opened.values():
        output.close()
    return {name: output._format for name, output in opened.items()}


def test_formats_of_outputs() -> None:
    assert formats() == {"stdout": "text", "file": "text"}
    assert formats("--json") == formats("--format", "falco") == {"stdout": "falco", "file": "falco"}
    assert formats("-o", "json_output=true") == {"stdout": "falco", "file": "falco"}
    assert formats("-o", "json_output=true", "-o", "output_format=text") == {"stdout": "text", "file": "text"}
    own = ("-o", "file_output.format=text", "-o", "stdout_output.format=falco")
    assert formats(*own) == {"stdout": "falco", "file": "text"}
    assert formats(*own, "--format", "text") == {"stdout": "text", "file": "text"}
    assert formats(*own, "--json") == {"stdout": "falco", "file": "text"}


def test_the_format_of_syslog_program_and_http() -> None:
    config = "syslog_output.enabled=true", "program_output={enabled: true, program: cat, format: falco}"
    web = "http_output={enabled: true, url: 'http://alerts.example.com/', format: falco}"
    words = [word for option in (*config, "syslog_output.format=falco", web) for word in ("-o", option)]
    assert set(formats(*words).values()) == {"text", "falco"}
    assert [form for name, form in formats(*words).items() if name not in ("stdout", "file")] == ["falco"] * 3


def test_rule_files_of_the_command_line_replace_those_of_the_configuration() -> None:
    options = ("-o", "rules_files=/nowhere/a.yaml")
    assert load_config(parsed(*options)).rules_files == ("/nowhere/a.yaml",)
    assert load_config(parsed(*options, "-r", "b.yaml")).rules_files == ()


def test_rule_files_that_do_not_exist_are_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(RULE)
    config = Config(rules_files=("/nowhere/a.yaml", str(path), f"{path}/b.yaml"))
    rules = load_rules(config)
    assert [rule.name for rule in rules.rules] == ["r"]
    remark(rules, config)
    assert capsys.readouterr().err.splitlines() == [
        "tiercel: rules_files: /nowhere/a.yaml does not exist, and is skipped",
        f"tiercel: rules_files: {path}/b.yaml does not exist, and is skipped",
    ]


def test_without_any_rule_file_the_packaged_rules_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(rules_files=("/nowhere/a.yaml",))
    rules = load_rules(config)
    assert len(rules) > 10
    remark(rules, config)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "tiercel: no entry of rules_files exists: the packaged rules are used"
    )


def test_keys_without_effect_are_named_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config.load(None, ["grpc.enabled=true", "grpc.threadiness=2"])
    remark(load_rules(config), config)
    assert capsys.readouterr().err.splitlines() == [
        "tiercel: without effect: grpc: the gRPC server is gone from Falco, too; write JSON alerts to a file"
    ]


def route(args: argparse.Namespace, *options: str, name: str) -> Route:
    (found,) = (one for one in outputs(args, Config.load(None, options), spools=True) if one.name == name)
    return found


def test_routes_have_the_spools_of_the_configuration(tmp_path: Path) -> None:
    on = (f"outputs_spool.path={tmp_path}", "outputs_spool.enabled=true", "outputs_spool.outputs.stdout.max_mb=1")
    assert route(parsed(), *on, name="stdout").spool == SpoolPlace(str(tmp_path), 1 << 20)
    more = (*on, "syslog_output.enabled=true", "outputs_spool.outputs.syslog.enabled=true")
    assert route(parsed(), *more, name="syslog").spool == SpoolPlace(str(tmp_path), 256 << 20, local=True)
    assert outputs(parsed(), Config.load(None, more))[0].spool is None, "a replay can be repeated"
    assert route(parsed(), name="stdout").spool is None


def test_losses_and_spooled_alerts_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Away:
        remote = True

        def send(self, alert: Printable) -> None:
            raise DeliveryError("away")

        def close(self) -> None: ...

    spool = SpoolPlace(str(tmp_path / "spool"), 1 << 20)
    delivery = Delivery([replace(Route.of(Away(), "a"), spool=spool), Route.of(Away(), "b")], lambda _: None)
    delivery.send([View(1), View(2)])
    delivery.close()
    say_losses(Stats(drops={"openat": 2}), delivery)
    assert capsys.readouterr().err.splitlines() == [
        "tiercel: lost: 2 events (in the kernel: openat 2); 2 alerts (output failed: b 2)",
        "tiercel: spooled for the next run: 2 alerts (a 2)",
    ]
