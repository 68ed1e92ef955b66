# SPDX-License-Identifier: Apache-2.0
"""Constants, repetitions and contradictions."""

from __future__ import annotations

import pytest
from support.compiling import Passes, show


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("proc.name in ()", "false"),
        ("fd.name pmatch ()", "false"),
        ("not proc.name in ()", "true"),
        ("evt.num = 0", "false"),
        ("evt.num in (0)", "false"),
        ("evt.num < 1", "false"),
        ("evt.num <= 0", "false"),
        ("evt.num != 0", "true"),
        ("evt.num > 0", "true"),
        ("evt.num >= 1", "true"),
        ("evt.num >= 0", "true"),
        ("evt.num exists", "true"),
        ("evt.num > 1", "evt.num > 1"),
        ("evt.num in (0, 1)", "evt.num in (0, 1)"),
        ("proc.name = a and evt.num >= 0", "proc.name = a"),
        ("proc.name = a and evt.num = 0", "false"),
        ("proc.name = a or evt.num = 0", "proc.name = a"),
        ("proc.name = a or evt.num >= 0", "true"),
        ("(proc.name = a and fd.num = 1) and (proc.pid = 2 and thread.tid = 3)", None),
        ("proc.name = a and proc.name = a", "proc.name = a"),
        ("proc.name = a or not proc.name = a", "true"),
        ("proc.name = a and not (proc.name = a)", "false"),
        ("not (not (proc.name = a))", "proc.name = a"),
        ("not (proc.name in () or fd.num = 1)", "not fd.num = 1"),
        ("proc.name = a and (fd.num = 1 or fd.num = 1)", "(proc.name = a and fd.num = 1)"),
        ("proc.name != a", "proc.name != a"),
        ("not proc.name = a", "not proc.name = a"),
        ("not (proc.name = a and fd.num = 1)", "not (proc.name = a and fd.num = 1)"),
    ],
)
def test_folded(condition: str, tree: str | None) -> None:
    expected = tree or "(proc.name = a and fd.num = 1 and proc.pid = 2 and thread.tid = 3)"
    assert show(Passes().fold(condition)) == expected


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("proc.name != oneof (a, b)", "one of (proc.name != a, proc.name != b)"),
        ("proc.name = oneof (a, b)", "proc.name in (a, b)"),
        ("proc.name = oneof (a)", "proc.name = a"),
        ("evt.num != oneof (0, 0)", "false"),
        ("evt.num != oneof (0, 0, 5)", "false"),
        ("tolower('AB') startswith oneof (b, a, c)", "true"),
        ("tolower('AB') startswith oneof (b, a, ab)", "false"),
        ("evt.num != oneof (0, 5)", "not evt.num != 5"),
        ("evt.num != oneof (0, 5, 6)", "(not evt.num != 5 and not evt.num != 6)"),
    ],
)
def test_exactly_one(condition: str, tree: str) -> None:
    assert show(Passes().fold(condition)) == tree


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("tolower('ABC') = abc", "true"),
        ("tolower('ABC') = ABC", "false"),
        ("toupper('aé') = 'Aé'", "true"),
        ("basename('/a/b') in (a, b)", "true"),
        ("basename('/a/') = ''", "true"),
        ("len('abc') > 2", "true"),
        ("len(('a', 'bc', 7)) = 3", "true"),
        ("len(()) = 0", "true"),
        ("join(',', ('a', 7, len('bc'))) = 'a,7,2'", "true"),
        ("join(',', ()) = ''", "true"),
        ("concat('a', tolower('B')) startswith ab", "true"),
        ("tolower(('A', 'B')) in (a, b, c)", "true"),
        ("tolower(('A', 'B')) in (a)", "false"),
        ("tolower(('A', 'B')) intersects (b)", "true"),
        ("tolower(('A')) exists", "true"),
        ("tolower(()) exists", "false"),
        ("not tolower(()) in (a)", "true"),
        ("proc.name = tolower('ABC')", "proc.name = abc"),
        ("proc.name in toupper('abc')", "proc.name = ABC"),
        ("len(proc.name) > len('abc')", "len(proc.name) > 3"),
        ("proc.name contains concat('a', 'b')", "proc.name contains ab"),
        ("tolower('ABC') = val(proc.name)", 'tolower("ABC") = val(proc.name)'),
        ("tolower(proc.name) = val(proc.name)", "tolower(proc.name) = val(proc.name)"),
        ("b64('YQ==') = a", 'b64("YQ==") = a'),
        ("tolower('A\\x00') = a", 'tolower("A\0") = a'),
        ("tolower('ABC') glob a*", 'tolower("ABC") glob a*'),
        ("getopt(('-a'), 'a')[a] = a", 'getopt(("-a"), "a")[a] = a'),
    ],
)
def test_transformers_of_constants(condition: str, tree: str) -> None:
    assert show(Passes().fold(condition)) == tree
