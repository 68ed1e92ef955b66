# SPDX-License-Identifier: Apache-2.0
"""Configuration files and -o options."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest

from tiercel import ContainerSettings, Engine
from tiercel.compiler import AppendOutput
from tiercel.config.config import Config, Selection
from tiercel.config.keys import KEYS
from tiercel.engine.configured_rules import load_rules, without_effect
from tiercel.errors import ConfigError, RulesError


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
    assert config.file_output.enabled
    assert config.file_output.filename == "/var/log/alerts"


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


def test_what_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text(
        "append_output:\n- match: {source: syscall, tags: [a, b], rule: R}\n  extra_output: x=%proc.name\n"
        "  extra_fields: [proc.pid, {note: 'by %proc.name'}]\n- suggested_output: true\n"
        "static_fields: {env: prod, a.b: ''}\n"
    )
    config = (
        Config.load(path, ["static_fields.zone=eu", "append_output[].extra_output=last"])
        .appending("more")
        .appending("k")
    )
    fields = {"proc.pid": None, "note": "by %proc.name"}
    assert config.append_output == (
        AppendOutput("x=%proc.name", fields, source="syscall", tags=frozenset({"a", "b"}), rule="R"),
        AppendOutput(suggested=True),
        AppendOutput("last"),
        AppendOutput("more"),
    )
    assert config.static_fields == {"env": "prod", "a.b": "", "zone": "eu"}


def test_one_entry_of_append_output_need_not_be_in_a_list(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("append_output:\n- suggested_output: true\n")
    assert Config.load(path, ["append_output.suggested_output=false"]).append_output == (AppendOutput(),)


def test_rules_are_loaded_as_configured(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "".join(
            f"- {{rule: {name}, desc: d, condition: evt.type = open, output: o, priority: {priority}, tags: [{tag}]}}\n"
            for name, priority, tag in (("A one", "INFO", "x"), ("A two", "ERROR", "y"), ("B", "ERROR", "x"))
        )
    )
    options = ["rules[].disable.rule=*", "rules[].enable.rule=A*", "rules[].enable.tag=x", "priority=warning"]
    options += ["append_output[].extra_output=%static.env", "static_fields.env=prod"]
    rules = load_rules(Config.load(None, options), path)
    assert [rule.name for rule in rules.enabled] == ["A two", "B"]
    (alert,) = Engine(rules).evaluate({"evt.type": "open"})
    assert alert.message == "o prod"
    assert alert.to_dict()["output_fields"]["static.env"] == "prod"
    with pytest.raises(RulesError) as caught:
        load_rules(Config.load(None, ["append_output[].extra_output=%proc.nmae"]), path)
    assert {one.file for one in caught.value.diagnostics} == {"append_output[0].extra_output"}
    assert len(load_rules(Config()).rules) > 10
    config = Config.load(None, [*options, "rules[].disable.rule=Nosuch*", "rules[].enable.tag=X"])
    assert without_effect(config, load_rules(config, path)) == (
        Selection(False, rule="Nosuch*"),
        Selection(True, tag="X"),
    )


def test_a_falco_yaml_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text(
        "engine: {kind: modern_ebpf, modern_ebpf: {buf_size_preset: 2}}\n"
        "falco_libs: {thread_table_size: 262144, snaplen: 0}\nwebserver: {enabled: true}\n"
    )
    config = Config.load(path)
    assert config.ring_bytes == 2 << 20
    assert config.snaplen == 80
    assert Config.load(path, ["falco_libs.snaplen=2000"]).snaplen == 2000
    assert config.ignored == ()
    assert config.webserver.enabled


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
        ("outputs_queue.capacity=-1", "E604", "cannot be `-1`", "a number from 0 to"),
        ("rules=all", "E604", "`rules` cannot be `all`", "a list of"),
        ("rules[].enable.name=x", "E604", "`rules` cannot be `list`", "enable: {tag: TAG}"),
        ("file_output.enabled=true", "E604", "without a file", "file_output.filename"),
        ("json_output", "E604", "is not KEY=VALUE", "for example"),
        ("=1", "E604", "is not KEY=VALUE", "for example"),
        ("[]=1", "E604", "is not KEY=VALUE", "for example"),
        ("rules[99999999].enable.tag=x", "E604", "too large", None),
        ("rules={a: [}", "E604", "is not YAML", None),
        ("rules[].enable.rule[]=x", "E604", "`rules` cannot be `list`", "enable: {tag: TAG}"),
        ("append_output=all", "E604", "`append_output` cannot be `all`", "extra_output"),
        ("append_output[]=all", "E604", "`append_output[0]` cannot be `all`", "match, extra_output"),
        ("append_output[].extra_outptu=x", "E603", "unknown key `append_output[0].extra_outptu`", "`extra_output`?"),
        ("append_output[].match.tag=x", "E603", "unknown key `append_output[0].match.tag`", "`tags`?"),
        (
            "append_output[].match.tags=x",
            "E604",
            "`append_output[0].match.tags` cannot be `x`",
            "`append_output[0].match.tags[]=TEXT`",
        ),
        ("append_output[].match=x", "E604", "`append_output[0].match` cannot be `x`", "source, tags, rule"),
        ("append_output[].extra_fields=x", "E604", "`append_output[0].extra_fields` cannot be `x`", "a list of fields"),
        ("append_output[].extra_fields[]={a: [b]}", "E604", "cannot be `list`", "a list of fields"),
        ("append_output[].suggested_output=x", "E604", "suggested_output` cannot be `x`", "true or false"),
        ("static_fields=x", "E604", "`static_fields` cannot be `x`", "{env: prod}"),
        ("static_fields.a-b=x", "E604", "`a-b` cannot be the name of a field", "letters"),
        ("static_fields.a[]=x", "E604", "`static_fields.a` cannot be `list`", "a text"),
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
        (
            "append_output:\n- extra_output: a\n- extra_outputs: b\n",
            (3, 3),
            "unknown key `append_output[1].extra_outputs`",
        ),
        ("append_output:\n- match:\n    tags: a\n", (3, 5), "`append_output[0].match.tags` cannot be `a`"),
        ("static_fields:\n  a: b\n  ä: c\n", (3, 3), "cannot be the name of a field"),
        ("a: [1\n", (1, 4), "the list that begins here has no end"),
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
    for attribute in attributes:
        attrgetter(attribute)(Config())


def test_what_happens_while_containers_are_not_known() -> None:
    assert Config.load().containers == ContainerSettings()
    config = Config.load(options=["container_metadata.wait_ms=0", "container_metadata.unknown=skip"])
    assert config.containers == ContainerSettings(wait_ms=0, unknown="skip")
