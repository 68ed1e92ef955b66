# SPDX-License-Identifier: Apache-2.0
"""Required engine and plugins."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import vectors

from tiercel.lang.diagnostics import Report
from tiercel.lang.text import Source
from tiercel.rules import load_text
from tiercel.rules.versions import PluginNeed, check_plugins, parse_version, read_plugins
from tiercel.rules.yamlfile import Map, Seq, read_documents


@pytest.mark.parametrize("version", ["63", "0.63.0", "0.57.0", "0x3f", "+63", "'11'", "0.57.0-rc1"])
def test_engine_accepted(version: str) -> None:
    assert not load_text(f"- required_engine_version: {version}").diagnostics


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("64", "E222"),
        ("0.63.1", "E222"),
        ("1.0.0", "E222"),
        ("0.26", "E114"),
        ("abc", "E114"),
        ("-1", "E114"),
        ("4294967296", "E114"),
        ("", "E106"),
    ],
)
def test_engine_refused(version: str, code: str) -> None:
    (found,) = load_text(f"- required_engine_version: {version}").diagnostics
    assert found.code == code


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{name: container, version: 0.4.0}", None),
        ("{name: cloudtrail, version: 0.4.0, alternatives: [{name: container, version: 0.2.0}]}", None),
        ("{name: container, version: 0.4.0-rc1}", None),
        ("{name: container, version: 1.0.0}", "E229"),
        ("{name: container, version: 0.8.0}", "E229"),
        ("{name: container, version: 0.4}", "E227"),
        ("{name: container}", "E105"),
        ("{version: 0.4.0}", "E105"),
        ("text", "E115"),
        ("{name: a, version: 0.4.0, alternatives: x}", "E108"),
        ("{name: a, version: 0.4.0, alternatives: [x]}", "E115"),
        ("{name: a, version: 0.4.0, alternatives: [{name: a, version: 0.4.0}]}", "E227"),
    ],
)
def test_plugins(entry: str, code: str | None) -> None:
    found = load_text(f"- required_plugin_versions:\n  - {entry}").diagnostics
    assert [one.code for one in found] == ([code] if code else [])


def test_the_list_of_plugins_is_a_list() -> None:
    (found,) = load_text("- required_plugin_versions: {name: x}").diagnostics
    assert found.code == "E108"


@pytest.mark.shared
def test_cases_of_the_reference(shared_dir: Path) -> None:
    cases = [c for c in vectors.load(shared_dir, "engine_misc")["cases"] if c["kind"] == "plugin_requirements"]
    assert len(cases) > 10
    for case in cases:
        report = Report()
        needs: list[PluginNeed] = []
        for document in read_documents(Source("f", case["content"]), report) or ():
            assert isinstance(document, Seq)
            for item in document.items:
                assert isinstance(item, Map)
                needs.extend(read_plugins(item, report))
        plugins = {name: version for name, text in case["plugins"] if (version := parse_version(text))}
        check_plugins(needs, report, plugins)
        assert (report.errors == 0) is case["value"], case
