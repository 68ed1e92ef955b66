# SPDX-License-Identifier: Apache-2.0
"""Arguments, file names and rules with what terminals act on: nothing of it reaches the terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.cli import command

from tiercel.escaping import HIDDEN

HOSTILE = "\x1b]0;t\x07\x9b31m\u202e\u200b\r"
RULE = (
    f"""- rule: "R {HOSTILE}"
  desc: d
  condition: evt.type = open and proc.name = "a{HOSTILE}"
  output: o
  priority: INFO
  tags: ["{HOSTILE}"]
  "k{HOSTILE}": x
""".replace("\x1b", "\\e")
    .replace("\x07", "\\a")
    .replace("\r", "\\r")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / f"d{HOSTILE}"
    path.mkdir()
    (path / f"r{HOSTILE}.yaml").write_text(RULE)
    (path / "t.yaml").write_text(f'rules: "r{HOSTILE}.yaml"\ncases: [{{name: "n{HOSTILE}", expect: "{HOSTILE}"}}]\n')
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("run", "-c", HOSTILE),
        ("run", "-r", HOSTILE),
        ("run", "-o", f"{HOSTILE}=1"),
        ("run", "-o", f"priority={HOSTILE}"),
        ("run", "-o", f"engine.kind=replay{HOSTILE}"),
        ("run", f"--{HOSTILE}"),
        ("run", "--alerts", f"/nowhere/{HOSTILE}", "--", HOSTILE),
        ("run", "--", HOSTILE),
        ("record", f"/nowhere/{HOSTILE}", "--", "true"),
        (HOSTILE,),
        ("replay", HOSTILE),
        ("replay", HOSTILE, "-o", f"rules[].disable.rule={HOSTILE}"),
        ("check", "FOLDER/r"),
        ("check", "--json", "FOLDER/r"),
        ("check", HOSTILE),
        ("rules", "FOLDER/r"),
        ("rules", "--json", "--all", "FOLDER/r"),
        ("rules", "--md", "FOLDER/r"),
        ("rules", "--rule", HOSTILE),
        ("explain", "FOLDER/r"),
        ("explain", "--json", "FOLDER/r"),
        ("explain", "--event", HOSTILE),
        ("test", "FOLDER/t"),
        ("test", "--json", "FOLDER/t"),
        ("test", HOSTILE),
        ("fields", HOSTILE),
        ("bench", HOSTILE),
    ],
    ids=lambda words: " ".join(words).replace(HOSTILE, "X"),
)
def test_nothing_hidden_is_printed(folder: Path, words: tuple[str, ...]) -> None:
    paths = {"FOLDER/r": f"{folder}/r{HOSTILE}.yaml", "FOLDER/t": f"{folder}/t.yaml"}
    done = subprocess.run(
        command(*(paths.get(word, word) for word in words)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    shown = (done.stdout + done.stderr).decode().replace("\n", "")
    assert shown
    assert not HIDDEN.findall(shown), shown
    assert "Traceback" not in shown
    assert "internal error" not in shown
