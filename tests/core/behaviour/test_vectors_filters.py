# SPDX-License-Identifier: Apache-2.0
"""Conditions that the reference evaluates: the same for an event given by its fields, and for the naive evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import naive, vectors
from support.compiling import build, rule

import tiercel
from tiercel.lang import parse

pytestmark = pytest.mark.shared

# What a condition about a field of the reference's tests is written about here, and the values of these fields.
MOCKS = {
    "c.true": "proc.name",
    "c.false": "proc.pname",
    "c.singlequote": "proc.exe",
    "c.doublequote": "proc.cmdline",
}
MOCKED = {"evt.type": "openat", "proc.name": "1", "proc.exe": "hello 'quoted'", "proc.cmdline": 'hello "quoted"'}

# Names of tests with the fields of their event, as far as the conditions look at them. Their call, getcwd, is not one
# that rules can be about here: another takes its place.
_GETCWD = {"evt.type": "chmod", "syscall.type": "chmod", "evt.source": "syscall", "evt.num": 1, "proc.name": "init"}
_GETCWD |= {"evt.arg.res": "EPERM", "evt.args": "res=-1(EPERM) path=/test/dir "}
_OPEN = {"evt.type": "open", "evt.num": 1, "fd.name": "/tmp/file_to_run", "fd.directory": "/tmp", "fd.types": ["file"]}
_EXEC = {"evt.type": "execve", "evt.num": 1, "proc.name": "myexe"}
EVENTS: dict[str, dict[str, Any]] = {
    "filter_simple_evaluation": _GETCWD,
    "filter_val_transformer": _GETCWD,
    "filter_transformers_combination": _GETCWD,
    "filter_different_types": _OPEN,
    "filter_nul_byte_value": _OPEN,
    "filter_not_supported_rhs_field": _OPEN,
    "filter_not_supported_transformers": _OPEN,
    "filter_transformers_wrong_input_type": _OPEN,
    "filter_cache_disabled": _GETCWD,
    "filter_cache_pointer_instability": {"evt.type": "procexit", "evt.arg.ret": "-1", "evt.arg.reaper_tid": "1"},
    "filter_regex_operator_evaluation": _GETCWD,
    "filter_str_op_modifier_compilation": _GETCWD,
    "filter_str_op_modifier_evaluation": _GETCWD,
    "basename_transformer": _OPEN,
    "len_transformer": _OPEN,
    "multivalue_transformer_join": _OPEN,
    "multivalue_transformer_concat": _OPEN,
    "multivalue_transformer_with_outer_transformer": _OPEN,
    "multivalue_transformer_getopt": _OPEN,
    "FILTERCHECK_MOD_transformer_lhs": _EXEC,
}
"""Tests of ``injection.json``."""

OTHER_EVENTS = {
    "len(fd.types) = 2": {"fd.types": ["file", "ipv4"]},
    "len(evt.arg.data) == 6": {"evt.type": "sendto", "evt.arg.data": b"\x01\x02\x03\x04\x05\x06"},
}
"""Conditions that are evaluated for a later event of their test."""

# The reference evaluates these as filters; in a rule it refuses them too, as it needs the event types of the rule.
ONLY_FILTERS = "(tolower(syscall.type)", "(toupper(syscall.type)", "(tolower(toupper(syscall.type))"


def cases(shared_dir: Path, name: str) -> list[tuple[str, Any]]:
    """The conditions of one test, and whether each holds, cannot be compiled, or at least can be."""
    (test,) = (test for test in vectors.load(shared_dir, "injection")["tests"] if test["name"] == name)
    found = []
    for step in test["steps"]:
        if "filter" in step:
            value = step["value"]
            expected = ("no_throw" if value else "throws") if step["expect"] == "compiles" else value
            found.append((step["filter"].replace("getcwd", "chmod").replace("GETCWD", "CHMOD"), expected))
    return found


def holds(condition: str, event: dict[str, Any]) -> bool | str:
    """Return whether the compiled condition is true, or ``throws``."""
    if build(rule(condition)).program is None:
        return "throws"
    return bool(tiercel.Engine(tiercel.Ruleset.loads(rule(condition))).evaluate(event))


@pytest.mark.parametrize("name", EVENTS)
def test_as_the_reference(shared_dir: Path, name: str) -> None:
    wrong = []
    for condition, expected in cases(shared_dir, name):
        event = EVENTS[name] | OTHER_EVENTS.get(condition, {})
        found = holds(condition, event)
        if expected == "no_throw":
            agree = found != "throws"
        elif expected == "throws" or found == "throws":
            agree = found == expected
        else:
            agree = found == expected == naive.holds(parse(condition), event)
        if not agree and not (found == "throws" and condition.startswith(ONLY_FILTERS)):
            wrong.append(f"{condition}: expected {expected}, found {found}")
    assert not wrong, "\n".join(wrong)


def test_boolean(shared_dir: Path) -> None:
    loaded = vectors.load(shared_dir, "filter_boolean")["cases"]
    wrong = []
    for case in loaded:
        condition = case["filter"]
        for mock, field in MOCKS.items():
            condition = condition.replace(mock, field)
        if not holds(condition, MOCKED) == naive.holds(parse(condition), MOCKED) == case["result"]:
            wrong.append(case["filter"])
    assert len(loaded) == 40
    assert not wrong
