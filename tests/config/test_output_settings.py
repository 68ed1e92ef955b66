# SPDX-License-Identifier: Apache-2.0
"""Settings of Falco's outputs."""

from __future__ import annotations

import pytest

from tiercel.config.config import Config
from tiercel.config.output_settings import FileSettings, HttpSettings, ProgramSettings
from tiercel.errors import ConfigError


def test_falcos_keys() -> None:
    options = ["http_output={enabled: true, url: http://example.com/, max_consecutive_timeouts: 0, insecure: true}"]
    options += ["program_output={enabled: true, program: cat, keep_alive: true}", "syslog_output.enabled=true"]
    config = Config.load(None, [*options, "output_timeout=100"])
    assert config.http_output == HttpSettings(
        enabled=True, url="http://example.com/", max_consecutive_timeouts=0, insecure=True
    )
    assert config.program_output == ProgramSettings(enabled=True, program="cat", keep_alive=True)
    assert (config.syslog_output, config.output_timeout_ms, config.ignored) == (True, 100, ())


def test_rotation() -> None:
    options = ["filename=/a", "rotate_bytes=1000", "rotate_every=1d", "rotate_keep=3", "rotate_compress=true"]
    assert Config.load(None, [f"file_output.{one}" for one in options]).file_output == FileSettings(
        filename="/a", rotate_bytes=1000, rotate_every_ms=86_400_000, rotate_keep=3, rotate_compress=True
    )
    for wrong in ("rotate_keep=0", "rotate_bytes=-1", "rotate_every=1"):
        with pytest.raises(ConfigError, match=wrong.partition("=")[0]):
            Config.load(None, [f"file_output.{wrong}"])


@pytest.mark.parametrize(
    ("group", "member"), [("http_output", "url"), ("program_output", "program"), ("file_output", "filename")]
)
def test_an_output_without_its_destination(group: str, member: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(None, [f"{group}.enabled=true"])
    assert caught.value.hint == f"set {group}.{member}"


def test_settings_that_are_wrong() -> None:
    with pytest.raises(ConfigError, match="max_consecutive_timeouts"):
        Config.load(None, ["http_output.max_consecutive_timeouts=256"])
    with pytest.raises(ConfigError, match="output_timeout"):
        Config.load(None, ["output_timeout=0"])
