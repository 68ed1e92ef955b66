# SPDX-License-Identifier: Apache-2.0
"""Events written as mappings: values by the field's type, places of mistakes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.live import REPOSITORY

import tiercel
from tiercel.lang.diagnostics import Report
from tiercel.lang.text import Source
from tiercel.schema.fields import FIELDS
from tiercel.testing.events import read_events
from tiercel.testing.reading import read_suite

RULE = "- rule: r\n  desc: d\n  condition: evt.type = open and proc.name = x\n  output: o\n  priority: INFO\n"
_ENDINGS = (("alone", ""), ("index", "[1]"), ("key", "[k]"), ("dotted", ".name"), ("dotted", ".open"))


def read(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    report = Report()
    events = read_events(Source("e.yaml", text), report)
    return [dict(event.fields) for event in events], [f"{f.code} {f.line}:{f.column}" for f in report]


def value(field: str, written: str) -> Any:
    ((event,), mistakes) = read(f"{{evt.type: open, {field}: {written}}}")
    assert mistakes == []
    (name,) = event.keys() - {"evt.type"}
    return event[name]


@pytest.mark.parametrize(
    ("field", "written", "expected"),
    [
        ("proc.name", "cat", "cat"),
        ("proc.name", "12", "12"),
        ("proc.name", "true", "true"),
        ("proc.name", "'~'", "~"),
        ("proc.name", "~", None),
        ("proc.name", "''", ""),
        ("proc.name", "{hex: ff41}", b"\xff\x41"),
        ("proc.pid", "12", 12),
        ("proc.pid", "'12'", 12),
        ("proc.pid", "-1", -1),
        ("proc.pid", "0x10", 16),
        ("proc.tty", "34816", 34816),
        ("evt.failed", "false", False),
        ("evt.failed", "True", True),
        ("fd.sip", "10.0.0.1", "10.0.0.1"),
        ("fd.sip", "'::1'", "::1"),
        ("proc.aname", "[bash, sshd]", ["bash", "sshd"]),
        ("proc.aname", "bash", "bash"),
        ("proc.aname", "[]", []),
        ('"proc.aname[2]"', "sshd", "sshd"),
        ("fd.name", "{requested: /tmp/l, resolved: /etc/shadow}", {"requested": "/tmp/l", "resolved": "/etc/shadow"}),
        ("fd.name", "{resolved: /etc/shadow}", {"resolved": "/etc/shadow"}),
        ("evt.arg.flags", "O_RDONLY", "O_RDONLY"),
        ('"proc.env[HOME]"', "/root", "/root"),
    ],
)
def test_values(field: str, written: str, expected: Any) -> None:
    found = value(field, written)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("field", "written", "code"),
    [
        ("proc.pid", "cat", "E613"),
        ("proc.pid", "1.5", "E613"),
        ("proc.pid", "99999999999999999999", "E613"),
        ("proc.tty", "-1", "E613"),
        ("proc.pid", "[1]", "E613"),
        ("evt.failed", "yes", "E613"),
        ("fd.sip", "localhost", "E613"),
        ("proc.name", "{hex: xyz}", "E613"),
        ("proc.name", "{hex: [a]}", "E613"),
        ("proc.name", "{requested: a}", "E613"),
        ("fd.name", "{asked: a}", "E613"),
        ("fd.name", "{}", "E613"),
        ("proc.nmae", "x", "E201"),
        ("tolower(proc.name)", "x", "E201"),
        ("'proc.aname['", "x", "E201"),
        ("evt.arg", "x", "E206"),
        ("proc.name[1]", "x", "E205"),
        ("evt.type", "open", "E612"),
    ],
)
def test_mistakes(field: str, written: str, code: str) -> None:
    events, mistakes = read(
        f"{{evt.type: open, {field if field[0] in chr(39) else chr(34) + field + chr(34)}: {written}}}"
    )
    assert events == []
    (mistake,) = mistakes
    assert mistake.startswith(f"{code} 1:")


_SAMPLES = {"str": "a", "bytes": "a", "uint": "3", "int": "-3", "bool": "true", "double": "1.5"}


def test_the_core_takes_what_is_read() -> None:
    """The values of every field, one and several, none and bytes."""
    engine = tiercel.Engine(tiercel.Ruleset.loads(RULE))
    taken = 0
    for row in FIELDS:
        sample = _SAMPLES.get(row.type.kind, "10.0.0.1")
        names = [f"{row.name}{ending}" for form, ending in _ENDINGS if form in row.forms]
        for name, written in itertools.product(names, (sample, [sample], [sample, sample], None, {"hex": "00ff"})):
            events, _ = read(json.dumps({"evt.type": "open", name: written} if name != "evt.type" else {name: "open"}))
            for event in events:
                engine.evaluate(event)
                taken += 1
    assert taken > 2 * len(FIELDS)


def test_many_in_one_text() -> None:
    one = {"evt.type": "open"}
    for text in (
        "- {evt.type: open}\n- {evt.type: open}\n",
        "{evt.type: open}\n---\n{evt.type: open}\n",
        '{"evt.type": "open"}\n\n{"evt.type": "open"}\n',
        json.dumps([one, one]),
        json.dumps([one, one], indent=2),
        json.dumps([one, one], indent="\t"),
    ):
        assert read(text) == ([one, one], [])


def test_the_line_of_a_line() -> None:
    assert read('{"evt.type": "open"}\n{"evt.tpye": "open"}\n') == ([{"evt.type": "open"}], ["E201 2:3"])


_KEYS = st.sampled_from(
    [
        *("cases", "rules", "name", "event", "events", "expect", "not", "defaults", "enable", "path_matching"),
        *("rule", "fields", "output", "priority"),
        *("evt.type", "fd.name", "proc.pid", "proc.aname", "requested", "hex", "x"),
    ]
)
_WORDS = st.sampled_from(["none", "open", "both", "/etc", "3", "true", "~", "", "a b", "Sensitive file read", "INFO"])
_TREES = st.recursive(
    _WORDS | st.none() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(_KEYS, part, max_size=4),
    max_leaves=25,
)


@given(st.dictionaries(_KEYS, _TREES, max_size=5))
def test_no_tree_is_a_surprise(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "suite.yaml"
    for suite in (tree, {"cases": [tree]}, {"cases": [{"name": "n", "event": tree, "expect": tree}]}):
        path.write_text(json.dumps(suite))
        report = Report()
        found = read_suite(path, report)
        assert (found is None) is bool(report.errors)
        assert all(str(finding) for finding in report)


def test_the_files_of_this_repository_are_read() -> None:
    for path in sorted((REPOSITORY / "tests/packaged_rules").glob("*.yaml")):
        report = Report()
        assert read_suite(path, report) is not None
        assert list(report) == []
