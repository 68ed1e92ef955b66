# SPDX-License-Identifier: Apache-2.0
"""``tiercel.frozen``: what a frozen class does, which a dataclass with the same options does, too."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import Any

import pytest

from tiercel.frozen import field, frozen, replace


class _Point:
    """A place."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError(self.x)

    @property
    def sum(self) -> int:
        return self.x + self.y


Point: Any = frozen(_Point)


@frozen
class Pair:
    left: object
    right: object


def test_fields_come_by_place_and_name_and_have_defaults() -> None:
    point = Point(1, y=3, note="here")
    assert (point.x, point.y, point.tags, point.note, point.sum) == (1, 3, [], "here", 4)
    assert Point(1).tags is not Point(1).tags
    assert Point.__doc__ == "A place."
    with pytest.raises(TypeError, match=r"__init__\(\) missing 1 required positional argument: 'x'"):
        Point()
    with pytest.raises(TypeError, match="colour"):
        Point(1, colour="red")
    with pytest.raises(ValueError, match="-1"):
        Point(-1)


def test_nothing_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        point.x = 2
    with pytest.raises(AttributeError):
        point.colour = "red"
    with pytest.raises(AttributeError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_equal_are_those_of_one_class_whose_compared_fields_are() -> None:
    assert Pair(1, "a") == Pair(1, "a")
    assert hash(Pair(1, "a")) == hash(Pair(1, "a"))
    assert Pair(1, "a") != Pair(1, "b")
    assert Pair(1, "a") != (1, "a")
    assert Point(1, note="here") == Point(1, note="there")
    assert Point(1) != Point(1, 3)


def test_repr_shows_what_makes_the_same_object() -> None:
    assert repr(Pair(1, "a")) == "Pair(left=1, right='a')"
    assert repr(Point(1, note="here")) == "_Point(x=1, y=2, tags=[])"
    inner: list[object] = []
    inner.append(Pair(inner, 1))
    assert repr(inner[0]) == "Pair(left=[...], right=1)"


def test_match_copy_pickle_and_replace() -> None:
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)
    pair = Pair([1], "a")
    assert replace(pair, right="b") == Pair([1], "b")
    assert copy.deepcopy(pair) == pair
    assert copy.deepcopy(pair).left is not pair.left
    assert pickle.loads(pickle.dumps(pair)) == pair
    with pytest.raises(TypeError):
        replace(pair, middle=1)


def test_methods_of_the_class_itself_stay() -> None:
    @frozen
    class Same:
        name: str

        __eq__ = object.__eq__
        __hash__ = object.__hash__

        def __repr__(self) -> str:
            return f"<{self.name}>"

    one = Same("a")
    assert one == one  # noqa: PLR0124
    assert one != Same("a")
    assert repr(one) == "<a>"


def test_it_is_a_dataclass_to_who_asks() -> None:
    assert dataclasses.is_dataclass(Pair)
    assert dataclasses.asdict(Pair(1, Pair(2, 3))) == {"left": 1, "right": {"left": 2, "right": 3}}  # type: ignore[call-overload]
    assert dataclasses.replace(Pair(1, 2), left=3) == Pair(3, 2)  # type: ignore[type-var]
    described = {one.name: (one.type, one.default, one.compare, one.repr) for one in dataclasses.fields(Point)}
    missing = dataclasses.MISSING
    assert described == {
        "x": ("int", missing, True, True),
        "y": ("int", 2, True, True),
        "tags": ("list[str]", missing, True, True),
        "note": ("str", "", False, False),
    }


class _Named(Pair):
    """A subclass that adds a method, and no field."""

    __slots__ = ()

    def name(self) -> str:
        return f"{self.left} and {self.right}"


def test_a_subclass_may_add_methods() -> None:
    one = _Named(1, 2)
    assert one.name() == "1 and 2"
    assert type(replace(one, left=3)) is _Named
    assert copy.copy(one) == one == pickle.loads(pickle.dumps(one))
    assert dataclasses.asdict(one) == {"left": 1, "right": 2}
    assert one != Pair(1, 2)


def test_dataclasses_is_not_imported_for_it() -> None:
    code = "import sys, tiercel.rules, tiercel.compiler; print('dataclasses' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
