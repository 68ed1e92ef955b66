# SPDX-License-Identifier: Apache-2.0
"""Plain technical English in docstrings, comments, documents and subjects of commits.

`pytest tests/repo/test_prose.py --update-golden` rewrites the counts; a count in the diff may only fall.
"""

from __future__ import annotations

import collections
import json
import re
import subprocess
from pathlib import Path

import pytest
from support.live import REPOSITORY, gate
from support.sourcetree import docstrings, files, generated, prose

DEBT = REPOSITORY / "tests/repo/prose_debt.json"
# Files that name the banned words.
EXEMPT = frozenset({"tests/repo/test_prose.py"})

# Riddles and archaisms, and the plain words for them.
BANNED = {
    r"told|tells?|telling": "report, pass, contain",
    r"asks?|asked|asking": "request, query, require",
    r"held against|holds? against": "match, evaluate against",
    r"nobody|somebody|whoever": "no process, no caller, a user, …",
    r"anew": "again",
    r"dear|dearer|dearest": "expensive",
    r"besides": "in addition, also",
    r"behind": "after",
    r"(?-i:is none)": "does not exist, is not one",
    r"by turns": "alternately",
    r"knows|believes?|believed|forgets?|forgotten": "has, contains, trusts, discards",
    r"what is (?:told|known|asked|wanted|left|meant)": "the noun",
    r"those (?:that|who)": "the noun",
}
_BANNED = re.compile(rf"\b(?:{'|'.join(BANNED)})\b", re.IGNORECASE)
# A docstring starts with a noun phrase or an imperative.
_RIDDLE = re.compile(r"\s*(?:What|Whether|Who|Whose|Where|Which|How)\b(?![^\n]*\?)")

# Commits after this one have subjects of this form.
FIRST_COMMIT = "66089335a5756fde3e4ae825f0c2133db530aa44"
SUBJECT = re.compile(r"[\w.][\w./|, -]*: \S.*|Revert \".*\"")
MAX_SUBJECT = 72


def folder(path: Path) -> str:
    """Return the folder that a file counts for: a package in the trees of code, else the top level."""
    parts = path.relative_to(REPOSITORY).parts[:-1]
    depth = {"ext": 4, "src": 3, "bpf": 3, "tests": 3, "docs": 2}.get(parts[0] if parts else "", 1)
    return "/".join(parts[:depth]) or "."


def findings(path: Path) -> list[str]:
    """Return each banned word of a file, and each docstring that starts with a question word."""
    found = [word for text in prose(path) for word in _BANNED.findall(text)]
    if path.suffix in {".py", ".pyi", ".pyx", ".pxd"}:
        found += [start[0].strip() for text in docstrings(path.read_text()) if (start := _RIDDLE.match(text))]
    return found


def counts() -> dict[str, int]:
    """Return the number of findings by folder."""
    found: collections.Counter[str] = collections.Counter()
    for path in files():
        name = str(path.relative_to(REPOSITORY))
        if not path.is_symlink() and name not in EXEMPT and (not generated(path) or path.suffix == ".md"):
            found[folder(path)] += len(findings(path))
    return {name: count for name, count in sorted(found.items()) if count}


def test_banned_words_become_fewer(request: pytest.FixtureRequest) -> None:
    """No folder has more findings than the table allows, and the table follows each fall."""
    now = counts()
    if request.config.getoption("--update-golden"):
        DEBT.write_text(json.dumps(now, indent=2) + "\n")
        return
    allowed = json.loads(DEBT.read_text())
    wrong = []
    for name in sorted(now.keys() | allowed.keys()):
        count, limit = now.get(name, 0), allowed.get(name, 0)
        if count > limit:
            wrong.append(f"{name}: {count}, at most {limit}: reword by docs/glossary.md and BANNED in this file")
            wrong += [f"  {path}: {', '.join(words)}" for path, words in worst(name)]
        elif count < limit:
            wrong.append(f"{name}: {count}, the table says {limit}: lower it (--update-golden)")
    assert not wrong, "\n".join([*wrong, "the table of now:", json.dumps(now, indent=2)])


def worst(name: str) -> list[tuple[str, list[str]]]:
    """Return the files of a folder with their findings, most findings first, at most 20."""
    found = [
        (str(path.relative_to(REPOSITORY)), words)
        for path in files()
        if folder(path) == name and not path.is_symlink() and (words := findings(path))
    ]
    return sorted(found, key=lambda row: (-len(row[1]), row[0]))[:20]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", '"""The core is told of it."""\nTEXT = "told"\n', ["told"]),
        ("a.py", "x = 1  # asked anew\n", ["asked", "anew"]),
        ("a.pyx", 'cdef int f():\n    """Whether it fits."""\n', ["Whether"]),
        ("a.py", 'rules = loads("""\ntold\n""")\n', []),
        ("a.h", '/* nobody */\nint x; // behind\nconst char *told = "told";\n', ["nobody", "behind"]),
        ("a.md", "A dear one.\n\n```sh\ntold\n```\n", ["dear"]),
        ("a.yaml", "told: 1  # by turns\n", ["by turns"]),
    ],
)
def test_banned_words_are_found(name: str, text: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert findings(path) == expected


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, check=False, capture_output=True, text=True)


def history_problem() -> str | None:
    """Return why the commits cannot be listed, or None."""
    try:
        done = git("merge-base", "--is-ancestor", FIRST_COMMIT, "HEAD")
    except OSError:
        return "there is no git"
    return None if done.returncode == 0 else f"the history has no commit {FIRST_COMMIT[:12]}"


def test_subjects_of_commits() -> None:
    """`area: imperative object`, at most 72 characters; merges are exempt."""
    gate(history_problem(), "TIERCEL_REQUIRE_HISTORY")
    subjects = git("log", "--no-merges", "--format=%h %s", f"{FIRST_COMMIT}..HEAD").stdout.splitlines()
    wrong = [line for line in subjects if not is_subject(line.partition(" ")[2])]
    assert wrong == []


def is_subject(subject: str) -> bool:
    return len(subject) <= MAX_SUBJECT and SUBJECT.fullmatch(subject) is not None


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        ("hold: queue copies only while metadata is pending", True),
        ("cli, docs: name the reason of a skipped check", True),
        ("core/state: index children by parent", True),
        ("queue copies only while metadata is pending", False),
        ("hold: " + "x" * 67, False),
        ("hold:", False),
    ],
)
def test_form_of_a_subject(subject: str, good: bool) -> None:
    assert is_subject(subject) is good
