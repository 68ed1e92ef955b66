# SPDX-License-Identifier: Apache-2.0
"""Loading as Falco loads: its own loader tests, and files that the real Falco was asked about.

Cases that need what this version does not evaluate yet are named with the reason; a case that passes all the same fails
the test, so that the lists shrink.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel import compiler
from tiercel.compiler.environment import Environment
from tiercel.compiler.nodes import Failed
from tiercel.compiler.passes.expand import expand
from tiercel.compiler.pasting import Lists
from tiercel.lang.printer import unparse
from tiercel.rules import RuleFiles, load_files
from tiercel.rules.exceptions import full_condition

pytestmark = pytest.mark.shared

TRANSFORMER = "transformers cannot be evaluated yet"
REGEX = "`regex` cannot be evaluated yet"
STRICTER = "all mistakes are reported, not the first alone"
START = "Falco checks plugins when it starts, not when it loads"

WAITING_TESTS = {
    "exceptions_modifier_op_regex_oneof": REGEX,
}

WAITING_FILES = {
    "exc-scalar-eq.yaml": STRICTER,
    "exc-scalar-field-nested.yaml": STRICTER,
    "form-plugin-missing.yaml": START,
}


def load(tmp_path: Path, texts: list[tuple[str, str]]) -> RuleFiles:
    paths = []
    for number, (name, text) in enumerate(texts):
        paths.append(tmp_path / f"{number}-{Path(name).name}")
        paths[-1].write_text(text)
    return load_files(paths)


def test_loader_tests(shared_dir: Path, tmp_path: Path) -> None:
    """Whether each set loads, and what the conditions of its rules come to."""
    wrong: set[str] = set()
    conditions = 0
    for test in vectors.load(shared_dir, "rule_loader")["tests"]:
        texts: list[tuple[str, str]] = []
        for step in test["steps"]:
            if "load" in step:
                texts.append((step["load"], step["content"]))
                files = load(tmp_path, texts)
            elif step.get("expect") == "loaded":
                if (compiler.build(files).program is not None) is not step["value"]:
                    wrong.add(test["name"])
            elif step.get("expect") == "compiled_condition" and step["op"] == "eq":
                conditions += 1
                assert condition(files, step["rule"]) == step["value"], test["name"]
    assert conditions == 33
    assert wrong == set(WAITING_TESTS)


def condition(files: RuleFiles, name: str) -> str:
    stage = files.stages[-1]
    tree = expand(full_condition(stage.rules[name]), Environment(Lists(stage.lists), stage.macros))
    assert not isinstance(tree, Failed), tree.findings
    return unparse(tree)


def test_files_that_falco_was_asked_about(shared_dir: Path) -> None:
    folder = shared_dir / "peer" / "load"
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    assert len(expected) == 100
    wrong = {name for name, verdict in expected.items() if codes(folder / name) != falcos(verdict)}
    assert wrong == set(WAITING_FILES)


def codes(path: Path) -> list[str]:
    return sorted(found.falco for found in compiler.build(load_files([path])).diagnostics if found.falco)


def falcos(verdict: dict[str, Any]) -> list[str]:
    return sorted(found["code"] for found in [*verdict.get("errors", []), *verdict.get("warnings", [])])


def test_acceptance_alone(shared_dir: Path) -> None:
    """Apart from what waits, a file is refused if and only if Falco refuses it."""
    folder = shared_dir / "peer" / "load"
    waiting = {name for name, reason in WAITING_FILES.items() if reason in {TRANSFORMER, REGEX}}
    for name, verdict in json.loads((folder / "expected.json").read_text()).items():
        accepted = compiler.build(load_files([folder / name])).program is not None
        assert accepted is (verdict["exit"] == 0) or name in waiting, name
