# SPDX-License-Identifier: Apache-2.0
"""Options of outputs with the types that a class declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytest

from tiercel.errors import ConfigError
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.options import typed_options


class Typed:
    def __init__(
        self,
        where: str,
        *,
        format: str,
        count: int = 1,
        seconds: float | None = None,
        on: bool = False,
        mode: Literal["a", "b"] = "a",
        names: Sequence[str] = (),
        pair: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        raw=None,  # type: ignore[no-untyped-def]
    ) -> None: ...


def test_each_type() -> None:
    given = {"where": "x", "count": "7", "seconds": "1.5", "on": "Yes", "mode": "b", "raw": "1"}
    lists: dict[str, Any] = {"names": ["a"], "pair": ["b"], "headers": {"k": "v"}}
    expected = {"where": "x", "count": 7, "seconds": 1.5, "on": True, "mode": "b", "raw": "1"}
    assert typed_options(Typed, given | lists, "t") == expected | {
        "names": ["a"],
        "pair": ("b",),
        "headers": {"k": "v"},
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs the option 'where'"),
        ({"where": "x", "cuont": "1"}, "does not take the option 'cuont'"),
        ({"where": "x", "format": "text"}, "does not take the option 'format'"),
        ({"where": "x", "count": "1.5"}, "'count' of the output 't' cannot be `1.5`"),
        ({"where": "x", "seconds": "nan"}, "cannot be `nan`"),
        ({"where": "x", "on": "maybe"}, "cannot be `maybe`"),
        ({"where": "x", "mode": "c"}, "cannot be `c`"),
        ({"where": "x", "names": "a"}, "cannot be `str`"),
        ({"where": ["x"]}, "cannot be `list`"),
        ({"where": "x", "headers": ["x"]}, "cannot be `list`"),
        ({"where": "x", "headers": {"k": ["v"]}}, "cannot be `dict`"),
        ({"where": "x", "count": 1.5}, "cannot be `float`"),
        ({"where": "x", "count": True}, "cannot be `bool`"),
        ({"where": "x", "on": 1}, "cannot be `int`"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        typed_options(Typed, options, "t")
    assert caught.value.code == "E604"


def test_values_that_have_the_type_stay() -> None:
    given: dict[str, Any] = {"where": "x", "count": 7, "seconds": 2, "on": True, "names": ("a",), "headers": {}}
    assert typed_options(Typed, given, "t") == given


class Child(Typed):
    def __init__(self, where: str, *, depth: int = 1, **options: Any) -> None: ...


class Open:
    def __init__(self, *, format: str, **options: Any) -> None: ...


class Bare: ...


class ForCheckers:
    def __init__(self, safe: bool, other: Elsewhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def test_a_class_takes_the_options_of_its_base() -> None:
    found = typed_options(Child, {"where": "x", "depth": "2", "count": "3", "on": "off"}, "t")
    assert found == {"where": "x", "depth": 2, "count": 3, "on": False}
    with pytest.raises(ConfigError, match="does not take the option 'cuont'") as caught:
        typed_options(Child, {"where": "x", "cuont": "1"}, "t")
    assert "count" in (caught.value.hint or "")


def test_any_option_and_no_option() -> None:
    assert typed_options(Open, {"some": "x"}, "t") == {"some": "x"}
    with pytest.raises(ConfigError, match="does not take the option 'some'"):
        typed_options(Bare, {"some": "x"}, "t")


def test_an_unknown_type_hides_no_other() -> None:
    """One name for type checkers only must not make ``false`` a true text."""
    assert typed_options(ForCheckers, {"safe": "false", "other": "x"}, "t") == {"safe": False, "other": "x"}


def test_security_options_of_http_are_booleans() -> None:
    """The text ``false`` must not switch the check of certificates off."""
    found = typed_options(HttpOutput, {"url": "x", "insecure": "false", "headers": {"a": "b"}}, "http")
    assert found == {"url": "x", "insecure": False, "headers": {"a": "b"}}
