# SPDX-License-Identifier: Apache-2.0
"""Descriptions of rules in Falco's forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import vectors
from support.live import SHARED

from tiercel import compiler
from tiercel.cli.falco.describe import Loaded, described, text_of
from tiercel.compiler import Additions, AppendOutput
from tiercel.compiler.frontend.config_additions import NO_ADDITIONS
from tiercel.errors import UsageError
from tiercel.rules import Content, load_files

RULES = """
- required_engine_version: 0.11.0
- required_engine_version: 26
- required_plugin_versions: [{name: container, version: 0.2.0, alternatives: [{name: json, version: 0.1.0}]}]
- list: cat_binaries
  items: [cat]
- list: cat_capable_binaries
  items: [cat_binaries, tac]
- macro: is_cat
  condition: proc.name in (cat_capable_binaries)
- macro: unused
  condition: evt.type = open
- rule: Cat opens
  desc: A process named cat does an open
  condition: evt.type in (open, madvise) and is_cat and not tolower(fd.name) startswith oneof (/a, /b)
  output: An open was seen (command=%proc.cmdline id=%container.id)
  priority: INFO
  tags: [b, a]
  enabled: false
  exceptions:
    - name: known
      fields: [proc.pname, user.name]
      comps: [=, in]
      values: [[sh, [x, y]]]
"""


def loaded(text: str, additions: Additions = NO_ADDITIONS) -> Loaded:
    contents = [Content("r.yaml", text.encode())]
    files = load_files(contents)
    return Loaded(files, compiler.check_rules(files, additions=additions), contents, additions)


def test_rule() -> None:
    (rule,) = described(loaded(RULES))["rules"]
    assert rule == {
        "info": {
            "name": "Cat opens",
            "condition": "evt.type in (open, madvise) and is_cat and not tolower(fd.name) startswith oneof (/a, /b)",
            "priority": "Informational",
            "output": "An open was seen (command=%proc.cmdline id=%container.id)",
            "description": "A process named cat does an open",
            "enabled": False,
            "source": "syscall",
            "capture": False,
            "capture_duration": 0,
            "tags": ["a", "b"],
        },
        "details": {
            "macros": ["is_cat"],
            "lists": [],
            "condition_operators": ["=", "in", "startswith oneof"],
            "condition_fields": ["evt.type", "fd.name", "proc.name", "proc.pname", "user.name"],
            "output_fields": ["proc.cmdline", "container.id"],
            "exception_fields": ["proc.pname", "user.name"],
            "exception_names": ["known"],
            "exception_operators": ["=", "in"],
            "events": ["asyncevent", "madvise", "open", "syscall"],
            "condition_compiled": "((evt.type in (open, madvise) and proc.name in (cat, tac) and not tolower(fd.name) "
            "startswith oneof (/a, /b)) and not (proc.pname = sh and user.name in (x, y)))",
            "output_compiled": "An open was seen (command=%proc.cmdline id=%container.id)",
            "plugins": ["container"],
        },
    }


def test_macros_lists_and_requirements() -> None:
    found = described(loaded(RULES))
    assert found["required_engine_version"] == "0.26.0"
    assert found["required_plugin_versions"] == [
        {"name": "container", "version": "0.2.0", "alternatives": [{"name": "json", "version": "0.1.0"}]}
    ]
    used, unused = found["macros"]
    assert used["info"] == {"name": "is_cat", "condition": "proc.name in (cat_capable_binaries)"}
    assert used["details"]["condition_compiled"] == "proc.name in (cat, tac)"
    assert used["details"]["lists"] == ["cat_capable_binaries"]
    assert "openat" in used["details"]["events"]
    assert (used["details"]["used"], unused["details"]["used"]) == (True, False)
    assert found["lists"] == [
        {
            "info": {"name": "cat_binaries", "items": ["cat"]},
            "details": {"used": True, "lists": [], "items_compiled": ["cat"], "plugins": []},
        },
        {
            "info": {"name": "cat_capable_binaries", "items": ["tac"]},
            "details": {"used": True, "lists": ["cat_binaries"], "items_compiled": ["cat", "tac"], "plugins": []},
        },
    ]


def test_additions() -> None:
    extra = AppendOutput("pid=%proc.pid", fields={"note": "by %user.name", "proc.tty": None})
    (rule,) = described(loaded(RULES, Additions((extra,))), "Cat opens")["rules"]
    assert rule["details"]["output_compiled"].endswith("id=%container.id) pid=%proc.pid")
    assert rule["details"]["output_fields"] == ["note", "proc.tty", "proc.cmdline", "container.id", "proc.pid"]
    assert rule["details"]["extra_output_formatted_fields"] == {"note": "by %user.name"}


def test_no_such_rule() -> None:
    with pytest.raises(UsageError, match='Rule "Cat open" is not loaded') as caught:
        described(loaded(RULES), "Cat open")
    assert caught.value.hint == "did you mean `Cat opens`?"


def test_text() -> None:
    long = {"rules": [{"info": {"name": "A", "description": "word " * 14}}]}
    assert text_of(long) == (
        "Rule                                               Description\n"
        "----                                               -----------\n"
        f"A                                                  {'word ' * 11}\n{' ' * 51}{'word ' * 3}\n\n"
    )


@pytest.mark.shared
def test_rule_info_of_falcos_tests() -> None:
    """Claims of TestFalco_Print_Rules, without the plugin `json`, which tiercel does not have."""
    rules: dict[str, Any] = vectors.load(SHARED, "regression_rules")["rules"]
    text = rules["RulesDir000SingleRule"]["content"]
    found = described(loaded(text))
    first, second = found["lists"]
    assert first["details"] == {"used": True, "lists": [], "items_compiled": ["cat"], "plugins": []}
    assert (second["info"]["items"], second["details"]["lists"]) == ([], ["cat_binaries"])
    (macro,) = found["macros"]
    assert macro["details"]["condition_operators"] == ["in"]
    assert macro["details"]["condition_fields"] == ["proc.name"]
    assert macro["details"]["condition_compiled"] == "proc.name in (cat)"
    (rule,) = found["rules"]
    assert rule["details"]["events"] == ["asyncevent", "open"]
    assert rule["details"]["output_fields"] == ["proc.cmdline"]
    assert rule["details"]["output_compiled"] == rule["info"]["output"]


@pytest.mark.shared
def test_falcos_own_rules() -> None:
    """Every condition of a large rule file is described, and the description is JSON."""
    path = SHARED / "peer/rules/falco_rules.yaml"
    contents = [Content(str(path), Path(path).read_bytes())]
    files = load_files(contents)
    found = described(Loaded(files, compiler.check_rules(files), contents, NO_ADDITIONS))
    assert json.loads(json.dumps(found)) == found
    assert len(found["rules"]) == len(files.rules) > 20
    assert all(rule["details"]["condition_compiled"] and rule["details"]["events"] for rule in found["rules"])
    assert all(macro["details"]["condition_compiled"] for macro in found["macros"])
