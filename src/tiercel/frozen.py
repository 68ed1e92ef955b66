# SPDX-License-Identifier: Apache-2.0
"""Frozen classes with slots, like ``dataclass(frozen=True, slots=True)``, but made in a tenth of the time.

A dataclass compiles six methods from text; with some hundred classes, this took a third of the start-up time. Here only
``__init__`` is compiled; all other methods are functions that the classes share. ``__init__`` fills the slots by their
own descriptors, so that the construction of an object takes half as long, too: significant for thousands of rules.

For other code such a class is a dataclass: ``dataclasses.fields``, ``asdict``, ``replace`` and ``is_dataclass`` work,
and :mod:`dataclasses` is imported on their first use of such a class.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[Any], Any]:
        return lambda function: function


__all__ = ["field", "frozen", "replace"]

_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)
_MISSING: Final = object()


class _Field:
    """Field options from :func:`field`."""

    __slots__ = ("compare", "default", "factory", "repr")

    def __init__(
        self,
        default: Any = _MISSING,
        factory: Callable[[], Any] | None = None,
        compare: bool = True,
        repr: bool = True,  # noqa: A002 - the word of dataclasses
    ) -> None:
        self.default = default
        self.factory = factory
        self.compare = compare
        self.repr = repr

    def twin(self) -> Any:
        """Return the equivalent field of :mod:`dataclasses`."""
        import dataclasses  # slow to import, and rarely needed

        given: dict[str, Any] = {"compare": self.compare, "repr": self.repr}
        if self.factory is not None:
            given["default_factory"] = self.factory
        elif self.default is not _MISSING:
            given["default"] = self.default
        return dataclasses.field(**given)


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] | None = None,
    compare: bool = True,
    repr: bool = True,  # noqa: A002 - the word of dataclasses
) -> Any:
    """Describe a field, as ``dataclasses.field`` does.

    Args:
        default: default value.
        default_factory: returns the default value; called for each object.
        compare: whether comparisons and hashes include the field.
        repr: whether ``repr`` includes the field.
    """
    return _Field(default, default_factory, compare, repr)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: _Class) -> _Class:
    """Return a frozen class with the annotations of ``cls`` as fields; base classes with fields are not supported.

    A subclass without fields, and without this decorator, may add methods.
    """
    fields = {name: _described(cls, name) for name in cls.__annotations__}
    own = {name: value for name, value in cls.__dict__.items() if name not in fields and name not in _OF_INSTANCES}
    names = tuple(fields)
    members = {**_METHODS, **_comparing([name for name, one in fields.items() if one.compare]), **own}
    members.update(__slots__=names, __match_args__=names, __frozen_fields__=fields)
    made = cast("Any", type(cls)(cls.__name__, cls.__bases__, members))
    made.__init__ = _initializer(made, fields)
    return cast("_Class", made)


def replace(made: _T, /, **changes: Any) -> _T:
    """Return a copy of a frozen object with some fields changed, like ``dataclasses.replace``."""
    values = {name: getattr(made, name) for name in cast("Any", made).__match_args__}
    return type(made)(**{**values, **changes})


def _described(cls: type, name: str) -> _Field:
    value = cls.__dict__.get(name, _MISSING)
    return value if isinstance(value, _Field) else _Field(value)


def _comparing(names: list[str]) -> dict[str, Callable[..., Any]]:
    """Return ``__eq__`` and ``__hash__`` over these fields."""
    key: Callable[[Any], Any] = attrgetter(*names) if names else type

    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(key(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _initializer(made: type, fields: dict[str, _Field]) -> Callable[..., None]:
    """Compile ``__init__`` with one assignment for each field, through its slot."""
    scope: dict[str, Any] = {"missing": _MISSING}
    params, lines = [], []
    for name, one in fields.items():
        scope[f"set_{name}"] = made.__dict__[name].__set__
        value = name
        if one.factory is not None:
            scope[f"make_{name}"] = one.factory
            params.append(f"{name}=missing")
            value = f"make_{name}() if {name} is missing else {name}"
        elif one.default is not _MISSING:
            scope[f"default_{name}"] = one.default
            params.append(f"{name}=default_{name}")
        else:
            params.append(name)
        lines.append(f" set_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__(self, {', '.join(params)}):\n" + "\n".join(lines or [" pass"]), scope)  # noqa: S102
    function = cast("Callable[..., None]", scope["__init__"])
    function.__qualname__ = f"{made.__qualname__}.__init__"
    return function


# --- Shared by all classes ------------------------------------------------------------------------------------------


class _Fields:
    """Descriptor of ``__dataclass_fields__``, which is made on first access."""

    def __get__(self, instance: object, owner: Any) -> Any:
        import dataclasses  # see _Field.twin

        home = next(one for one in owner.__mro__ if "__frozen_fields__" in one.__dict__)
        described = home.__frozen_fields__
        twin: Any = dataclasses.make_dataclass(
            home.__name__, [(name, home.__annotations__[name], one.twin()) for name, one in described.items()]
        )
        home.__dataclass_fields__ = twin.__dataclass_fields__
        return twin.__dataclass_fields__


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, one in self.__frozen_fields__.items() if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(_self: object, name: str, *_: object) -> NoReturn:
    from dataclasses import FrozenInstanceError  # see _Field.twin

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _reduce(self: Any) -> Any:
    return _restored, (self.__class__, tuple(getattr(self, name) for name in self.__match_args__))


def _restored(cls: Any, values: tuple[object, ...]) -> object:
    """Restore an object from the values of ``__reduce__``, for ``copy`` and ``pickle``."""
    made = object.__new__(cls)
    for name, value in zip(cls.__match_args__, values, strict=True):
        getattr(cls, name).__set__(made, value)
    return made


_OF_INSTANCES: Final = frozenset({"__dict__", "__weakref__"})
_METHODS: Final = {
    "__dataclass_fields__": _Fields(),
    "__delattr__": _refuse,
    "__reduce__": _reduce,
    "__repr__": _repr,
    "__setattr__": _refuse,
}
