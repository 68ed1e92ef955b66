# SPDX-License-Identifier: Apache-2.0
"""Transformers of constants: the value computed when rules load equals the core's value for every event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core import values_of

from tiercel.compiler.ir.const_eval import literal
from tiercel.compiler.ir.program import Items, Read, Transform

CONSTANTS = st.text(alphabet="aBzÄ/. 1\udcff", max_size=6).map(lambda text: text.encode("utf-8", "surrogateescape"))


@st.composite
def texts(draw: st.DrawFn, depth: int = 2) -> Any:
    """A source of one text, constants and transformers of several levels."""
    inner = texts(depth - 1) if depth else CONSTANTS
    match draw(st.sampled_from(("constant", "one", "concat", "join"))):
        case "one":
            return Transform(draw(st.sampled_from(("tolower", "toupper", "basename"))), (draw(inner),))
        case "concat":
            return Transform("concat", tuple(draw(st.lists(inner, min_size=2, max_size=3))))
        case "join":
            return Transform(
                "join", (draw(CONSTANTS), Items(tuple(draw(st.lists(inner | numbers(inner), max_size=3)))))
            )
        case _:
            return draw(CONSTANTS)


def numbers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return inner.map(lambda source: Transform("len", (source,)))


@given(texts())
def test_like_the_core(source: Any) -> None:
    for call in (
        Transform("concat", (source, b"")),
        Transform("len", (source,)),
        Transform("len", (Items((source, b"x")),)),
    ):
        value = literal(call)
        shown = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        assert (shown,) == values_of((call,), {})


@pytest.mark.parametrize(
    "source",
    [
        Read("proc.name"),
        Transform("tolower", (Read("proc.name"),)),
        Transform("concat", (b"a", Read("proc.name"))),
        Transform("join", (b",", Items((Read("proc.name"),)))),
        Transform("tolower", (b"a\0b",)),
        Transform("b64", (b"YQ==",)),
        Transform("getopt", (Items((b"-a",)), b"a"), "a"),
    ],
)
def test_what_the_core_is_asked(source: Any) -> None:
    assert literal(source) is None
