# SPDX-License-Identifier: Apache-2.0
"""Regular expressions: accepted syntax and matches."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import checking, holds
from support.core import given as evaluate
from support.examples import examples

from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.testing import _testing
from tiercel._core.util.regex import problem
from tiercel.compiler.ir.operands import UnfitError, convert
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Program, Read
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.types import T


def fits(pattern: bytes, text: bytes) -> bool:
    return _testing.compare("regex", "str", text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (b"tru", b"true", False),  # the whole text
        (b"tru.*", b"true", True),
        (b".*rue", b"true", True),
        (b"^true$", b"true", True),
        (b"", b"", True),
        (b"", b"a", False),
        (b".*", b"", True),
        (b"a|ab", b"ab", True),  # any alternative that fits, not the first
        (b"(a|b)*c", b"ababc", True),
        (b"[[:alpha:]]+[0-9]{2}", b"tty01", True),
        (b"a.c", b"a\nc", False),
        (b"a[^x]c", b"a\nc", True),
        (b"[.]so[.][0-9]+$", b".so.6", True),
        (b"\\.so", b".so", True),
        (b"A", b"a", False),
        (b"/p./q.", b"/p\xff/q\xff", True),  # each invalid UTF-8 byte is one character
        (b"/p./q", b"/p\xff/q\xff", False),
        ("ä".encode(), "ä".encode(), True),
        (b".", "ä".encode(), True),
        ("[ä-ö]".encode(), b"\xc3", False),
        (b"\xef\xbf\xbd", b"\xff", True),
        (b"a\\x00b", b"a\0b", True),
        (b"a.b", b"a\0b", True),
        (b"a", b"a\0b", False),
    ],
)
def test_matches(pattern: bytes, text: bytes, expected: bool) -> None:
    assert problem(pattern) is None
    assert fits(pattern, text) is expected


def test_upstream_sentences() -> None:
    for pattern, expected in (
        (b"^[s]{1}ysca[l]{2}$", True),
        (b"yscal.*", False),
        (b".*yscal", False),
        (b"syscal.*", True),
        (b"^unknown$", False),
    ):
        assert holds("proc.name", "regex", pattern, value="syscall") is expected
    assert not holds("proc.name", "regex", b".*", value=None)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (b"(", "missing ): ("),
        (b"(?=a)", "no argument for repetition operator: ?"),
        (b"[a", "missing ]: [a"),
        (b"*a", "no argument for repetition operator: *"),
        (b"\\d", r"invalid escape sequence: \d"),  # POSIX: no Perl classes
        (b"(?i)a", "no argument for repetition operator: ?"),
        (b"(a)\\1", r"invalid escape sequence: \1"),
        (b"\xff", "invalid UTF-8"),
        (b"a{1001}", "invalid repetition size: {1001}"),
        (b"((a{100}){100}){100}", "invalid repetition size: {100}"),
        (b"\\", "trailing \\"),
    ],
)
def test_what_is_no_pattern(pattern: bytes, reason: str) -> None:
    assert problem(pattern) == reason
    with pytest.raises(UnfitError) as caught:
        convert(pattern, T.CHARBUF, "regex")
    assert (caught.value.code, caught.value.reason) == ("E280", reason)
    assert caught.value.hint
    with pytest.raises(ValueError, match=re.escape(reason)):
        RuleProgram(checking("proc.name", "regex", pattern))


def test_patterns_are_constants_of_text() -> None:
    assert convert(b"a.*", T.FSPATH, "regex") == b"a.*"
    assert convert(b"(", T.CHARBUF, "glob") == b"("
    for operand in (1, "a"):
        with pytest.raises(ValueError, match="Expected bytes"):
            RuleProgram(checking("proc.name", "regex", operand))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not compare"):
        RuleProgram(checking("evt.num", "regex", 1))


def test_a_program_keeps_its_patterns() -> None:
    patterns = {"proc.name": b"a+", "proc.exe": b"b+"}
    checks = tuple(CompiledCheck(Read(field), "regex", (pattern,)) for field, pattern in patterns.items())
    entries = {EVENT_BY_NAME["kill"].code: (Entry(0, 0, True),)}
    program = Program(("one",), checks, (Node(0, 1, FALSE), Node(1, TRUE, FALSE)), entries, ((),))
    first, second = RuleProgram(program), RuleProgram(program)
    del first
    gc.collect()
    assert second.rules == ("one",)
    for _ in range(3):
        assert evaluate(program, {"proc.name": "aaa", "proc.exe": "b"})
        assert not evaluate(program, {"proc.name": "aaa", "proc.exe": "a"})


def test_hostile_patterns_and_texts_take_linear_time() -> None:
    text = b"a" * 4000
    assert not fits(b"(a*)*b", text)
    assert not fits(b"(a|aa)+$b", text)
    assert fits(b"(x+x+)+y|a*", text)
    assert not fits(b"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a]", text)
    assert fits(b".*" * 100, text)


def test_more_states_than_memory() -> None:
    """A pattern whose automaton exceeds RE2's memory still gives the right result."""
    pattern = b"(a|b)*a(a|b){200}"
    assert problem(pattern) is None
    text = bytes(b"ab"[(n * n // 7) % 2] for n in range(4000))
    for end in (2000, 3000, 4000):
        assert fits(pattern, text[:end]) is (text[end - 201 : end - 200] == b"a")


# --- Against Python's own -----------------------------------------------------------------------------------------

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "/", r"\.", "x"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}"])).map(lambda pair: f"({pair[0]}){pair[1]}"),
    ),
    max_leaves=8,
)


@settings(max_examples=examples(1500), deadline=None)
@given(PATTERNS, st.text("ab/.x\n", max_size=9))
def test_matches_are_those_of_python(pattern: str, text: str) -> None:
    assert fits(pattern.encode(), text.encode()) is (re.fullmatch(pattern, text) is not None)


BYTES = b"A\x80\xbf\xc1\xc2\xe0\xa0\xe1\xed\x9f\xf0\x90\xf1\xf4\x8f\xf5\xff"


@settings(max_examples=examples(1500))
@given(st.text(BYTES.decode("latin-1"), max_size=9).map(lambda text: text.encode("latin-1")))
def test_what_is_no_utf8_is_replaced_as_python_does(text: bytes) -> None:
    repaired = text.decode("utf-8", "replace")
    assert fits(re.escape(repaired).encode(), text)
    assert fits(b".{%d}" % len(repaired), text)
    assert not fits(b".{%d}" % (len(repaired) + 1), text)


@pytest.mark.shared
def test_patterns_that_falco_was_asked_about(shared_dir: Path) -> None:
    for name, reason in (
        ("cond-regex-bad", "missing ): ("),
        ("cond-regex-lookahead", "no argument for repetition operator: ?"),
    ):
        text = (shared_dir / f"peer/load/{name}.yaml").read_text()
        found = re.search(r'regex \\"(.*?)\\"', text)
        assert found is not None
        assert problem(found[1].encode()) == reason
