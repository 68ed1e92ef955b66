# SPDX-License-Identifier: Apache-2.0
"""The JSON schema of rule files: what loads fits it, what editors should mark does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from support.examples import examples
from support.yaml12 import Yaml12

from tiercel.rules import Priority, load_text
from tiercel.rules.schema import rule_file_schema
from tiercel.schema import rulefile

VALIDATOR = Draft7Validator(rule_file_schema())

RULE: dict[str, Any] = {"rule": "r", "desc": "d", "condition": "evt.type = open", "output": "o", "priority": "INFO"}
EXCEPTION: dict[str, Any] = {"name": "e", "fields": ["proc.name", "fd.name"], "values": [["a", "b"], ["a", ["b", 3]]]}
SINGLE: dict[str, Any] = {"name": "f", "fields": "proc.name", "comps": "startswith oneof", "values": ["a"]}
PLUGIN: dict[str, Any] = {"name": "container", "version": "0.4.0"}


def fits(*items: Any) -> bool:
    return VALIDATOR.is_valid(list(items))


def problems(path: Path) -> list[str]:
    documents = yaml.load_all(path.read_text(), Loader=Yaml12)
    return [error.message for document in documents for error in VALIDATOR.iter_errors(document)]


def test_findings_are_about_the_kind_of_item() -> None:
    (error,) = VALIDATOR.iter_errors([RULE | {"colour": "red"}])
    assert "'colour'" in error.message
    (error,) = VALIDATOR.iter_errors([RULE, {"list": "l", "items": "a"}])
    assert list(error.absolute_path) == [1, "items"]
    (error,) = VALIDATOR.iter_errors([RULE | {"exceptions": [EXCEPTION | {"colour": "red"}]}])
    assert "'colour'" in error.message


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(rule_file_schema())


def test_priorities_are_those_of_rules() -> None:
    assert {Priority.parse(name) for name in rulefile.PRIORITIES} == set(Priority)
    assert [name.upper() for name in rulefile.PRIORITIES[:-1]] == list(Priority.__members__)


def test_packaged_rules_fit(repository: Path) -> None:
    paths = sorted((repository / "rules").rglob("*.yaml"))
    assert paths
    assert {path.name: found for path in paths if (found := problems(path))} == {}


@pytest.mark.shared
def test_upstream_rules_fit(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "peer/rules").rglob("*.yaml"))
    assert paths
    assert {path.name: found for path in paths if (found := problems(path))} == {}


LOADS_UNFIT = {
    "form-unknown-key.yaml": "an unknown key is ignored, with a warning",
}
"""Files that load, though an editor had better mark something in them, with the reason."""


@pytest.mark.shared
def test_what_loads_fits(shared_dir: Path) -> None:
    folder = shared_dir / "peer/load"
    expected = json.loads((folder / "expected.json").read_text())
    unfit = {name for name, verdict in expected.items() if verdict["exit"] == 0 and problems(folder / name)}
    assert unfit == set(LOADS_UNFIT)


FITTING: list[dict[str, Any]] = [
    {"required_engine_version": 31},
    {"required_engine_version": "0.57.0"},
    {"required_plugin_versions": [PLUGIN]},
    {"required_plugin_versions": [PLUGIN | {"alternatives": [PLUGIN]}]},
    {"list": "l", "items": []},
    {"list": "l", "items": ["a", 1, True], "override": {"items": "append"}},
    {"macro": "m", "condition": "c", "append": True},
    RULE,
    RULE | {"priority": "warning", "tags": ["a", 1], "source": "syscall"},
    RULE | {"enabled": "yes", "capture": True, "capture_duration": "0x10"},
    RULE | {"exceptions": [EXCEPTION, SINGLE]},
    RULE | {"exceptions": [EXCEPTION | {"comps": ["=", " endswith  anyof "]}]},
    RULE | {"exceptions": None},
    {"rule": "r", "enabled": False},
    {"rule": "r", "condition": "or x", "append": True},
    {"rule": "r", "tags": ["a"], "priority": "Info", "override": {"tags": "append", "priority": "replace"}},
    {"rule": "r", "exceptions": [{"name": "e", "values": [["a", "b"]]}], "override": {"exceptions": "append"}},
]


@pytest.mark.parametrize(
    "item",
    FITTING,
    ids=str,
)
def test_fits(item: dict[str, Any]) -> None:
    assert fits(item), [error.message for error in VALIDATOR.iter_errors([item])]


@pytest.mark.parametrize(
    "item",
    [
        "rule",
        {"required_engine_version": "0.57"},
        {"required_plugin_versions": {"name": "container"}},
        {"required_plugin_versions": [{"name": "container"}]},
        {"list": "l"},
        {"list": "l", "items": "a"},
        {"list": "l", "items": [None]},
        {"list": "l", "items": [], "priority": "INFO"},
        {"list": "l", "items": [], "override": {"items": "add"}},
        {"macro": "m"},
        {"macro": "m", "condition": ""},
        {"rule": "r"},
        {"rule": "r", "condition": "c"},
        {"rule": "r", "condition": "c", "enabled": True},
        {key: value for key, value in RULE.items() if key != "output"},
        RULE | {"colour": "red"},
        RULE | {"priority": "WARN"},
        RULE | {"enabled": "maybe"},
        RULE | {"tags": "a"},
        RULE | {"capture_duration": -1},
        RULE | {"exceptions": EXCEPTION},
        RULE | {"exceptions": [EXCEPTION | {"comps": "="}]},
        RULE | {"exceptions": [EXCEPTION | {"comps": ["=", "equals"]}]},
        RULE | {"exceptions": [EXCEPTION | {"comps": ["in oneof", "="]}]},
        RULE | {"exceptions": [EXCEPTION | {"values": ["a"]}]},
        RULE | {"exceptions": [{"name": "e", "fields": "proc.name", "values": [["a"]]}]},
        RULE | {"exceptions": [{"fields": "proc.name"}]},
        {"rule": "r", "condition": "c", "override": {"condition": "add"}},
        {"rule": "r", "condition": "c", "override": {"tags": "append"}},
        {"rule": "r", "condition": "c", "tags": [], "override": {"condition": "append"}},
        {"rule": "r", "priority": "INFO", "override": {"priority": "append"}},
        {"rule": "r", "condition": "c", "override": {"condition": "append"}, "append": True},
        {"rule": "r", "source": "syscall", "override": {"source": "replace"}},
    ],
    ids=str,
)
def test_does_not_fit(item: Any) -> None:
    assert not fits(item)


VALUES = st.sampled_from(
    [
        *(
            "",
            "a",
            "INFO",
            "warning",
            "append",
            "replace",
            "yes",
            "0x10",
            "0.57.0",
            "1.0.0",
            "in",
            "= oneof",
            None,
            True,
        ),
        *(0, -1, 31, 1.5, [], [""], ["a", 1], [None], [["a", "b"]], [["a", ["b"]]], {}, {"condition": "append"}),
        *({"items": "replace"}, {"name": "e"}, [EXCEPTION], [SINGLE], [PLUGIN], "evt.type = open", ["proc.name"]),
    ]
)
KEYS = st.sampled_from(sorted({key.name for item in rulefile.ITEMS for key in item.keys}))


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from(FITTING), st.dictionaries(KEYS, VALUES, max_size=2), st.sets(KEYS, max_size=1), st.data())
def test_the_reader_finds_no_fault_with_what_fits(
    item: dict[str, Any], changed: dict[str, Any], removed: set[str], data: st.DataObject
) -> None:
    item = {key: value for key, value in (item | changed).items() if key not in removed}
    exceptions = item.get("exceptions")
    if isinstance(exceptions, list) and exceptions and isinstance(exceptions[0], dict) and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(rulefile.EXCEPTION.names))
        item["exceptions"] = [exceptions[0] | {key: data.draw(VALUES)}]
    found = load_text(yaml.safe_dump([RULE, item]))
    faults = [one for one in found.diagnostics if one.falco == "LOAD_ERR_YAML_VALIDATE"]
    if fits(RULE, item):
        assert not faults, faults[0]
