# SPDX-License-Identifier: Apache-2.0
"""Options of outputs: texts of the configuration as typed keyword arguments of a class."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from tiercel.errors import ConfigError
from tiercel.lang.suggest import suggest

__all__ = ["typed_options"]

_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "y"), True),
    **dict.fromkeys(("false", "no", "off", "n"), False),
}
_GROUPS: Final = ("a list of texts", "a map of texts")
_RESERVED: Final = frozenset({"self", "format"})


def typed_options(make: Callable[..., object], options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return ``options`` with the types that the annotations of ``make`` declare.

    Supported are ``str``, ``int``, ``float``, ``bool``, ``Literal`` of texts, lists and tuples of texts, mappings of
    texts, and each of them with ``None``. Texts are converted; values that have the type already stay. An argument
    without an annotation gets the value as it is. The argument ``**options`` of a class stands for the arguments of its
    base class.

    Raises:
        ConfigError: E604, an unknown or a missing option, or a value of another type; ``name`` is the output.
    """
    named, takes_any = _parameters(make)
    for key in options:
        if key not in named and not takes_any:
            hint = suggest(key, named) or f"options are {', '.join(named) or 'none'}"
            raise ConfigError("E604", f"the output {name!r} does not take the option {key!r}", hint=hint)
    for key, (one, _) in named.items():
        if one.default is one.empty and key not in options:
            raise ConfigError("E604", f"the output {name!r} needs the option {key!r}")
    return {
        key: _typed(value, named[key][1], f"the option {key!r} of the output {name!r}") if key in named else value
        for key, value in options.items()
    }


def _parameters(make: Callable[..., object]) -> tuple[dict[str, tuple[inspect.Parameter, Any]], bool]:
    """Return the options of ``make`` with their types, and whether it takes any other option as well."""
    named: dict[str, tuple[inspect.Parameter, Any]] = {}
    takes_any = False
    for function in _constructors(make):
        takes_any = False
        for key, one in inspect.signature(function).parameters.items():
            if one.kind == one.VAR_KEYWORD:
                takes_any = True
            elif one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD) and key not in _RESERVED:
                named.setdefault(key, (one, _hint(function, one)))
        if not takes_any:
            break
    return named, takes_any


def _constructors(make: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """Return ``make``, or the ``__init__`` of a class and its bases, in the order of their calls."""
    if not isinstance(make, type):
        yield make
        return
    yield from (one.__dict__["__init__"] for one in make.__mro__[:-1] if "__init__" in one.__dict__)


def _hint(function: Callable[..., object], one: inspect.Parameter) -> Any:
    """Return the type of a parameter; None without an annotation, or if its names are for type checkers only."""
    if one.annotation is one.empty:
        return None
    holder = types.SimpleNamespace(__annotations__={"it": one.annotation})
    try:
        return get_type_hints(holder, getattr(inspect.unwrap(function), "__globals__", {}))["it"]
    except (NameError, TypeError, AttributeError):
        return None


def _typed(value: Any, hint: Any, what: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        (hint, *others) = [part for part in get_args(hint) if part is not type(None)]
        if others:
            return value
    if hint is None or hint is Any:
        return value
    found, expected = _converted(value, hint)
    if found is None:
        # A text in the place of a list or map may contain a secret, as for the headers of requests.
        shown = value if isinstance(value, str) and expected not in _GROUPS else type(value).__name__
        raise ConfigError("E604", f"{what} cannot be `{shown}`", hint=f"give {expected}")
    return found


def _converted(value: Any, hint: Any) -> tuple[Any, str]:
    """Return a value of the type, or None, and the description of the type."""
    text = value if isinstance(value, str) else None
    origin = get_origin(hint) or hint
    if origin is bool:
        return _WORDS.get(text.lower()) if text is not None else _flag(value), "true or false"
    if origin in (int, float):
        return _number(value, origin), "a number"
    if origin is Literal:
        return text if text in get_args(hint) else None, f"one of {', '.join(map(str, get_args(hint)))}"
    if origin in (list, tuple, Sequence):
        fits = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        return (tuple(value) if origin is tuple else value) if fits else None, _GROUPS[0]
    if origin in (dict, Mapping):
        fits = isinstance(value, Mapping) and all(isinstance(item, str) for pair in value.items() for item in pair)
        return value if fits else None, _GROUPS[1]
    return text if origin is str else value, "a text"


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any, kind: type) -> Any:
    if isinstance(value, bool) or (kind is int and isinstance(value, float)):
        return None
    try:
        found = kind(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < 1e18 else None  # neither infinite nor NaN
