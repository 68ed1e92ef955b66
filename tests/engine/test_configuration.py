# SPDX-License-Identifier: Apache-2.0
"""``tiercel.Config``: rules and sensors from a configuration."""

from __future__ import annotations

import copy
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from support.opener import Opener

import tiercel
from tiercel import Config, UsageError
from tiercel.config.config import Config as Settings
from tiercel.engine import configuration

RULES = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked and evt.failed = false
  output: "%fd.name in %static.env"
  priority: NOTICE
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    path = tmp_path / "falco.yaml"
    path.write_text(f"rules_files: [/nowhere, {rules}]\nstatic_fields: {{env: prod}}\ntime_format_iso_8601: true\n")
    return path


def test_the_example() -> None:
    assert doctest.testmod(configuration, raise_on_error=True).attempted == 4


def test_rules_are_those_of_the_configuration(path: Path) -> None:
    assert [rule.name for rule in Config.load(path).ruleset().enabled] == ["Marked file opened"]
    assert not Config.load(path, ["priority=error"]).ruleset().enabled
    assert len(Config().ruleset()) > 10


@pytest.mark.kernel
def test_a_sensor_has_the_settings_of_the_configuration(path: Path, tmp_path: Path) -> None:
    marked = tmp_path / "file.marked"
    marked.touch()
    with Opener() as opener, Config.load(path).sensor(scope=opener.scope) as sensor:
        opener.open(marked)
        alert = next(iter(sensor))
    assert alert.message == f"{marked} in prod"
    assert alert.output[10] == "T"


@pytest.mark.kernel
def test_arguments_take_precedence(path: Path, tmp_path: Path) -> None:
    marked = tmp_path / "file.marked"
    marked.touch()
    other = tiercel.Ruleset.loads(RULES.replace("in %static.env", "else"))
    with Opener() as opener:
        sensor = Config.load(path).sensor(other, scope=opener.scope, style=tiercel.Style(iso_time=False))
        with sensor:
            opener.open(marked)
            alert = next(iter(sensor))
    assert alert.message == f"{marked} else"
    assert alert.output[2] == ":"


def test_each_setting_of_a_sensor_is_in_the_configuration() -> None:
    """A new argument of Sensor is set here, too, or is an object that no file can hold."""
    own = {"rules", "scope", "on_alert", "on_notice"}
    source = inspect.getsource(Config.sensor)
    for name in set(inspect.signature(tiercel.Sensor).parameters) - own:
        assert f'"{name}": self.' in source, name


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["engine.kind=replay", "engine.replay.capture_file=x.scap"], "tiercel.replay"),
        (["engine.kind=nodriver"], "modern_ebpf"),
    ],
)
def test_other_sources_than_the_live_kernel_are_refused(options: list[str], hint: str) -> None:
    with pytest.raises(UsageError, match="no live kernel") as caught:
        Config.load(options=options).sensor()
    assert caught.value.code == "E607"
    assert hint in (caught.value.hint or "")


def test_it_is_copied_and_compared_as_settings_are(path: Path) -> None:
    config = Config.load(path)
    assert isinstance(config, Config)
    assert isinstance(config, Settings)
    assert copy.copy(config) == config
    assert type(config.appending("x")) is Config
    assert config != Config()
    with pytest.raises(AttributeError):
        config.priority = "error"  # type: ignore[misc]


def test_it_is_exported_and_loads_no_core_by_itself() -> None:
    code = "import sys, tiercel; tiercel.Config.load(); print('tiercel.engine.sensor' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "Config" in tiercel.__all__
