# SPDX-License-Identifier: Apache-2.0
"""Results of the transformers."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import vectors
from support.core import evaluator_of, event, outputs, values_of
from support.examples import examples

from tiercel._core.eval.program_build import RuleProgram
from tiercel.compiler.ir.program import Items, Read, Source, Transform
from tiercel.schema.transformers import TRANSFORMERS

NAME = Read("proc.name")
TYPES = Read("fd.types")


def made(source: Source, **fields: Any) -> Any:
    """Return the value of a source for an event given as fields; dots of field names are left out."""
    names = {"name": "proc.name", "types": "fd.types", "num": "evt.num", "path": "fd.name"}
    return values_of((source,), {names[short]: value for short, value in fields.items()})[0]


# --- Cases of the reference -------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_cases_of_the_reference(shared_dir: Path) -> None:
    facts = vectors.load(shared_dir, "filter_transformers")["transformers"]
    seen = 0
    for name, row in facts.items():
        for case in row["cases"]:
            several = case["list"] or len(case["input"]) > 1
            if several:
                texts = Items(tuple(str(value).encode() for value in case["input"]))
                results = [made(Transform(name, (texts,)))]
                if case["input_type"] == "PT_CHARBUF":
                    results.append(made(Transform(name, (TYPES,)), types=case["input"]))
            else:
                (value,) = case["input"]
                results = [
                    made(Transform(name, (NAME,)), name=value),
                    made(Transform(name, (Read("fd.name"),)), path=value),
                ]
            expected = case["output"] if several and name != "len" else case["output"][0]
            assert results == [expected] * len(results), (name, case)
            seen += 1
    assert seen == sum(len(row["cases"]) for row in facts.values()) > 20


def test_every_transformer_has_a_case_here() -> None:
    assert {row.name for row in TRANSFORMERS} == {
        "tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt",
    }  # fmt: skip


# --- One text ---------------------------------------------------------------------------------------------------------

TEXTS = st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"."))


def lower(text: bytes) -> bytes:
    return bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in text)


@settings(deadline=None)
@given(TEXTS)
def test_case_of_ascii_letters_alone(text: bytes) -> None:
    shown = text.decode("utf-8", "surrogateescape")
    assert made(Transform("tolower", (NAME,)), name=shown) == lower(text).decode("utf-8", "surrogateescape")
    assert lower(made(Transform("toupper", (NAME,)), name=shown).encode("utf-8", "surrogateescape")) == lower(text)
    assert made(Transform("len", (NAME,)), name=shown) == len(text)
    assert made(Transform("basename", (NAME,)), name=shown) == text.rpartition(b"/")[2].decode(
        "utf-8", "surrogateescape"
    )


def decoded(text: bytes) -> bytes | None:
    """Base64 against the standard library: padding may be missing, and unused bits are zero."""
    bare = text.removesuffix(b"=").removesuffix(b"=")
    try:
        result = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return None
    return result if base64.b64encode(result).rstrip(b"=") == bare and (bare or not text) else None


@settings(deadline=None, max_examples=examples(300))
@given(st.one_of(TEXTS, st.text("ABab01+/=", max_size=9).map(str.encode), TEXTS.map(base64.b64encode)))
def test_base64_is_decoded(text: bytes) -> None:
    expected = decoded(text)
    if expected is not None:
        expected = expected.partition(b"\0")[0]
    shown = made(Transform("b64", (NAME,)), name=text.decode("utf-8", "surrogateescape"))
    assert (shown if shown is None else shown.encode("utf-8", "surrogateescape")) == expected


@pytest.mark.parametrize("text", ["=", "==", "a", "a=", "aGVs bG8=", "aGVsbG9=", "aGVsbG8===", "-_", "é"])
def test_what_is_not_base64_has_no_value(text: str) -> None:
    assert made(Transform("b64", (NAME,)), name=text) is None


def test_bytes_keep_their_zeros() -> None:
    data = Read("evt.buffer")
    assert values_of((Transform("b64", (data,)), Transform("len", (data,))), {"evt.buffer": b"AGEA"}) == (b"\0a\0", 4)
    assert values_of((Transform("len", (data,)),), {"evt.buffer": b"a\0b"}) == (3,)


def test_no_value_in_gives_none_out() -> None:
    for name in ("tolower", "toupper", "b64", "basename", "len"):
        assert made(Transform(name, (NAME,))) is None
        assert made(Transform(name, (TYPES,))) is None
    assert made(Transform("concat", (b"a", NAME))) is None
    assert made(Transform("join", (NAME, Items((b"a",))))) is None
    assert made(Transform("join", (b",", Items((b"a", NAME))))) is None
    assert made(Transform("getopt", (Items((b"-a", NAME)), b"a"))) is None
    assert made(Transform("getopt", (Items((b"-a",)), NAME))) is None


def test_they_nest() -> None:
    inner = Transform("concat", (b"L1", Transform("tolower", (NAME,))))
    assert made(Transform("toupper", (inner,)), name="BiN") == "L1BIN"
    assert made(Transform("len", (Transform("b64", (Transform("concat", (b"aGVs", NAME)),)),)), name="bG8=") == 5
    deep: Source = NAME
    for name in ("toupper", "tolower") * 200:
        deep = Transform(name, (deep,))
    assert made(deep, name="Ab") == "ab"


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_lists_in_lists_out() -> None:
    assert made(Transform("toupper", (TYPES,)), types=["file", "ipv4"]) == ["FILE", "IPV4"]
    assert made(Transform("b64", (TYPES,)), types=["YQ==", "Yg"]) == ["a", "b"]
    assert made(Transform("b64", (TYPES,)), types=["YQ==", "!"]) is None
    assert made(Transform("basename", (Items((b"/a/b", NAME)),)), name="c/") == ["b", ""]
    assert made(Transform("tolower", (TYPES,)), types=[]) == []
    assert made(Transform("len", (TYPES,)), types=[]) == 0
    assert made(Transform("len", (TYPES,)), types=["a", "b"]) == 2
    assert made(Transform("len", (Items(()),))) == 0


def test_join() -> None:
    assert made(Transform("join", (b", ", TYPES)), types=["a", "b", "c"]) == "a, b, c"
    assert made(Transform("join", (b",", Items(())))) == ""
    assert made(Transform("join", (b",", Items((NAME, Read("evt.num"), b"x")))), name="cat", num=7) == "cat,7,x"
    assert made(Transform("join", (NAME, Items((NAME, Transform("toupper", (NAME,)))))), name="a") == "aaA"
    assert made(Transform("join", (b"-", Items((b"x", TYPES)))), types=["a", "b"]) == "x-a-b"


def test_elements_are_text() -> None:
    fields = {"evt.rawres": -5, "evt.failed": True, "fd.sip": "10.0.0.1", "thread.cpu": 1.25, "evt.buffer": b"x\0y"}
    items = Items(tuple(Read(name) for name in fields))
    assert values_of((Transform("join", (b" ", items)),), fields) == ("-5 true 10.0.0.1 1.2 x",)


def test_concat() -> None:
    assert made(Transform("concat", (b"a", NAME, b"", b"b")), name="-") == "a-b"
    assert made(Transform("concat", (NAME,) * 200), name="ab") == "ab" * 200


# --- Options ----------------------------------------------------------------------------------------------------------


def options(words: list[str], string: str, only: str | None = None) -> Any:
    """The reference's cases of getopt."""
    known = string.removeprefix(":")
    found: list[str] = []
    last = None
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in {"", "-", "--"} or not word.startswith("-"):
            break
        if word.startswith("--"):
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter == ":" or letter not in known:
                found.append("?")
                continue
            if letter + ":" not in known:
                found.append(letter)
                last = letter if letter == only else last
                continue
            value = word[at:] or (rest.pop(0) if rest else None)
            found += [""] if value is None else [letter, value]
            last = (value or "") if letter == only else last
            break
    return found if only is None else last


WORDS = st.lists(
    st.one_of(st.text("-abx:", max_size=4), st.sampled_from(["--", "-a", "-ab", "--all", "v"])), max_size=6
)


@settings(deadline=None, max_examples=examples(500))
@given(WORDS, st.sampled_from(["", "a", "ab", "a:", "ab:", ":a:b", "b:a"]), st.sampled_from([None, "a", "b", ":", "x"]))
def test_getopt_does_what_the_reference_says(words: list[str], string: str, only: str | None) -> None:
    call = Transform("getopt", (Items(tuple(word.encode() for word in words)), string.encode()), only)
    assert made(call) == options(words, string, only)
    assert made(Transform("getopt", (TYPES, string.encode()), only), types=words) == options(words, string, only)


@pytest.mark.parametrize(
    ("words", "string", "expected"),
    [
        (["-n", ""], "n", ["n"]),
        (["-t", "hello"], "t:", ["t", "hello"]),
        (["-nt", "hello"], "nt:", ["n", "t", "hello"]),
        (["-thello"], "t:", ["t", "hello"]),
        (["-n", "--", "-t"], "nt:", ["n"]),
        (["-x", "-n"], "n", ["?", "n"]),
        (["arg", "-n"], "n", []),
        (["--exec", "-n"], "n", ["n"]),
        (["-t", "-n"], "nt:", ["t", "-n"]),
        (["-t"], "t:", [""]),
        (["-lpe", "/bin/sh"], "lp:e:", ["l", "p", "e"]),
        ([], "n", []),
    ],
)
def test_getopt_lists(words: list[str], string: str, expected: list[str]) -> None:
    assert made(Transform("getopt", (TYPES, string.encode())), types=words) == expected


# --- Bindings, records, room ------------------------------------------------------------------------------------------

PAIR = {"requested": "/tmp/L", "resolved": "/etc/Shadow"}


def test_a_transformed_path_has_two_forms() -> None:
    upper, base = Transform("toupper", (Read("fd.name"),)), Transform("basename", (Read("fd.name"),))
    program = outputs(upper, base, check=(base, "eq", b"Shadow"))
    (alert,) = evaluator_of(program).evaluate_fields({"evt.type": "openat", "fd.name": PAIR})
    assert (alert.binding, alert.values) == ("resolved", ("/ETC/SHADOW", "Shadow"))
    program = outputs(upper, check=(base, "eq", b"L"))
    (alert,) = evaluator_of(program).evaluate_fields({"evt.type": "openat", "fd.name": PAIR})
    assert (alert.binding, alert.values) == ("requested", ("/TMP/L",))


def test_records() -> None:
    program = outputs(Transform("toupper", (NAME,)), Transform("join", (b"+", Items((NAME, Read("evt.rawres"))))))
    (alert,) = evaluator_of(program).feed(event("kill", {"res": -1}))
    assert alert.values == ("CAT", "cat+-1")


def test_what_does_not_fit_is_missing_and_counted() -> None:
    text = "A" * 60_000
    calls = tuple(Transform("concat", (NAME, NAME, b"%d" % number)) for number in range(4))
    evaluator = evaluator_of(outputs(*(Transform("len", (call,)) for call in calls)))
    fields = {"evt.type": "kill", "proc.name": text}
    (alert,) = evaluator.evaluate_fields(fields)
    assert alert.values == (120_001, 120_001, None, None)
    assert evaluator.stats()["texts_lost"] == 2
    assert evaluator.evaluate_fields(fields)[0].values == alert.values


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        Transform("nosuch", (NAME,)),
        Transform("tolower", ()),
        Transform("tolower", (NAME, NAME)),
        Transform("tolower", (Read("evt.num"),)),
        Transform("tolower", (Read("evt.buffer"),)),
        Transform("tolower", (Read("proc.aname"),)),
        Transform("tolower", (NAME,), "a"),
        Transform("len", (Read("evt.num"),)),
        Transform("join", (b",",)),
        Transform("join", (b",", NAME)),
        Transform("join", (TYPES, Items((b"a",)))),
        Transform("join", (b",", Items((b"a",)), b"b")),
        Transform("join", (b",", Items((Read("proc.aname"),)))),
        Transform("concat", (NAME,)),
        Transform("concat", (NAME, TYPES)),
        Transform("concat", (NAME, Read("evt.num"))),
        Transform("getopt", (NAME, b"a")),
        Transform("getopt", (TYPES, TYPES)),
        Transform("getopt", (TYPES,)),
        Transform("getopt", (TYPES, b"a"), ""),
        Transform("getopt", (TYPES, b"a"), "ab"),
        Transform("getopt", (TYPES, b"a"), "é"),
        Read("proc.nosuch"),
        Read("proc.name", 3),
        5,
        "proc.name",
        None,
    ],
)
def test_sources_that_make_no_sense(source: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        RuleProgram(outputs(source))


def test_too_deep() -> None:
    deep: Source = NAME
    for _ in range(5_000):
        deep = Transform("tolower", (deep,))
    with pytest.raises(ValueError, match="inside of one another"):
        RuleProgram(outputs(deep))
