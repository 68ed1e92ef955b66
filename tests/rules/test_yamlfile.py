# SPDX-License-Identifier: Apache-2.0
"""YAML to nodes: what is read, and where it stands."""

from __future__ import annotations

import sys

import pytest
import yaml
from support import live

from tiercel.lang.diagnostics import Report
from tiercel.lang.text import Source
from tiercel.rules import yamlfile
from tiercel.rules.yamlfile import MAX_DEPTH, MAX_SCALAR, Map, Node, Scalar, Seq, read_beginning, read_documents


@pytest.fixture(params=["CBaseLoader", "BaseLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers: the one in C is not in every build of it."""
    live.gate(None if hasattr(yaml, request.param) else "this PyYAML has no parser in C")
    monkeypatch.setattr(yamlfile, "_LOADER", getattr(yaml, request.param))
    return str(request.param)


def read(text: str) -> Node:
    report = Report()
    documents = read_documents(Source("f", text), report)
    assert documents is not None, list(report)
    assert len(documents) == 1
    return documents[0]


def problem(text: str) -> str:
    report = Report()
    assert read_documents(Source("f", text), report) is None
    (found,) = report
    return found.code


def value(text: str, key: str) -> Scalar:
    node = read(text)
    assert isinstance(node, Map)
    scalar = node.get(key)
    assert isinstance(scalar, Scalar)
    return scalar


STYLES = {
    "plain": "k: alpha beta  gamma\n",
    "plain over lines": "k: alpha\n   beta\n\n   gamma\n",
    "single": "k: 'alpha ''beta'' gamma'\n",
    "single over lines": "k: 'alpha ''beta''\n\n      gamma'\n",
    "double": 'k: "alpha \\"beta\\" \\t\\x67amma \\u0067\\n gamma"\n',
    "double over lines": 'k: "alpha \\\n    beta\n\n    gamma\\ x"\n',
    "literal": "k: |\n    alpha\n      beta\n\n    gamma\n",
    "folded": "k: >\n    alpha\n    beta\n\n    gamma\n",
    "folded, with comment and chomping": "k: >-  # say\n    alpha\n    beta\n     gamma\n",
    "literal, indentation given": "k: |2\n    alpha\n    beta\n    gamma\n",
    "carriage returns": "k: >\r\n    alpha\r\n    beta\r\n    gamma\r\n",
    "plain, with anchor": "k: &anchor alpha beta  gamma\n",
    "single, with tag and anchor": "k: !!str &anchor\n   'alpha beta gamma'\n",
    "folded, with anchor": "k: &anchor >\n    alpha\n    beta\n    gamma\n",
    "not ASCII": "k: 'älpha 😀beta gamma'\n",
    "flow": "{a: [1], k: alpha beta gamma}\n",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.usefixtures("loader")
def test_places_of_all_styles(style: str) -> None:
    written = STYLES[style]
    lines = written.replace("\r\n", "\n").split("\n")
    scalar = value(written, "k")
    for word in ("lpha", "beta", "gamma"):
        at = scalar.value.rfind(word)
        assert at >= 0
        place = scalar.place(at)
        line = lines[place.line - 1]
        assert line[place.column - 1 :].startswith((word, "\\x67amma", "\\u0067"))
        end = scalar.place(at + len(word) - 1)
        assert lines[end.line - 1][end.column - 1] == word[-1]


@pytest.mark.usefixtures("loader")
def test_the_end_of_a_value_has_a_place() -> None:
    scalar = value("k: |\n  ab\n  cd\n", "k")
    assert (scalar.place(len(scalar.value)).line, scalar.place(len(scalar.value)).column) == (3, 5)
    empty = value("k: ''\n", "k")
    assert empty.place(0).column == 4


@pytest.mark.usefixtures("loader")
def test_scalars_stay_text() -> None:
    node = read("[yes, 0755, 12:30, =, 2001-01-01, 1.5, !tagged x, '~', ~, null, NULL, nULL, ]")
    assert isinstance(node, Seq)
    scalars = [item for item in node.items if isinstance(item, Scalar)]
    assert [item.value for item in scalars[:6]] == ["yes", "0755", "12:30", "=", "2001-01-01", "1.5"]
    assert scalars[6].value == "x"
    assert [item.is_null for item in scalars[7:]] == [False, True, True, True, False]


@pytest.mark.parametrize("char", ["\x01", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff"])
@pytest.mark.usefixtures("loader")
def test_characters_that_yaml_does_not_like_stay_what_they_are(char: str) -> None:
    scalar = value(f"# {char}\nk: a{char}b gamma\n", "k")
    assert scalar.value == f"a{char}b gamma"
    place = scalar.place(scalar.value.index("gamma"))
    assert (place.line, place.column) == (2, 8)


@pytest.mark.usefixtures("loader")
def test_the_first_of_repeated_keys_counts() -> None:
    node = read("{a: 1, b: 2, a: 3}")
    assert isinstance(node, Map)
    assert node.get("a").value == "1"  # type: ignore[union-attr]
    assert [key.place(0).column for key in node.repeated] == [14]


@pytest.mark.usefixtures("loader")
def test_documents_and_anchors() -> None:
    report = Report()
    documents = read_documents(Source("f", "---\n- &a x\n- *a\n---\n~\n--- \n- b\n"), report)
    assert documents is not None
    first, second = documents
    assert isinstance(first, Seq)
    assert first.items[0] is first.items[1]
    assert isinstance(second, Seq)
    assert not len(report)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- [", "E101"),
        ("a: b: c", "E101"),
        ("\tx: 1", "E101"),
        ("- *nowhere", "E101"),
        ("- \0", "E101"),
        ("- \ud800", "E101"),
        ("- '\ud800'", "E101"),
        ("- &a [*a]", "E113"),
        ("- &a {b: [*a]}", "E113"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "E112"),
        ("[" * 100_000, "E112"),
        (f"- {'x' * (MAX_SCALAR + 1)}", "E112"),
    ],
)
@pytest.mark.usefixtures("loader")
def test_problems(text: str, code: str) -> None:
    assert problem(text) == code


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("- a\n- b\n- c: d: e\n- f\n", [["a", "b"]]),
        ("- a\n---\n- b\n- c: 'd\n", [["a"], ["b"]]),
        ("- [a, b]\n- [c, d\n", [[None]]),
        ("- a: b\n  c: d\n- a: b\n c: d\n", [[None]]),
        ("a: b\nc: [\n", []),
        ("'a", []),
    ],
)
@pytest.mark.usefixtures("loader")
def test_the_beginning_of_what_is_not_yaml(text: str, values: list[list[str | None]]) -> None:
    documents, complete = read_beginning(Source("f", text), Report())
    assert not complete
    found = [[getattr(item, "value", None) for item in node.items] for node in documents if isinstance(node, Seq)]
    assert found == values


def test_files_of_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlfile, "MAX_NODES", 100)
    assert problem("- a\n" * 100) == "E112"
    assert read_beginning(Source("f", "- a\n---\n" + "- a\n" * 100), Report()) == ([], False)
    assert isinstance(read("- a\n" * 90), Seq)


@pytest.mark.usefixtures("loader")
def test_aliases_are_references() -> None:
    levels = ["- &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        levels.append(f"- &{name} [{', '.join([f'*{before}'] * 9)}]")
    node = read("\n".join(levels))
    assert isinstance(node, Seq)
    assert sys.getsizeof(node.items) < 1000
