# SPDX-License-Identifier: Apache-2.0
"""``tiercel replay``: what it prints, where, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import scapfile
from support.cli import SHADOW_RULE, one_clear_message, start, tiercel


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(SHADOW_RULE)
    return path


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "a.scap"
    path.write_bytes(scapfile.capture(*(opened(number) for number in range(3))))
    return path


def opened(number: int) -> bytes:
    return scapfile.call("openat", 3, -100, "/etc/shadow", 1, 0, 0, 7, ts=scapfile.START + number)


def test_alerts_are_lines_of_json(rules: Path, capture: Path) -> None:
    done = tiercel("replay", capture, "-r", rules, "--json")
    assert done.status == 0, done.err
    assert [alert["rule"] for alert in done.alerts] == ["Shadow opened"] * 3
    assert "3 events, 3 alerts" in done.err


def test_limits_of_repeated_alerts(rules: Path, capture: Path) -> None:
    options = ("-r", rules, "--json", "-o", "alert_limits={fields: [fd.name], window: 10}")
    done = tiercel("replay", capture, *options)
    first, summary = done.alerts
    assert "suppressed.count" not in first["output_fields"]
    assert summary["output_fields"]["suppressed.count"] == 2
    assert summary["output_fields"]["suppressed.last"] == scapfile.START + 2
    assert summary["output_fields"]["fd.name"] == "/etc/shadow"
    assert "3 events, 3 alerts" in done.err
    assert "suppressed by alert_limits: 2 alerts, reported in 1 summary" in done.err
    assert tiercel("replay", capture, *options).out == done.out


@pytest.mark.parametrize(("name", "key"), [("ocsf", "class_uid"), ("ecs", "@timestamp"), ("falco", "output_fields")])
def test_formats(rules: Path, capture: Path, name: str, key: str) -> None:
    done = tiercel("replay", capture, "-r", rules, "--format", name)
    assert [key in alert for alert in done.alerts] == [True] * 3


def test_text(rules: Path, capture: Path) -> None:
    done = tiercel("replay", capture, "-r", rules, "-o", "time_format_iso_8601=true")
    assert done.out.splitlines()[0] == "2023-11-14T23:13:20.000000000+0000: Warning bash opened /etc/shadow"


def test_standard_input(rules: Path, capture: Path) -> None:
    with capture.open("rb") as stdin:
        assert len(tiercel("replay", "-", "-r", rules, "--json", stdin=stdin).alerts) == 3


def test_alerts_elsewhere(rules: Path, capture: Path, tmp_path: Path) -> None:
    done = tiercel("replay", capture, "-r", rules, "--json", "--alerts", tmp_path / "alerts")
    assert done.out == ""
    assert len((tmp_path / "alerts").read_text().splitlines()) == 3


def test_responses_are_not_carried_out(rules: Path, capture: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    entry = f"responses[]={{action: run, rules: ['*'], program: [touch, {mark}]}}"
    done = tiercel("replay", capture, "-r", rules, "--json", "-o", entry)
    assert len(done.alerts) == 3
    note = (
        "tiercel: 1 response of the configuration will not be carried out: a capture has no processes of this machine"
    )
    assert done.err.count("response") == done.err.count(note) == 1
    assert not mark.exists()


@pytest.mark.parametrize("command", ["replay", "run"])
def test_the_configuration_of_falco_names_the_capture(command: str, rules: Path, capture: Path, tmp_path: Path) -> None:
    config = tmp_path / "falco.yaml"
    config.write_text(
        f"engine:\n  kind: replay\n  replay: {{capture_file: {capture}}}\nrules_files: [{rules}]\njson_output: true\n"
    )
    done = tiercel(command, "-c", config)
    assert done.status == 0, done.err
    assert len(done.alerts) == 3
    options = ("-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={capture}")
    assert len(tiercel(command, *options, "-r", rules, "--json").alerts) == 3


def test_replay_watches_no_command(capture: Path) -> None:
    options = ("-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={capture}")
    one_clear_message(tiercel("run", *options, "--", "true"), 2)
    one_clear_message(tiercel("run", "-o", "engine.kind=replay"), 2)


def test_damage_is_told_after_the_alerts(rules: Path, capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-5])
    done = tiercel("replay", capture, "-r", rules, "--json")
    assert done.status == 1
    assert len(done.alerts) == 2
    assert "error[E70" in done.err
    assert str(capture) in done.err


def test_what_cannot_be_replayed(rules: Path, tmp_path: Path) -> None:
    one_clear_message(tiercel("replay", tmp_path / "none.scap", "-r", rules), 1)
    one_clear_message(tiercel("replay", "-r", rules), 2)
    (tmp_path / "text").write_text("this is no capture\n" * 10)
    one_clear_message(tiercel("replay", tmp_path / "text", "-r", rules), 1)


def test_the_reader_of_alerts_goes(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.scap"
    path.write_bytes(scapfile.capture(*(opened(number) for number in range(20_000))))
    with start("replay", path, "-r", rules, "--json") as process:
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(60) == 1


def test_explain(rules: Path, capture: Path) -> None:
    done = tiercel("explain", rules, "--capture", capture, "--event", "1")
    assert done.status == 0, done.err
    assert "Shadow opened: matches" in done.out
    capture.write_bytes(scapfile.capture(scapfile.call("openat", 3, -100, "/etc/passwd", 1, 0, 0, 7)))
    done = tiercel("explain", rules, "--capture", capture, "--event", "1")
    assert 'fd.name is "/etc/passwd"' in done.out
    data = json.loads(tiercel("explain", rules, "--capture", capture, "--event", "1", "--json").out)
    assert data["events"][0]["type"] == "openat"
    one_clear_message(tiercel("explain", rules, "--capture", capture, "--event", "99"), 2)
    one_clear_message(tiercel("explain", rules, "--capture", capture), 2)
