# SPDX-License-Identifier: Apache-2.0
"""tiercel fields, events, operators."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tiercel import cli
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS

VISIBLE = [event for event in EVENTS if not event.internal]
ALL_NAMES = {
    "fields": [field.name for field in FIELDS],
    "events": [event.name for event in VISIBLE],
    "operators": [operator.name for operator in OPERATORS],
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
    assert [line.split()[0].partition("[")[0].removesuffix(".NAME") for line in out.splitlines()] == ALL_NAMES[what]


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
            "filter_only": True,
            "operators": ["=", "!=", "<", "<=", ">", ">=", "in", "exists"],
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
            "syscalls": ["setuid", "setuid32"],
            "doc": "A process changed its user.",
            "params": [
                {"name": "res", "type": "ERRNO", "doc": "0, or -errno", "values": None},
                {"name": "uid", "type": "UID", "doc": "user asked for", "values": None},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fd.name"], ["fd.name"]),
        (["group"], ["group.gid", "group.name"]),
        (["evt.time"], ["evt.time", "evt.time.s", "evt.time.iso8601"]),
        (["pexe"], ["proc.pexepath"]),
        (["thread", "fs"], ["thread.tid", "thread.vtid", "fs.path.name", "fs.path.source", "fs.path.target"]),
    ],
)
def test_words_choose(words: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = tiercel(capsys, "fields", *words, "--json")
    assert [row["name"] for row in json.loads(out)] == expected


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
