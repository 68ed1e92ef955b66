# SPDX-License-Identifier: Apache-2.0
"""tiercel fields, events, operators."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tiercel import cli
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.names import FIELD_BY_NAME
from tiercel.schema.render.docs import WORDS

VISIBLE = [event for event in EVENTS if not event.internal]
ALL_NAMES = {
    "fields": [field.name for field in FIELDS if not field.hidden],
    "events": [event.name for event in VISIBLE],
    "operators": [row.name for row in WORDS],
}
LISTINGS = sorted(ALL_NAMES)


def tiercel(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = cli.main(argv)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("what", LISTINGS)
def test_text_has_a_line_for_each(
    what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    status, out, err = tiercel(capsys, what)
    assert (status, err) == (0, "")
    names = [re.split(r"[\[(]", line.split()[0])[0].removesuffix(".NAME") for line in out.splitlines()]
    assert names == ALL_NAMES[what]


@pytest.mark.parametrize("what", LISTINGS)
def test_text_fits_the_terminal(what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = tiercel(capsys, what)
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("what", LISTINGS)
def test_json(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = tiercel(capsys, what, "--json")
    assert status == 0
    rows = json.loads(out)
    assert [row["name"] for row in rows] == ALL_NAMES[what]
    assert all(row["doc"] for row in rows)


@pytest.mark.parametrize("what", LISTINGS)
def test_markdown_is_the_reference(what: str, capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    status, out, _ = tiercel(capsys, what, "--md")
    assert status == 0
    assert out == (repository / "docs/reference" / f"{what}.md").read_text()


def test_json_of_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "fields", "fd.port", "--json")
    assert json.loads(out) == [
        {
            "name": "fd.port",
            "type": "PORT",
            "kind": "uint",
            "argument": "none",
            "two_bindings": False,
            "values": "either",
            "filter_only": True,
            "right_side": FIELD_BY_NAME["fd.port"].no_rhs is False,
            "transformers": FIELD_BY_NAME["fd.port"].no_transformer is False,
            "suggested": False,
            "hidden": False,
            "deprecated": None,
            "pending": None,
            "partial": False,
            "operators": ["=", "!=", "<", "<=", ">", ">=", "in", "intersects", "exists"],
            "doc": "Client or server port: true as soon as one fits; `!=` must hold for both.",
            "missing_when": "the descriptor is not an IP socket, or its role is not known",
        }
    ]


def test_json_of_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "events", "setuid", "--json")
    assert json.loads(out) == [
        {
            "name": "setuid",
            "code": 199,
            "category": "user",
            "direction": "<",
            "origin": "syscall",
            "own": False,
            "pending": None,
            "syscalls": ["setuid", "setuid32"],
            "doc": "A process changed its user.",
            "params": [
                {"name": "res", "type": "ERRNO", "doc": "0, or -errno", "values": None},
                {"name": "uid", "type": "UID", "doc": "requested user", "values": None},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        (["fd.name"], r"fd\.name"),
        (["group"], r"group\..*"),
        (["evt.time"], r"evt\.time(\..*)?"),
        (["pexe"], r".*pexe.*"),
        (["fd.*port"], r"fd\..*port"),
        (["*.NAME", "evt.dir"], r".*\.name|evt\.dir"),
        (["thread", "fs"], r"(thread|fs)\..*"),
    ],
)
def test_words_choose(words: list[str], fits: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "fields", *words, "--json")
    expected = [name for name in ALL_NAMES["fields"] if re.fullmatch(fits, name)]
    assert expected
    assert [row["name"] for row in json.loads(out)] == expected


def test_lists_and_what_no_event_has(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "fields", "fd.types", "--json")
    (row,) = json.loads(out)
    assert (row["values"], row["operators"]) == ("list", ["in", "intersects", "exists"])
    assert row["pending"]
    _, alone, _ = tiercel(capsys, "fields", "fd.types")
    assert "list: text" in alone
    assert f"not read from all events yet: {row['pending']}"[:60] in " ".join(alone.split())
    _, many, _ = tiercel(capsys, "fields", "fd")
    assert "not read from all events yet; no value" in " ".join(many.split())


def test_hidden_fields_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    hidden = {row.name for row in FIELDS if row.hidden}
    _, out, _ = tiercel(capsys, "fields", "--all", "--json")
    assert {row["name"] for row in json.loads(out)} == {*ALL_NAMES["fields"], *hidden}
    for name in sorted(hidden)[:1]:
        assert tiercel(capsys, "fields", name, "--json")[0] == 0


def test_operators_with_modifiers_and_transformers(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "operators", "in", "allof", "getopt", "--json")
    rows = json.loads(out)
    assert [(row["name"], row["category"]) for row in rows] == [
        ("in", "operator"),
        ("allof", "modifier"),
        ("getopt", "transformer"),
    ]
    assert rows[0]["operand"] == "list"
    assert rows[2]["arguments"] == "list, options"


def test_events_by_name_show_params_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "events", "unlinkat", "kill")
    kill, unlinkat = out.split("\n\n")
    assert kill.startswith("kill (signal): A signal was sent to a process.\n  res  ERRNO")
    assert unlinkat.startswith("unlinkat (file): ")
    assert "AT_REMOVEDIR" in unlinkat


@pytest.mark.parametrize("what", LISTINGS)
def test_unknown_word(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = tiercel(capsys, what, "nonesuch")
    assert (status, out) == (2, "")
    assert "'nonesuch'" in err
    assert f"`tiercel {what}`" in err


@pytest.mark.parametrize("what", LISTINGS)
def test_one_form_at_a_time(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = tiercel(capsys, what, "--json", "--md")
    assert (status, out) == (2, "")
    assert "E601" in err
