# SPDX-License-Identifier: Apache-2.0
"""Literal parts of patterns: every text that fits one has them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.naive_operators import compare
from support.plans import KINDS

from tiercel.compiler.planner.glob_literals import glob_keys, path_keys

PATTERNS = st.text(alphabet="ab/*?[]!-\\:A", max_size=12).map(str.encode)
TEXTS = st.text(alphabet="ab/]\\*A-", max_size=8).map(str.encode)


@pytest.mark.parametrize(
    ("pattern", "fold", "key"),
    [
        (b"abc", False, ("exact", b"abc")),
        (b"aBc", True, ("isubstring", b"abc")),
        (b"/etc/*", False, ("prefix", b"/etc/")),
        (b"*.conf", False, ("suffix", b".conf")),
        (b"a*.conf", False, ("suffix", b".conf")),
        (b"/etc/*.d", False, ("prefix", b"/etc/")),
        (b"/ETC/*.d", True, ("isubstring", b"/etc/")),
        (b"*pass*wd*", False, ("substring", b"pass")),
        (b"[ab]cde", False, ("suffix", b"cde")),
        (b"ab\\cd", False, ("prefix", b"ab")),
        (b"*", False, None),
        (b"?", False, None),
        (b"*a[b]*", False, None),
        (b"*", True, None),
        (b"", False, ("exact", b"")),
    ],
)
def test_shell_patterns(pattern: bytes, fold: bool, key: object) -> None:
    assert glob_keys(pattern, fold=fold) == ((key,) if key else ())


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        (b"/etc", ("path", b"/etc")),
        (b"//etc///x//", ("path", b"/etc/x")),
        (b"/etc/*/x", ("path", b"/etc/")),
        (b"/e\\tc", ("path", b"/e\\tc")),
        (b"/e\\tc/*", ("path", b"/e")),
        (b"etc", ("path", b"etc")),
        (b"/", None),
        (b"//", None),
        (b"", None),
        (b"*", None),
    ],
)
def test_paths(prefix: bytes, key: object) -> None:
    assert path_keys(prefix) == ((key,) if key else ())


@settings(max_examples=examples(500), deadline=None)
@given(PATTERNS, TEXTS, st.booleans())
def test_what_fits_a_shell_pattern_has_its_key(pattern: bytes, text: bytes, fold: bool) -> None:
    keys = glob_keys(pattern, fold=fold)
    if keys and compare("iglob" if fold else "glob", text, pattern):
        assert any(KINDS[kind](text, key) for kind, key in keys)


@settings(max_examples=examples(500), deadline=None)
@given(PATTERNS, TEXTS | PATTERNS)
@example(b"a\\b", b"ab")
@example(b"/a\\b/*", b"/ab/x")
@example(b"/a\\b/*", b"/a\\b/x")
@example(b"/a\\*", b"/a*")
def test_what_lies_below_a_path_has_its_key(prefix: bytes, path: bytes) -> None:
    keys = path_keys(prefix)
    if keys and compare("pmatch", path, [prefix]):
        assert any(KINDS[kind](path, key) for kind, key in keys)
