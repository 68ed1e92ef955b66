# SPDX-License-Identifier: Apache-2.0
"""Answers in JSON that are made to exhaust memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel.containers import falco_event as falco_json
from tiercel.containers.transport.json_access import MAX_VALUES, decoded, parsed
from tiercel.errors import EngineError
from tiercel.kubernetes import client as kube_client

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
HOSTILE = {
    "lists": "[" + "[]," * MAX_VALUES + "1]",
    "maps": '{"a":[' + "{}," * MAX_VALUES + "1]}",
    "numbers": '{"a":[' + "1.5," * MAX_VALUES + "1]}",
    "depth": '{"a":' * 100_000 + "1" + "}" * 100_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_too_many_values_are_refused_before_any_is_made(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HOSTILE[kind]
    if kind != "depth":
        monkeypatch.setattr(json, "loads", lambda _: pytest.fail("the values were made"))
    for body in (text, text.encode()):
        with pytest.raises(EngineError, match="no JSON") as caught:
            decoded(body, "engine")
        assert caught.value.code == "E902"
    assert falco_json.parse(text.encode()) is None


def test_answers_of_kubernetes_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_client, "_MAX_VALUES", 3)
    assert kube_client._parsed(b'{"a":[1]}') == {"a": [1]}
    with pytest.raises(EngineError, match="sent an invalid response"):
        kube_client._parsed(b'{"a":[1,2]}')


def count(value: Any) -> int:
    match value:
        case list():
            return 1 + sum(map(count, value))
        case dict():
            return 1 + sum(map(count, value.values()))
        case _:
            return 1


@given(VALUES)
def test_what_has_fewer_values_is_parsed(value: Any) -> None:
    written = json.dumps(value)
    bound = sum(map(written.count, ",[{")) + 1
    assert count(value) <= bound
    assert parsed(written, bound) == value
    assert parsed(written.encode(), bound) == value
    with pytest.raises(ValueError, match="more than"):
        parsed(written, bound - 1)
