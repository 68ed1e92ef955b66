# SPDX-License-Identifier: Apache-2.0
"""Files of the repository, and the prose in them."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from support.live import REPOSITORY

PYTHON = frozenset({".py", ".pyi", ".pyx", ".pxd"})
C = frozenset({".c", ".h"})
HASHES = frozenset({".yaml", ".yml", ".toml", ".service", ".dockerignore", ""})

_STRING = r"""(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_IN_PYTHON = re.compile(rf'(?P<triple>"""(?:\\.|[^\\])*?""")|{_STRING}|(?P<comment>#[^\n]*)', re.DOTALL)
_IN_C = re.compile(rf"{_STRING}|(?P<comment>/\*.*?\*/|//[^\n]*)", re.DOTALL)
_AFTER_HASH = re.compile(r"(?:^|\s)#(.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_FIRST_ON_ITS_LINE = re.compile(r"[ \t]*r?")


@functools.cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (REPOSITORY / name for name in sorted(set(listed.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())


def generated(path: Path) -> bool:
    """Return whether `make gen` renders a file."""
    return ".gen." in path.name or path.stem.endswith("_gen") or path.is_relative_to(REPOSITORY / "docs/reference")


def prose(path: Path) -> Iterator[str]:
    """Yield docstrings, comments and the text of documents."""
    text = path.read_text(errors="replace")
    if path.suffix == ".md":
        yield _BLOCK.sub("", text)
    elif path.suffix in PYTHON:
        yield from docstrings(text)
        yield from (found["comment"] for found in _IN_PYTHON.finditer(text) if found["comment"])
    elif path.suffix in C:
        yield from (found["comment"] for found in _IN_C.finditer(text) if found["comment"])
    elif path.suffix in HASHES and not text.startswith("\0"):
        yield from _AFTER_HASH.findall(text)


def docstrings(source: str) -> Iterator[str]:
    """Yield the triple-quoted strings of Python or Cython that begin a line."""
    for found in _IN_PYTHON.finditer(source):
        if found["triple"]:
            before = source[source.rfind("\n", 0, found.start()) + 1 : found.start()]
            if _FIRST_ON_ITS_LINE.fullmatch(before):
                yield found["triple"][3:-3]
