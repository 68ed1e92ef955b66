# SPDX-License-Identifier: Apache-2.0
"""The JSON schema of the configuration: what loads fits it, and mistakes do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from support.stock_config import STOCK
from support.yaml12 import Yaml12

from tiercel.config.config import Config
from tiercel.config.falco_keys import CURRENT
from tiercel.config.keys import KEYS
from tiercel.config.schema import config_schema, rule_schema
from tiercel.errors import ConfigError
from tiercel.rules.schema import rule_file_schema

VALIDATOR = Draft7Validator(config_schema())

VALUES = (
    *("true", "Yes", "off", "auto", "0", "1", "-1", "5000", "99999999999", "1.5", "x", "''", "", "~", "2 words"),
    *(
        "debug",
        "Warning",
        "RULES",
        "first",
        "replay",
        "block",
        "[]",
        "[a]",
        "[a, b]",
        "[[a]]",
        "{}",
        "{a: b}",
        "{a: {}}",
    ),
    *("[{disable: {rule: x}}]", "[{enable: {}}]", "[{enable: {tag: y, rule: z}}]", "[{path: x, strategy: add-only}]"),
    *("[{extra_output: x}]", "{suggested_output: true}", "[{match: {tags: [a]}, extra_fields: [x, {y: z}]}]"),
    *(
        "[{name: file, path: x}]",
        "[{path: x}]",
        "{docker: {enabled: false}, label_max_len: 3}",
        "{static: {enabled: 1}}",
    ),
    *("[{name: container}]", "[container]", "{a-b: c}", "{a.b: 1}", "7s", "/x", "127.0.0.1"),
)


def fits(text: str) -> bool:
    return VALIDATOR.is_valid(yaml.load(text, Loader=Yaml12))


def written(name: str, value: str) -> str:
    """Return one key, below its groups, as YAML."""
    *groups, last = name.split(".")
    lines = [f"{' ' * depth}{group}:" for depth, group in enumerate(groups)]
    return "\n".join([*lines, f"{' ' * len(groups)}{last}: {value}\n"])


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(config_schema())
    assert rule_schema() == rule_file_schema()


def test_what_falco_ships_fits() -> None:
    assert fits(STOCK)
    assert fits("grpc: {enabled: true}\nmetadata_download: {max_mb: 1}\nsyscall_buf_size_preset: 4\n")
    assert fits("# nothing\n")


@pytest.mark.parametrize("name", [key.name for key in KEYS])
def test_the_schema_and_the_reader_agree(name: str, tmp_path: Path) -> None:
    """Any accepted value fits; of the refused ones, those of a wrong shape do not."""
    path = tmp_path / "c.yaml"
    accepted = refused = 0
    for value in VALUES:
        path.write_text(written(name, value))
        try:
            Config.load(path)
        except ConfigError as error:
            if not error.text.startswith(("`", "unknown key")):
                continue  # another key is missing
            refused += not fits(path.read_text())
        else:
            accepted += 1
            assert fits(path.read_text()), path.read_text()
    assert accepted
    assert refused


@pytest.mark.parametrize(
    "text",
    [
        "json_output: perhaps",
        "priority: high",
        "outputs_queue: {capacity: -1}",
        "outputs_queue: {capacity: many}",
        "engine: {modern_ebpf: {buf_size_preset: 11}}",
        "engine: {modern_ebpf: {buf_size_prest: 4}}",
        "engine: {kind: gvisor}",
        "webserver: {listen_prot: 1}",
        "webserverr: {}",
        "webserver: 1",
        "jsn_output: true",
        "rules: [{disable: {}}]",
        "rules_files: {a: b}",
        "append_output: [{extra_outptu: x}]",
        "static_fields: {a-b: c}",
        "config_files: [{path: x, strategy: apend}]",
        "config_files: [{strategy: append}]",
        "container_engines: {crio: {}}",
        "plugins: [{nam: x}]",
        "load_plugins: x",
        "outputs: [{path: x}]",
        "outputs: [{name: [x]}]",
        "[a]",
    ],
)
def test_mistakes_do_not_fit(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        Config.load(path)
    assert not fits(text)


def test_variables_fit_everywhere() -> None:
    for name in ("json_output", "priority", "outputs_queue.capacity", "file_output.filename", "kubernetes.enabled"):
        assert fits(written(name, "${NAME}")), name


def test_editors_show_meaning_and_default() -> None:
    properties = config_schema()["properties"]
    assert properties["json_output"]["description"] == "alerts as JSON"
    assert properties["json_output"]["default"] is False
    assert properties["grpc"]["description"].startswith("Without effect: ")
    assert "enum" in str(properties["priority"])


def test_every_key_of_falco_has_a_place() -> None:
    for name in CURRENT:
        node = config_schema()
        for part in name.split("."):
            node = node["properties"][part]
