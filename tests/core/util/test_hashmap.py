# SPDX-License-Identifier: Apache-2.0
"""The hash table against a dict."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel._core.testing._testing import int_map

KEY = st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1), st.integers(0, 40).map(lambda n: n << 58))
STEP = st.tuples(KEY, st.one_of(st.none(), st.integers(1, 2**64 - 1)))


@settings(max_examples=examples(300))
@given(st.lists(STEP, max_size=200))
def test_it_holds_what_a_dict_holds(steps: list[tuple[int, int | None]]) -> None:
    model: dict[int, int] = {}
    for key, value in steps:
        if value is None:
            model.pop(key, None)
        else:
            model[key] = value
    assert int_map(steps) == (model, len(model))


def test_many_keys_come_and_go() -> None:
    steps: list[tuple[int, int | None]] = [(n * 4096, n + 1) for n in range(20_000)]
    steps += [(n * 4096, None) for n in range(0, 20_000, 2)]
    found, count = int_map(steps)
    assert count == 10_000
    assert found == {n * 4096: n + 1 for n in range(1, 20_000, 2)}
