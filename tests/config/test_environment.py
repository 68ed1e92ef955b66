# SPDX-License-Identifier: Apache-2.0
"""Variables of the environment in a configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiercel.config.config import Config
from tiercel.config.environment import expand
from tiercel.errors import ConfigError


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_ONE", "one")
    monkeypatch.setenv("T_NESTED", "<${T_ONE}>")
    monkeypatch.delenv("T_UNSET", raising=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${T_ONE}", "one"),
        ("a${T_ONE}b${T_ONE}", "aonebone"),
        ("${T_UNSET}", ""),
        ("x${T_UNSET}y", "xy"),
        ("${T_NESTED}", "<one>"),
        ("$${T_ONE}", "${T_ONE}"),
        ("$${T_ONE}${T_ONE}", "${T_ONE}one"),
        ("$${${T_ONE}}", "${one}"),
        ("$T_ONE ${T_ONE}", "$T_ONE ${T_ONE}"),
        ("${T_ONE} $5 ${T_ONE}", "one $5 ${T_ONE}"),
        ("${T_ONE", "${T_ONE"),
        ("$${T_ONE", "$${T_ONE"),
        ("$", "$"),
        ("${}", ""),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text) == expected


def test_a_variable_that_contains_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_LOOP", "${T_LOOP}${T_LOOP}")
    path = tmp_path / "c.yaml"
    path.write_text("json_output: true\nfile_output: {filename: 'a${T_LOOP}'}\n")
    with pytest.raises(ConfigError, match="never end") as caught:
        Config.load(path)
    assert caught.value.code == "E604"
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 26)


def test_a_variable_that_is_not_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "T_BYTES", os.fsdecode(b"\xff"))
    with pytest.raises(ValueError, match="T_BYTES"):
        expand("${T_BYTES}")


def test_each_value_of_a_file_is_expanded_and_no_key_or_option_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T_SIZE", "7")
    monkeypatch.setenv("T_YES", "yes")
    path = tmp_path / "c.yaml"
    path.write_text(
        "json_output: ${T_YES}\noutputs_queue: {capacity: '${T_SIZE}'}\nrules_files: ['/${T_ONE}/a.yaml']\n"
        "static_fields: {env: '${T_ONE}'}\n"
    )
    config = Config.load(path, ["static_fields.zone=${T_ONE}"])
    assert (config.json_output, config.queue_capacity, config.rules_files) == (True, 7, ("/one/a.yaml",))
    assert config.static_fields == {"env": "one", "zone": "${T_ONE}"}
    path.write_text("${T_ONE}: 1\n")
    with pytest.raises(ConfigError, match=r"unknown key `\$\{T_ONE\}`"):
        Config.load(path)
