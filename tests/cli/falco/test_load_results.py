# SPDX-License-Identifier: Apache-2.0
"""Results of loading in Falco's forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import vectors
from support.live import SHARED

from tiercel.cli.falco.load_results import LoadResult, load_each
from tiercel.compiler import Additions
from tiercel.lang.wording import WORDING
from tiercel.rules import Content

GOOD = "- {rule: good, desc: d, condition: evt.type = open, output: o, priority: INFO}\n"
BAD = """\
- macro: unused
  condition: evt.type = open

- rule: bad
  desc: d
  condition: evt.type = open and fd.nme = x
  output: o
  priority: INFO
"""


def results(**texts: str) -> list[LoadResult]:
    return load_each([Content(f"{name}.yaml", text.encode()) for name, text in texts.items()], Additions())[0]


def test_text() -> None:
    good, bad = results(good=GOOD, bad=BAD)
    assert good.as_text() == "good.yaml: Ok"
    assert bad.as_text() == (
        "bad.yaml: Invalid\n"
        "1 Errors:\n"
        "In rules content: (bad.yaml:0:0)\n"
        "    rule 'bad': (bad.yaml:3:0)\n"
        "    condition expression: (bad.yaml:5:33)\n"
        "------\n"
        "  condition: evt.type = open and fd.nme = x\n"
        "                                 ^\n"
        "------\n"
        "LOAD_ERR_COMPILE_CONDITION (Error compiling condition): there is no field `fd.nme` (did you mean `fd.name`?)\n"
        "1 Warnings:\n"
        "In rules content: (bad.yaml:0:0)\n"
        "    macro 'unused': (bad.yaml:0:0)\n"
        "    value for: (bad.yaml:0:9)\n"
        "------\n"
        "- macro: unused\n"
        "         ^\n"
        "------\n"
        "LOAD_UNUSED_MACRO (Unused macro): macro `unused` is not used (remove it, or use it in a condition)"
    )


def test_json() -> None:
    (bad,) = results(bad=BAD)
    found = bad.as_json()
    assert json.loads(json.dumps(found)) == found
    assert (found["name"], found["successful"]) == ("bad.yaml", False)
    (error,) = found["errors"]
    assert error["code"] == "LOAD_ERR_COMPILE_CONDITION"
    assert error["codedesc"] == "Error compiling condition"
    assert error["context"]["snippet"] == f"  condition: evt.type = open and fd.nme = x\n{' ' * 33}^\n"
    places = error["context"]["locations"]
    assert [(place["item_type"], place["item_name"]) for place in places] == [
        ("rules content", ""),
        ("rule", "bad"),
        ("condition expression", ""),
    ]
    offset = places[2]["position"]["offset"]
    assert BAD[offset:].startswith("fd.nme")
    assert BAD[places[1]["position"]["offset"] :].startswith("- rule: bad")


def test_findings_belong_to_the_file_that_adds_them() -> None:
    first, second, third = results(
        first=BAD, second=GOOD, third=GOOD + "- {macro: other, condition: evt.type = close}\n"
    )
    assert len(first.errors) == 1
    assert second.status == "second.yaml: Ok"
    assert third.status == "third.yaml: Ok, with warnings"
    assert [found.code for found in third.warnings] == ["W503"]


def test_a_warning_of_tiercel_alone_is_none_of_falco() -> None:
    """W524, a check that never holds, has no code of Falco."""
    text = "- {rule: a, desc: d, condition: evt.type = open and fd.num = 1 and fd.num = 2, output: o, priority: INFO}\n"
    assert results(a=text)[0].status == "a.yaml: Ok"


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]\n"])
def test_empty_files_are_valid(text: str) -> None:
    assert results(empty=text)[0].as_text() == "empty.yaml: Ok"


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("a: b\n", "rules content", ""),
        ("- {required_engine_version: 99}\n", "required_engine_version", ""),
        ("- {rule: a}\n", "rule", "a"),
        ("- {rule: a, desc: d, condition: evt.type = open, output: '%x', priority: INFO}\n", "rule output", ""),
    ],
    ids=str,
)
def test_places(text: str, kind: str, name: str) -> None:
    (found,) = results(a=text)[0].errors[:1]
    data = results(a=text)[0].as_json()["errors"][0]
    assert (kind, name) in {(place["item_type"], place["item_name"]) for place in data["context"]["locations"]}, found


def test_hidden_characters_are_visible() -> None:
    (found,) = results(a='- {rule: "a\\e[2J", desc: d, condition: nope, output: o, priority: INFO}\n')
    assert "\x1b" not in found.as_text()
    assert "\\x1b[2J" in found.as_text()


def test_a_long_file_is_quick() -> None:
    """Five hundred errors in fifty thousand lines: places are found without reading the file for each."""
    rules = "".join(f"- rule: r{number}\n  desc: d\n" + "  # filler\n" * 97 for number in range(500))
    (found,) = results(a=rules)
    assert len(found.as_json()["errors"]) > 400


def test_each_code_of_falco_has_a_text() -> None:
    """Text and JSON name every code, with words beside it."""
    from tiercel.cli.falco.load_results import _ERRORS, _WARNINGS

    assert {row.falco for row in WORDING.values() if row.falco} <= {*_ERRORS, *_WARNINGS}


# Claims that differ, with the reason.
DIFFERENT = {
    "TestFalco_Legacy_SkipUnknownError": "all mistakes are reported, not the first alone",
}


@pytest.mark.shared
def test_validation_of_falcos_tests() -> None:
    """The code, and the name of the item, of each finding that Falco's tests of `-V` claim."""
    texts = {
        name: row["content"]
        for name, row in vectors.load(SHARED, "regression_rules")["rules"].items()
        if row.get("content") is not None
    }
    wrong: dict[str, Any] = {}
    checked = 0
    for test in vectors.load(SHARED, "regression")["tests"]:
        names = next((o["RulesValidation"] for run in test["runs"] for o in run if "RulesValidation" in o), [])
        if not names or not set(names) <= set(texts):
            continue
        found = [result.as_json() for result in results(**{name: texts[name] for name in names})]
        for claim in test["asserts"]:
            if claim["what"] != "validation":
                continue
            checked += 1
            if not holds(claim, found):
                wrong[test["name"]] = claim, found
    assert checked > 40
    assert set(wrong) == set(DIFFERENT), wrong


def holds(claim: dict[str, Any], found: list[dict[str, Any]]) -> bool:
    if claim["op"] == "True":
        return found[0]["successful"] is True
    findings = [one for result in found for one in result[claim["kind"]]]
    if claim.get("count_of"):
        return len(findings) == claim["value"]
    placed = [(one["code"], place) for one in findings for place in one["context"]["locations"]]
    places = [(code, place["item_name"], place["item_type"]) for code, place in placed]
    kind, name = claim["itemtype"], claim.get("itemname", "")
    if kind in {"rule", "macro", "list"}:
        return (claim["code"], name, kind) in places
    return any(code == claim["code"] for code, _, _ in places)
