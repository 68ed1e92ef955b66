# SPDX-License-Identifier: Apache-2.0
"""Form of the repository: sizes, licences, hosts and paths, change log."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.live import REPOSITORY
from support.sourcetree import files, generated

CODE = {".py", ".pyi", ".pyx", ".pxd", ".c", ".h", ".sh"}
TEXT = CODE | {".md", ".yaml", ".yml", ".toml", ".txt", ".json", ""}
MAX_LINES = 500
TOP_LEVEL = {
    *("setup.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "LICENSE"),
    *("src", "ext", "bpf", "rules", "benches", "tests", "docs", "deploy", "examples", ".ci"),
    *(".gitignore", ".gitattributes", ".clang-format", ".yamllint"),
}
# Hosts of documents that texts may refer to. The build must depend on no host.
HOSTS = {
    "github.com",
    "falco.org",
    "json-schema.org",
    "keepachangelog.com",
    "semver.org",
    "www.apache.org",
    "www.gnu.org",
    "www.w3.org",  # the name of a namespace in SVG
}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|opt/wheels|usr/local/share/ca)/[\w.]")
URL = re.compile(r"https?://[^\s\"'<>()\[\]`,]+")
CHANGE_HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def text_files() -> list[Path]:
    return [path for path in files() if path.suffix in TEXT and not path.is_symlink()]


def relative(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(REPOSITORY)) for path in paths]


def test_only_the_agreed_top_level() -> None:
    assert {path.relative_to(REPOSITORY).parts[0] for path in files()} <= TOP_LEVEL


def test_hand_written_files_are_short() -> None:
    long = {}
    for path in text_files():
        if path.suffix in CODE | {".md", ".yaml"} and not generated(path):
            lines = path.read_text().count("\n")
            if lines >= MAX_LINES:
                long[str(path.relative_to(REPOSITORY))] = lines
    assert long == {}


@pytest.mark.parametrize("inside_bpf", [True, False], ids=["bpf", "elsewhere"])
def test_code_says_its_licence(inside_bpf: bool) -> None:
    wanted = "SPDX-License-Identifier: " + ("(BSD-2-Clause OR GPL-2.0)" if inside_bpf else "Apache-2.0")
    bpf = REPOSITORY / "bpf"
    code = [path for path in text_files() if path.suffix in CODE and path.is_relative_to(bpf) is inside_bpf]
    without = [path for path in code if wanted not in "\n".join(path.read_text().splitlines()[:3])]
    assert relative(without) == []


def test_no_hosts_but_documents() -> None:
    named: dict[str, set[str]] = {}
    for path in text_files():
        for url in URL.findall(path.read_text(errors="replace")):
            host = urlsplit(url).hostname or ""
            if host not in HOSTS and not host.endswith((".example", "example.com", "example.org")):
                named.setdefault(str(path.relative_to(REPOSITORY)), set()).add(host)
    assert named == {}


def test_no_paths_of_one_machine() -> None:
    assert relative([path for path in text_files() if MACHINE_PATH.search(path.read_text(errors="replace"))]) == []


def test_change_log_keeps_its_form() -> None:
    lines = (REPOSITORY / "CHANGELOG.md").read_text().splitlines()
    assert lines[0] == "# Changelog"
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    for line in versions[1:]:
        assert re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", line), line
    assert {line[4:] for line in lines if line.startswith("### ")} <= CHANGE_HEADINGS


def test_error_codes_are_listed() -> None:
    """Every raised error code is in the table `CODES`."""
    from tiercel.errors import CODES

    used = set()
    for folder in ("src", "ext"):
        for path in (REPOSITORY / folder).rglob("*.py*"):
            if path.suffix in {".py", ".pyx"} and path.name != "errors.py":
                used |= set(re.findall(r"\"(E[3-8]\d\d)\"", path.read_text()))
    assert used <= set(CODES)
