# SPDX-License-Identifier: Apache-2.0
"""Options of outputs: texts of the configuration as typed keyword arguments of a class."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from tiercel.errors import ConfigError
from tiercel.lang.suggest import suggest

__all__ = ["typed_options"]

_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "y"), True),
    **dict.fromkeys(("false", "no", "off", "n"), False),
}
_RESERVED: Final = frozenset({"self", "json"})


def typed_options(make: Callable[..., object], options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return ``options`` with the types that the annotations of ``make`` declare.

    Supported are ``str``, ``int``, ``float``, ``bool``, ``Literal`` of texts, lists and tuples of texts, mappings of
    texts, and each of them with ``None``. An argument without an annotation gets the value as it is.

    Raises:
        ConfigError: E604, an unknown or a missing option, or a value of another type; ``name`` is the output.
    """
    parameters = {key: one for key, one in inspect.signature(make).parameters.items() if key not in _RESERVED}
    takes_any = any(one.kind == one.VAR_KEYWORD for one in parameters.values())
    named = {key: one for key, one in parameters.items() if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    for key in options:
        if key not in named and not takes_any:
            hint = suggest(key, named) or f"options are {', '.join(named) or 'none'}"
            raise ConfigError("E604", f"the output {name!r} does not take the option {key!r}", hint=hint)
    for key, one in named.items():
        if one.default is one.empty and key not in options:
            raise ConfigError("E604", f"the output {name!r} needs the option {key!r}")
    hints = _hints(make)
    return {
        key: _typed(value, hints.get(key), f"the option {key!r} of the output {name!r}")
        for key, value in options.items()
    }


def _hints(make: Callable[..., object]) -> dict[str, Any]:
    try:
        return get_type_hints(make.__init__ if isinstance(make, type) else make)  # type: ignore[misc]
    except (NameError, TypeError):  # names for type checkers only
        return {}


def _typed(value: Any, hint: Any, what: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        (hint, *others) = [part for part in get_args(hint) if part is not type(None)]
        if others:
            return value
    if hint is None or hint is Any:
        return value
    found, expected = _converted(value, hint)
    if found is None:
        shown = value if isinstance(value, str) else type(value).__name__
        raise ConfigError("E604", f"{what} cannot be `{shown}`", hint=f"give {expected}")
    return found


def _converted(value: Any, hint: Any) -> tuple[Any, str]:
    """Return a value of the type, or None, and the description of the type."""
    text = value if isinstance(value, str) else None
    origin = get_origin(hint) or hint
    if origin is bool:
        return _WORDS.get(text.lower()) if text is not None else None, "true or false"
    if origin in (int, float):
        return _number(text, origin), "a number"
    if origin is Literal:
        return text if text in get_args(hint) else None, f"one of {', '.join(map(str, get_args(hint)))}"
    if origin in (list, tuple, Sequence):
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return (tuple(value) if origin is tuple else value) if fits else None, "a list of texts"
    if origin in (dict, Mapping):
        return value if isinstance(value, dict) else None, "a map of texts"
    return text if origin is str else value, "a text"


def _number(text: str | None, kind: type) -> Any:
    try:
        found = kind(text)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < 1e18 else None  # neither infinite nor NaN
