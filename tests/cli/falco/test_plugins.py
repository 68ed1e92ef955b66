# SPDX-License-Identifier: Apache-2.0
"""Descriptions of built-in plugins."""

from __future__ import annotations

import json
import re

import pytest

from tiercel.cli.falco.plugins import BUILT_IN, configured, info, listing
from tiercel.config.config import Config
from tiercel.errors import UsageError
from tiercel.rules.versions import PLUGINS


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, []),
        ({"load_plugins": ["container"]}, [("container", "")]),
        ({"plugins": [{"name": "container", "library_path": "libcontainer.so"}]}, [("container", "libcontainer.so")]),
        ({"plugins": [{"name": "container"}], "load_plugins": []}, []),
        ({"plugins": [{"name": "json"}, "odd", {}], "load_plugins": ["json"]}, [("json", "")]),
        ({"plugins": "odd", "load_plugins": "odd"}, []),
    ],
    ids=str,
)
def test_configured(tree: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert configured(tree) == expected


def test_listing() -> None:
    """The pattern is that of Falco's own test."""
    pattern = (
        r"1 Plugins Loaded:\s+Name: container\s+Description: .*\s+Contact: .*\s+Version: 0\.7\.1\s+Capabilities:\s+"
        r"- Field Extraction\s+- Event Parsing\s+- Async Events\s+"
    )
    assert re.fullmatch(pattern, listing([("container", ""), ("json", "")]))
    assert listing([]) == "0 Plugins Loaded:\n\n\n"


def test_info() -> None:
    text = info([("container", "libcontainer.so")], "libcontainer.so")
    head, _, schema = text.partition("Init config schema type: JSON\n")
    assert head.startswith("Name: container\n")
    assert json.loads(schema)["properties"]["label_max_len"] == {"type": "integer"}


@pytest.mark.parametrize("wanted", ["json", "nope"])
def test_no_such_plugin(wanted: str) -> None:
    with pytest.raises(UsageError) as caught:
        info([("json", "")], wanted)
    assert caught.value.code == "E601"


@pytest.mark.parametrize("name", BUILT_IN)
def test_members_of_the_schema_have_an_effect(name: str) -> None:
    """No member of `init_config` in the schema is among the settings without effect."""
    values = {"object": "{}", "integer": "5", "string": "text"}
    for member, kind in BUILT_IN[name].init.items():
        option = f"plugins[0]={{name: {name}, init_config: {{{member}: {values[kind['type']]}}}}}"
        assert Config.load(None, [option]).ignored == ()


def test_versions_are_known() -> None:
    assert set(BUILT_IN) == set(PLUGINS)
