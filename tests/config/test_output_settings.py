# SPDX-License-Identifier: Apache-2.0
"""Settings of Falco's outputs."""

from __future__ import annotations

import pytest

from tiercel.config.config import Config
from tiercel.config.output_settings import FileSettings, HttpSettings, ProgramSettings, SpoolChoice, SpoolSettings
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


def test_spools_are_off_by_default() -> None:
    assert Config().spool.of("http") is None
    assert Config.load(None, ["outputs_spool.enabled=true"]).spool.of("http") == SpoolChoice(None, 256)


def test_spools_by_output() -> None:
    options = ["outputs_spool={enabled: true, path: /spool, max_mb: 10, outputs: {syslog: {enabled: no}}}"]
    options += ["outputs_spool.outputs.http.max_mb=1024", "outputs_spool.outputs.file.enabled=true"]
    spool = Config.load(None, options).spool
    assert (spool.path, spool.of("syslog"), spool.of("program")) == ("/spool", None, SpoolChoice(None, 10))
    assert (spool.of("http"), spool.of("file")) == (SpoolChoice(None, 1024), SpoolChoice(True, 10))
    assert SpoolSettings(outputs={"http": SpoolChoice(enabled=True)}).of("http") == SpoolChoice(True, 256)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("outputs_spool.max_mb=0", "max_mb"),
        ("outputs_spool.outputs=5", "names of outputs"),
        ("outputs_spool.outputs.http.max_mb=x", "number from 1 to"),
        ("outputs_spool.outputs.http.size=5", "known are enabled, max_mb"),
        ("outputs_spool.outputs.http=5", "a map with some of enabled, max_mb"),
        ("outputs_spool.outputs.htpp.enabled=true", "did you mean `http`?"),
    ],
)
def test_spools_with_wrong_settings(option: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(None, [option])
    assert text in f"{caught.value}"


def test_spools_of_outputs_with_names_of_their_own() -> None:
    options = [
        "outputs[]={name: kafka}",
        "outputs[]={name: kafka}",
        "outputs_spool.outputs={kafka: {}, kafka-2: {max_mb: 1}}",
    ]
    assert Config.load(None, options).spool.outputs["kafka-2"] == SpoolChoice(None, 1)
