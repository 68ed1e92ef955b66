# SPDX-License-Identifier: Apache-2.0
"""Path joining and normalization."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel._core.testing._testing import join

COMPONENT = st.sampled_from([b".", b"..", b"a", b"bc", b"...", b".x", b"", b"d d", b"\xff"])
PATH = st.lists(COMPONENT, max_size=8).map(b"/".join)


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (b"/root/", b"a", b"/root/a"),
        (b"/root/", b"./a/./b/.", b"/root/a/b"),
        (b"/root/", b"../etc/shadow", b"/etc/shadow"),
        (b"/root/", b"../../../../etc", b"/etc"),
        (b"/root/", b"/etc//shadow/", b"/etc/shadow"),
        (b"/root/", b"", b""),
        (b"/root/", b"..", b"/"),
        (b"", b"foo/../a", b"a"),
        (b"", b"/foo/../a", b"/a"),
        (b"", b"/", b"/"),
        (b"", b"/...", b"/..."),
        (b"", b"/.a/..b", b"/.a/..b"),
        (b"<UNKNOWN>", b"a/b", b"<UNKNOWN>a/b"),
        (b"a//", b"b", b"a//b"),
        (b"/a/", b"b\xff/\xfe", b"/a/b\xff/\xfe"),
    ],
)
def test_join(base: bytes, path: bytes, expected: bytes) -> None:
    assert join(base, path) == expected


def test_only_falcos_way_has_a_limit() -> None:
    fits = b"a" * (1024 - len(b"/root/") - 1)
    assert join(b"/root/", fits, limit=1024) == b"/root/" + fits
    assert join(b"/root/", fits + b"a", limit=1024) == b"/DIR_TOO_LONG/FILENAME_TOO_LONG"
    assert join(b"/root/", fits + b"a") == b"/root/" + fits + b"a"


@given(PATH)
def test_absolute_paths_are_normal(path: bytes) -> None:
    expected = posixpath.normpath(b"/" + path)
    assert join(b"", b"/" + path) == expected.replace(b"//", b"/", 1)


@given(PATH, PATH)
def test_relative_paths_start_at_the_base(base: bytes, path: bytes) -> None:
    if path.startswith(b"/") or not path:
        return
    clean = posixpath.normpath(b"/" + base).replace(b"//", b"/", 1).rstrip(b"/") + b"/"
    assert join(clean, path) == posixpath.normpath(clean + path)


@pytest.mark.shared
def test_join_as_upstream(shared_dir: Path) -> None:
    def plain(text: str | dict[str, str]) -> bytes:
        return text.encode() if isinstance(text, str) else bytes.fromhex(text["hex"])

    cases = json.loads((shared_dir / "spec/vectors/utils.json").read_text())["cases"]
    cases = [case for case in cases if case["kind"] == "concatenate_paths"]
    assert len(cases) == 34
    for case in cases:
        found = join(plain(case["dir"]), plain(case["path"]), limit=1024)
        assert found == plain(case["result"]), case
