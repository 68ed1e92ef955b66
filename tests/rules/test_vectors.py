# SPDX-License-Identifier: Apache-2.0
"""Loading as Falco loads: its own tests of the loader, and the rule files of its regression tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.compiler import Checked, check_rules
from tiercel.compiler.frontend.config_additions import Additions, AppendOutput
from tiercel.compiler.frontend.lints import without_removed
from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.ir.tree import Failed
from tiercel.compiler.pipeline import Pipeline
from tiercel.engine.ruleset import Ruleset
from tiercel.lang.printer import unparse
from tiercel.lang.wording import WORDING
from tiercel.rules import RuleFiles, load_files, load_text
from tiercel.rules.exceptions import full_condition

pytestmark = pytest.mark.shared

SAYS = {
    "'append' key is deprecated": "W508",
    "The standalone 'enabled' key usage is deprecated": "W508",
    "Rule matches too many evt.type values": "W507",
    "Macro has an invalid name": "W505",
    "List has an invalid name": "W506",
    "Overriding/appending exception with no values": "W516",
    "Multiple definitions of exception": "W517",
    "may be a valid field": "W510",
    "Unknown key '": "W501",
    "usage of deprecated field 'evt.dir'": "W508",
    "evt.dir": "W508",
    "Key 'priority' cannot be appended to": "E116",
    "Keys 'override' and 'append: true' cannot be used together": "E116",
    "no macro by that name already exists": "E221",
    "no rule by that name already exists": "E221",
    "no list by that name already exists": "E221",
    "An append override for 'condition' was specified": "E118",
    "Unexpected key 'priority'": "E119",
    "'enabled' was specified but 'enabled' is not defined": "E118",
    "Item has no mapping for key 'fields'": "E105",
    "Unable to parse engine version": "E114",
    "re-defined with a different source": "E220",
    "is not a supported comparison operator": "E224",
    "comps must be one of": "E224",
}
"""Our code for what Falco says."""


class Case:
    """One test of the loader: its steps in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: list[Path] = []
        self.files: RuleFiles
        self.checked: Checked
        self.appended: list[AppendOutput] = []
        self.rulesets: dict[str, Ruleset] = {}

    def run(self, steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the steps whose expectation does not hold."""
        for step in steps:
            if "load" in step:
                self.paths.append(self.folder / f"{len(self.paths)}-{Path(step['load']).name}")
                self.paths[-1].write_text(step["content"])
                self.files = load_files(self.paths)
                self.checked = check_rules(self.files)
            elif "call" in step:
                getattr(self, step["call"])(*step["args"])
            elif not getattr(self, step["expect"])(step):
                yield step

    # -- what Falco's tests call -----------------------------------------------------------------------------------

    def add_extra_output_format(self, text: str, source: str, tags: list[str], rule: str) -> None:
        self.appended.append(AppendOutput(text, source=source, tags=frozenset(tags), rule=rule))

    def add_extra_output_formatted_field(self, key: str, text: str, source: str, tags: list[str], rule: str) -> None:
        self.appended.append(AppendOutput(fields={key: text}, source=source, tags=frozenset(tags), rule=rule))

    def enable_rule(self, part: str, on: bool, ruleset: str = "") -> None:
        self.switch(ruleset, on, rule=f"*{part}*")

    def enable_rule_exact(self, name: str, on: bool, ruleset: str = "") -> None:
        self.switch(ruleset, on, rule=name or "*")

    def enable_rule_wildcard(self, pattern: str, on: bool, ruleset: str = "") -> None:
        self.switch(ruleset, on, rule=pattern)

    def enable_rule_by_tag(self, tags: list[str], on: bool, ruleset: str = "falco-default-ruleset") -> None:
        for tag in tags:
            self.switch(ruleset, on, tag=tag)

    def switch(self, ruleset: str, on: bool, **which: str) -> None:
        name = ruleset.removeprefix("id:")
        rules = self.ruleset(name)
        if rules.matching(**which):  # Falco ignores names that no rule has; a call of ours is refused
            self.rulesets[name] = rules.enable(**which) if on else rules.disable(**which)

    def ruleset(self, name: str) -> Ruleset:
        """The rule set of a name: empty at first, but for the default one."""
        if name not in self.rulesets:
            rules = Ruleset.load(*self.paths)
            self.rulesets[name] = rules if name == "falco-default-ruleset" else rules.disable(rule="*")
        return self.rulesets[name]

    # -- what they expect ------------------------------------------------------------------------------------------

    def loaded(self, step: dict[str, Any]) -> bool:
        return self.checked.has_errors is not step["value"]

    def schema(self, _step: dict[str, Any]) -> bool:
        """Falco's schema has types only; ours is stricter (test_schema.py), and neither makes loading fail."""
        return True

    def has_warnings(self, step: dict[str, Any]) -> bool:
        """Only what Falco warns about too counts."""
        warned = any(one.severity == "warning" and one.falco for one in self.checked.diagnostics)
        return warned is step["value"]

    def warning_contains(self, step: dict[str, Any]) -> bool:
        code = next(code for words, code in SAYS.items() if words in step["text"])
        return any(one.code == code for one in self.checked.diagnostics) is step["value"]

    error_contains = warning_contains

    def enabled_rules(self, step: dict[str, Any]) -> bool:
        return len(self.ruleset(step["ruleset"]).enabled) == step["value"]

    def compiled_condition(self, step: dict[str, Any]) -> bool:
        stage = self.files.stages[-1]
        pipeline = Pipeline(macros=MacroTable(Lists(stage.lists), stage.macros))
        tree = pipeline.run(full_condition(stage.rules[step["rule"]]), "parse", "expand")
        assert not isinstance(tree, Failed), tree.findings
        return unparse(tree) == step["value"]

    def output(self, step: dict[str, Any]) -> str:
        rule = self.files.stages[-1].rules[step["rule"]]
        return without_removed(Additions(tuple(self.appended)).output_of(rule))[0].value

    def compiled_output(self, step: dict[str, Any]) -> bool:
        return self.output(step) == step["value"]

    def output_contains(self, step: dict[str, Any]) -> bool:
        return (step["text"] in self.output(step)) is step["value"]

    def extra_formatted_fields(self, step: dict[str, Any]) -> bool:
        fields = Additions(tuple(self.appended)).fields_of(self.files.stages[-1].rules[step["rule"]])
        return [[key, text.value] for key, (text, _) in fields.items()] == step["value"]

    def state(self, step: dict[str, Any]) -> bool:
        """Check the contents of Falco's description of rules, or the piece of the file that it shows with an error."""
        path = step["path"]
        if "snippet" in path:
            return any("priority: append" in one.snippet for one in self.checked.diagnostics)
        return str(self.described(path)) == str(step["value"])

    def described(self, path: str) -> object:
        name, _, rest = path.removeprefix("describe(").partition(")")
        if name != "*":
            rule = self.files.stages[-1].rules[name]
            attribute = rest.removeprefix("[rules][0][info][").removesuffix("]")
            names = {"description": "desc", "capture_duration": "capture_duration_ms"}
            value = getattr(rule, names.get(attribute, attribute))
            return getattr(value, "value", value) if attribute in {"condition", "output"} else value
        items = [item.value for item in self.files.lists[0].items]
        return {
            "[rules].size()": len(self.files.rules),
            "[macros].size()": len(self.files.macros),
            "[lists].size()": len(self.files.lists),
            "[lists][0][details][lists].size()": len(set(items) & {one.name for one in self.files.lists}),
            "[lists][0][details][items_compiled].size()": len(items),
            "[lists][0][details][items_compiled][0]": items[0],
            "[lists][0][details][items_compiled][1]": items[1],
        }[rest]


def test_loader_tests(shared_dir: Path, tmp_path: Path) -> None:
    tests = vectors.load(shared_dir, "rule_loader")["tests"]
    assert len(tests) == 114
    wrong: dict[str, list[dict[str, Any]]] = {}
    for number, test in enumerate(tests):
        folder = tmp_path / str(number)
        folder.mkdir()
        failed = list(Case(folder).run(test["steps"]))
        if failed:
            wrong[test["name"]] = failed
    assert not wrong


# -- regression tests --------------------------------------------------------------------------------------------------

DIFFERENT_FILES = {
    ("SkipUnknownError",): "all mistakes are reported, not the first alone",
    ("InvalidBaseMacro", "InvalidAppendMacro"): "what is not used is told after the last file",
}
"""Rule files about which we mean to answer differently, with the reason."""

NOT_TESTED = {
    "InvalidConditionNotRule": ["E106"],
    "InvalidListLoop": ["E208"],
    "InvalidMacroCompleError": ["E202", "W503", "W505"],
    "InvalidMacroLoop": ["E210"],
    "MultipleDocs": [],
    "PluginsCloudtrailIncompatPluginVersion": ["E229", "W509"],
    "RulesListWithPluginJSON": ["E221", "E229", "W508"],
}
"""Rule files that no regression test loads, with our codes.  Those of Kubernetes need the rules that they change."""


def test_rule_files_of_regression_tests(shared_dir: Path, tmp_path: Path) -> None:
    """The rule files that load, and the diagnostics of the others."""
    texts = {
        name: row["content"]
        for name, row in vectors.load(shared_dir, "regression_rules")["rules"].items()
        if row.get("content") is not None
    }
    wrong: dict[tuple[str, ...], object] = {}
    seen: set[str] = set()
    for test in vectors.load(shared_dir, "regression")["tests"]:
        for asserted in filter(concerns_loading, test["asserts"]):
            for names in rule_files(test, asserted["what"] == "validation"):
                if set(names) <= set(texts) and "Print" not in test["name"]:
                    seen.update(names)
                    paths = [tmp_path / f"{name}.yaml" for name in names]
                    for path in paths:
                        path.write_text(texts[path.stem])
                    if problem := differs(check_rules(load_files(paths)), asserted, paths):
                        wrong[tuple(names)] = problem, asserted
    assert set(wrong) == set(DIFFERENT_FILES), wrong
    assert {name for name in set(texts) - seen if not name.startswith("K8S")} == set(NOT_TESTED)
    found = {name: check_rules(load_text(texts[name])).diagnostics for name in NOT_TESTED}
    assert {name: sorted(one.code for one in all_ if one.falco) for name, all_ in found.items()} == NOT_TESTED


def concerns_loading(asserted: dict[str, Any]) -> bool:
    return asserted.get("what") == "validation" or (asserted.get("what") == "exit_code" and asserted["value"] == 0)


def rule_files(test: dict[str, Any], validation: bool) -> Iterator[list[str]]:
    """The rule files of a test, one list for each set of files that are loaded together."""
    wanted = "RulesValidation" if validation else "Rules"
    return (option[wanted] for run in test["runs"] for option in run if wanted in option)


def differs(checked: Checked, asserted: dict[str, Any], paths: list[Path]) -> str:
    """Return the diagnostics if they differ from the assertion of a test, else nothing."""
    codes = [(one.falco, one.item) for one in checked.diagnostics if one.falco]
    if asserted["what"] == "exit_code":
        return f"{codes}" if checked.has_errors else ""
    if asserted["op"] == "True":
        return "" if not check_rules(load_files(paths[:1])).has_errors else f"{codes}"
    kind = asserted["kind"].removesuffix("s")
    found = [one for one in checked.diagnostics if one.severity == kind and one.falco]
    if asserted.get("count_of"):
        return "" if len(found) == asserted["value"] else f"{len(found)}"
    item = f'{asserted["itemtype"]} "{asserted.get("itemname")}"'
    fits = [one for one in found if one.falco == asserted["code"]]
    if asserted["itemtype"] in {"rule", "macro", "list"} and asserted.get("itemname"):
        fits = [one for one in fits if one.item == item]
    return "" if fits else f"{codes}"


def test_every_kind_of_case_has_its_test(shared_dir: Path) -> None:
    """Cases of Falco's engine beside the loader: where each kind is tested, or what it is about instead."""
    kinds = {
        "plugin_requirements": "test_versions.py",
        "na_or_deprecated_warning": "tests/compiler/frontend/test_lints.py",
        "matches_wildcard": "tests/engine/test_ruleset.py",
        "sanitize_rule_name": "names of metrics",
        "prometheus_interval_ms": "the interval of metrics",
        "is_unix_scheme": "addresses of container engines",
    }
    assert {case["kind"] for case in vectors.load(shared_dir, "engine_misc")["cases"]} == set(kinds)


def test_every_code_of_falco_is_one_of_ours(shared_dir: Path) -> None:
    """Those of extensions are for loaders of other kinds of items."""
    text = (shared_dir / "spec/rule-language.md").read_text()
    theirs = set(re.findall(r"^\| (LOAD_\w+) \|", text, re.MULTILINE))
    assert len(theirs) == 22
    ours = {wording.falco for wording in WORDING.values() if wording.falco}
    assert theirs - ours == {"LOAD_ERR_EXTENSION", "LOAD_WARNING_EXTENSION"}
    assert ours <= theirs
