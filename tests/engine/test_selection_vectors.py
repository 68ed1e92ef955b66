# SPDX-License-Identifier: Apache-2.0
"""Falco's own tests of which rules are enabled, and of what is appended to their outputs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel import AppendOutput, Ruleset
from tiercel.compiler import Additions
from tiercel.compiler.frontend.output_template import Literal
from tiercel.rules import RuleFiles, load_files

pytestmark = pytest.mark.shared

EXPECTATIONS = ("enabled_rules", "compiled_output", "output_contains", "extra_formatted_fields")
DEFAULT = "falco-default-ruleset"
EVERY = "sample-ruleset"


def test_like_falco(shared_dir: Path, tmp_path: Path) -> None:
    checked: Counter[str] = Counter()
    for test in vectors.load(shared_dir, "rule_loader")["tests"]:
        if any(step.get("expect") in EXPECTATIONS for step in test["steps"]):
            run = Run(tmp_path)
            for step in test["steps"]:
                checked[step.get("expect", "")] += run.step(step, test["name"])
    assert [checked[name] for name in EXPECTATIONS] == [98, 6, 1, 1]


class Run:
    """One case: rule sets by name, and what is appended to their outputs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: list[Path] = []
        self.entries: list[AppendOutput] = []
        self.sets: dict[str, Ruleset] = {}

    def step(self, step: dict[str, Any], name: str) -> bool:
        """Do one step; say whether it was a question that is answered here."""
        match step:
            case {"load": _, "content": text}:
                path = self.folder / f"{name}-{len(self.paths)}.yaml"
                path.write_text(text)
                self.paths.append(path)
                self.sets = {}
            case {"call": "add_extra_output_format", "args": [text, source, tags, rule]}:
                self.entries.append(AppendOutput(text, source=source, tags=frozenset(tags), rule=rule))
            case {"call": "add_extra_output_formatted_field", "args": [key, text, source, tags, rule]}:
                entry = AppendOutput(fields={key: text}, source=source, tags=frozenset(tags), rule=rule)
                self.entries.append(entry)
            case {"call": call, "args": [what, on, *ruleset]} if call.startswith("enable_rule"):
                self.enable(call, what, ruleset[0] if ruleset else DEFAULT, on=on)
            case {"expect": "enabled_rules", "value": count}:
                assert len(self.ruleset(step.get("ruleset", EVERY)).enabled) == count, name
            case {"expect": "compiled_output", "rule": rule, "value": text}:
                assert self.output(rule) == text, name
            case {"expect": "output_contains", "rule": rule, "value": holds, "text": text}:
                assert (text in self.output(rule)) is holds, name
            case {"expect": "extra_formatted_fields", "rule": rule, "value": pairs}:
                (found,) = (one for one in self.files.rules if one.name == rule)
                fields = Additions(tuple(self.entries)).fields_of(found)
                assert [[key, text.value] for key, (text, _) in fields.items()] == pairs, name
            case _:
                return False
        return "expect" in step

    @property
    def files(self) -> RuleFiles:
        return load_files(self.paths)

    def ruleset(self, name: str) -> Ruleset:
        name = name.removeprefix("id:")
        if name not in self.sets:
            rules = Ruleset.load(*self.paths, append_output=self.entries)
            if name != DEFAULT:
                rules = rules.enable(rule="*") if name == EVERY else rules.disable(rule="*")
            self.sets[name] = rules
        return self.sets[name]

    def enable(self, call: str, what: Any, name: str, *, on: bool) -> None:
        """Switch rules of one set: Falco's methods differ in what the text means."""
        rules = self.ruleset(name)
        chosen: list[dict[str, str]] = []
        if call == "enable_rule_by_tag":
            chosen = [{"tag": tag} for tag in what]
        elif call == "enable_rule_wildcard":
            chosen = [{"rule": what}]
        else:
            chosen = [{"rule": f"*{what}*" if call == "enable_rule" else what or "*"}]
        for arguments in chosen:
            if rules.matching(**arguments):  # Falco takes names that no rule has
                rules = rules.enable(**arguments) if on else rules.disable(**arguments)
        self.sets[name.removeprefix("id:")] = rules

    def output(self, rule: str) -> str:
        """Return the output of a rule as it is printed, fields as they are written."""
        entries = self.ruleset(DEFAULT).compile()
        number = next(number for number, one in enumerate(entries.rules) if one.name == rule)
        template = entries.templates[number]
        return "".join(part.text if isinstance(part, Literal) else part.span.value for part in template.segments)
