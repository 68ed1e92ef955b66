# SPDX-License-Identifier: Apache-2.0
"""Listings in Falco's forms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.live import SHARED

from tiercel import cli
from tiercel.cli.falco.listings import IGNORED, events, field_names, fields
from tiercel.schema.fields import FIELDS

SHOWN = [row.name for row in FIELDS if not row.hidden and not row.deprecated]


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "falco.yaml"
    path.write_text("stdout_output: {enabled: true}\n")
    return str(path)


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["falco", *words]) == 0
    return capsys.readouterr().out


def test_names_of_fields(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = listed(capsys, "-c", config, "--list", "-N")
    assert sorted(out.splitlines()) == sorted(SHOWN)
    assert listed(capsys, "-c", config, "--list=syscall", "-N") == out
    data = json.loads(listed(capsys, "-c", config, "--list", "-N", "--format=json"))
    assert data == {"fieldnames": out.splitlines()}


def test_fields_as_text() -> None:
    text = fields("text", verbose=False)
    first = text.split("-------------------------------\n")[1]
    assert first.startswith("Field Class:                  evt (The event)\nEvent Sources:                syscall \n\n")
    assert "\nproc.name                     " in text
    assert re.search(r"^evt\.arg +\(ARG_INDEX,ARG_KEY,ARG_REQUIRED,?.*\) ", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 121
    assert re.search(r"^proc\.pid +\(Type: INT64\) ", fields("text", verbose=True), re.MULTILINE)


def test_fields_as_markdown_and_json() -> None:
    page = fields("markdown", verbose=False)
    assert "## Field Class: evt\n" in page
    assert re.search(r"^`proc\.name` \| CHARBUF \| ", page, re.MULTILINE)
    assert re.search(r"^`[\w.]+` \| LIST\(\w+\) \| ", page, re.MULTILINE)
    classes = json.loads(fields("json", verbose=False))["fieldclasses"]
    rows = {row["name"]: row for one in classes for row in one["fields"]}
    assert sorted(rows) == sorted(SHOWN)
    assert rows["proc.aname"]["argument"] == {"required": False, "type": ["INDEX"]}
    assert rows["proc.name"] == {
        "name": "proc.name",
        "type": "CHARBUF",
        "desc": rows["proc.name"]["desc"],
        "is_list": False,
        "argument": None,
    }


def test_no_such_source(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["falco", "-c", config, "--list=k8s_audit"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Value for --list must be a valid source type" in captured.err


def test_events_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    out = listed(capsys, "--list-events")
    lines = out.splitlines()
    assert lines[0] == "The events below are valid for Falco *Schema Version*: 4.5.1"
    assert [line for line in lines if line.startswith("## ")] == [
        "## Syscall events",
        "## Tracepoint events",
        "## Plugin events",
        "## Metaevents",
    ]
    (openat,) = [line for line in lines if line.startswith("< openat(")]
    assert openat.startswith("< openat(FD **fd**, FD **dirfd**, FSRELPATH **name**, FLAGS32 **flags**: ")
    assert "< madvise(SYSCALLID **ID**" in out
    assert listed(capsys, "--list-syscall-events") == out


def test_events_as_markdown_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    page = listed(capsys, "--list-events", "--markdown")
    assert "Default | Dir | Name | Params \n:-------|:----|:-----|:-----\n" in page
    assert re.search(r"^No \| `<` \| `read` \| ERRNO \*\*res\*\*", page, re.MULTILINE)
    assert re.search(r"^Yes \| `<` \| `openat` \| .*\*O_CREAT\*", page, re.MULTILINE)
    data = json.loads(listed(capsys, "--list-events", "--format", "json"))
    rows = {row["name"]: row for row in data["Syscall events"]}
    assert data["schema_version"] == "4.5.1"
    assert rows["read"]["available"] is False
    assert rows["openat"]["params"][3]["name"] == "flags"
    assert "O_CREAT" in rows["openat"]["params"][3]["flags"]


def test_each_event_once() -> None:
    lines = [line for line in events("text").splitlines() if line[:2] in {"< ", "> "}]
    names = [line.partition("(")[0] for line in lines]
    assert len(names) == len(set(names)) > 400


def test_ignored_events(capsys: pytest.CaptureFixture[str]) -> None:
    out = listed(capsys, "-i")
    assert out.startswith("Ignored syscall(s):\n- pread\n")
    assert out.endswith("- writev\n\n")


@pytest.mark.shared
def test_ignored_events_are_falcos() -> None:
    calls = json.loads((SHARED / "spec/sc_sets.json").read_text())["ignored_io"]
    assert {call.removesuffix("64") for call in calls} == IGNORED


def test_names_are_one_a_line() -> None:
    assert field_names("text") == field_names("markdown")
