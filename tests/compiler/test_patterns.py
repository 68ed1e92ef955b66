# SPDX-License-Identifier: Apache-2.0
"""Literal parts of patterns: every text that fits one has them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.naive_operators import compare
from support.plans import KINDS

from tiercel.compiler.patterns import glob_key, path_key

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
    assert glob_key(pattern, fold=fold) == key


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
    assert path_key(prefix) == key


@settings(max_examples=2000, deadline=None)
@given(PATTERNS, TEXTS, st.booleans())
def test_what_fits_a_shell_pattern_has_its_key(pattern: bytes, text: bytes, fold: bool) -> None:
    key = glob_key(pattern, fold=fold)
    if key is not None and compare("iglob" if fold else "glob", text, pattern):
        assert KINDS[key[0]](text, key[1])


@settings(max_examples=2000, deadline=None)
@given(PATTERNS, TEXTS | PATTERNS)
def test_what_lies_below_a_path_has_its_key(prefix: bytes, path: bytes) -> None:
    key = path_key(prefix)
    if key is not None and compare("pmatch", path, [prefix]):
        assert KINDS[key[0]](path, key[1])
