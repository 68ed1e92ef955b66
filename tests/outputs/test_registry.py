# SPDX-License-Identifier: Apache-2.0
"""Outputs of other packages."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

import pytest

from tiercel.cli import alerting
from tiercel.config.config import Config, OutputChoice
from tiercel.config.output_settings import HttpSettings
from tiercel.errors import ConfigError, OutputError, UsageError
from tiercel.frozen import replace
from tiercel.outputs import FileOutput, make_output
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route

MODULE = """
class Memory:
    def __init__(self, *, format, size="1"):
        self.settings = (format, size)
    def send(self, alert): ...
    def close(self): ...
class Formatted(Memory):
    default_format = "falco"
class Half:
    def __init__(self, *, format): ...
    def send(self, alert): ...
class Broken:
    def __init__(self, *, format):
        raise ValueError("no database")
"""
METADATA = "Metadata-Version: 2.1\nName: elsewhere\nVersion: 1\n"


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package with outputs, most of which do not work."""
    (tmp_path / "elsewhere_outputs.py").write_text(MODULE)
    info = tmp_path / "elsewhere-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(
        "[tiercel.outputs]\nformatted = elsewhere_outputs:Formatted\n"
        "memory = elsewhere_outputs:Memory\nlost = no_such_module:X\nnone = elsewhere_outputs:No\n"
        "file = elsewhere_outputs:Memory\nhalf = elsewhere_outputs:Half\nbroken = elsewhere_outputs:Broken\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()


def test_an_output_of_another_package() -> None:
    output = make_output("memory", {"size": "7"}, format="falco")
    assert output.settings == ("falco", "7")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["lost", "none"])
def test_one_that_cannot_be_imported(name: str) -> None:
    with pytest.raises(UsageError, match=f"the output '{name}' cannot be loaded") as caught:
        make_output(name, {}, format="text")
    assert caught.value.code == "E608"


def test_no_package_replaces_an_output_of_tiercel(tmp_path: Path) -> None:
    output = make_output("file", {"path": str(tmp_path / "alerts")}, format="text")
    output.close()
    assert isinstance(output, FileOutput)


def test_one_without_a_method() -> None:
    with pytest.raises(UsageError, match="the output 'half' is no output") as caught:
        make_output("half", {}, format="text")
    assert "close()" in (caught.value.hint or "")


def test_one_that_cannot_be_opened() -> None:
    with pytest.raises(OutputError, match="'broken' cannot be opened: ValueError: no database") as caught:
        make_output("broken", {}, format="text")
    assert caught.value.code == "E801"


def test_http_is_an_output_like_others() -> None:
    output = make_output("http", {"url": "http://alerts.example.com/", "batch": "10"}, format="falco")
    output.close()
    assert isinstance(output, HttpOutput)


def test_falcos_keys_of_http_are_options_of_that_output() -> None:
    given = HttpSettings(enabled=True, url="http://alerts.example.com/")
    ((name, output),) = [(route.name, route.make()) for route in configured(http_output=given)]
    output.close()
    assert (name, type(output)) == ("http", HttpOutput)
    with pytest.raises(OutputError, match="No such file"):
        configured(http_output=replace(given, url="https://alerts.example.com/", ca_cert="/nowhere"))[0].make()


def test_the_format_of_an_entry_takes_precedence(tmp_path: Path) -> None:
    assert make_output("memory", {"format": "text"}, format="falco").settings == ("text", "1")  # type: ignore[attr-defined]
    assert make_output("formatted", {}, format="text").settings == ("falco", "1")  # type: ignore[attr-defined]
    assert make_output("formatted", {"format": "text"}, format="falco").settings == ("text", "1")  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="'format' of the output 'file' cannot be `xml`"):
        make_output("file", {"path": str(tmp_path / "alerts"), "format": "xml"}, format="text")


def configured(**settings: Any) -> list[Route]:
    args = argparse.Namespace(format="falco", alerts=None)
    return alerting.outputs(args, Config(stdout_output=False, **settings))


def test_one_that_is_not_installed() -> None:
    with pytest.raises(UsageError, match="no output 'memroy'") as caught:
        make_output("memroy", {}, format="text")
    assert "memory" in (caught.value.hint or "")


def test_options_that_it_does_not_take() -> None:
    with pytest.raises(ConfigError, match="does not take the option 'colour'"):
        make_output("memory", {"colour": "red"}, format="text")


def test_the_configuration_names_outputs() -> None:
    config = Config.load(None, ["outputs[].name=memory", "outputs[0].size=3", "outputs[]={name: file, path: x}"])
    assert config.outputs == (OutputChoice("memory", {"size": "3"}), OutputChoice("file", {"path": "x"}))


@pytest.mark.parametrize("option", ["outputs=file", "outputs[]=file", "outputs[].path=x", "outputs[]={name: [x]}"])
def test_outputs_that_make_no_sense(option: str) -> None:
    with pytest.raises(ConfigError, match="`outputs` cannot be") as caught:
        Config.load(None, [option])
    assert "- {name: file" in (caught.value.hint or "")
