# SPDX-License-Identifier: Apache-2.0
"""Configuration files and -o options."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel.engine.config import KEYS, Config, Selection
from tiercel.errors import ConfigError


def test_defaults_are_falcos() -> None:
    config = Config.load()
    assert config == Config()
    assert (config.rule_matching, config.priority, config.path_matching) == ("first", "debug", "both")
    assert config.ring_bytes == 8 << 20


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tiercel.yaml"
    path.write_text(
        "json_output: Yes\nrules_files: [a.yaml, b]\nfile_output: {enabled: on, filename: /var/log/alerts}\n"
    )
    config = Config.load(path)
    assert config.json_output
    assert config.rules_files == ("a.yaml", "b")
    assert config.file_output
    assert config.file_output_filename == "/var/log/alerts"


def test_options_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tiercel.yaml"
    path.write_text("priority: warning\noutputs_queue: {capacity: 5, overflow: block}\n")
    config = Config.load(path, ["priority=error", "outputs_queue.capacity=7"])
    assert (config.priority, config.queue_capacity, config.queue_overflow) == ("error", 7, "block")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["rules[].disable.rule=*", "rules[].enable.tag=n"], [Selection(False, rule="*"), Selection(True, tag="n")]),
        (["rules[].enable={rule: 'Write below /etc', tag: files}"],
         [Selection(True, rule="Write below /etc"), Selection(True, tag="files")]),
        (["rules[0].disable.rule=a", "rules[0].disable.rule=b"], [Selection(False, rule="b")]),
        ([r"rules[].disable.rule=a=b.c"], [Selection(False, rule="a=b.c")]),
    ],
)  # fmt: skip
def test_selections(options: list[str], expected: list[Selection]) -> None:
    assert list(Config.load(None, options).rules) == expected


def test_a_falco_yaml_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("engine: {kind: modern_ebpf, modern_ebpf: {buf_size_preset: 2}}\nwebserver: {enabled: true}\n")
    config = Config.load(path)
    assert config.ring_bytes == 2 << 20
    assert config.ignored == ("engine.kind", "webserver")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing\n")
    assert Config.load(path) == Config()


@pytest.mark.parametrize(
    ("option", "code", "text", "hint"),
    [
        ("jsn_output=true", "E603", "unknown key `jsn_output`", "did you mean `json_output`?"),
        ("outputs_queue.size=3", "E603", "unknown key `outputs_queue.size`", None),
        ("json_output=perhaps", "E604", "`json_output` cannot be `perhaps`", "give true or false"),
        ("priority=high", "E604", "`priority` cannot be `high`", "emergency, alert"),
        ("outputs_queue.capacity=0", "E604", "cannot be `0`", "a number from 1 to"),
        ("rules=all", "E604", "`rules` cannot be `all`", "a list of"),
        ("rules[].enable.name=x", "E604", "`rules` cannot be `list`", "enable: {tag: TAG}"),
        ("file_output.enabled=true", "E604", "without a file", "file_output.filename"),
        ("json_output", "E604", "is not KEY=VALUE", "for example"),
        ("=1", "E604", "is not KEY=VALUE", "for example"),
        ("[]=1", "E604", "is not KEY=VALUE", "for example"),
        ("rules[99999999].enable.tag=x", "E604", "too large", None),
        ("rules={a: [}", "E604", "is not YAML", None),
    ],
)
def test_mistakes_in_options(option: str, code: str, text: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(None, [option])
    assert caught.value.code == code
    assert text in caught.value.text
    if hint is not None:
        assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("content", "place", "text"),
    [
        ("json_output: true\nprioritty: debug\n", (2, 1), "unknown key `prioritty`"),
        ("outputs_queue:\n  capacity: many\n", (2, 3), "cannot be `many`"),
        ("a: [1\n", (2, 1), "broken YAML"),
        ("- a\n", (1, 1), "a map of keys"),
    ],
)
def test_mistakes_in_files_have_a_place(tmp_path: Path, content: str, place: tuple[int, int], text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    span = caught.value.span
    assert span is not None
    assert (span.file, span.line, span.column) == (str(path), *place)
    assert text in caught.value.text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file") as caught:
        Config.load(tmp_path / "none.yaml")
    assert caught.value.code == "E602"


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Config.load(path)


def test_each_key_sets_an_attribute() -> None:
    attributes = [key.attribute for key in KEYS]
    assert len(set(attributes)) == len(attributes)
    assert all(hasattr(Config(), attribute) for attribute in attributes)
