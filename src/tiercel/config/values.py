# SPDX-License-Identifier: Apache-2.0
"""Readers of configuration values: each one validates and converts the value of one key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from tiercel.compiler import AppendOutput
from tiercel.config.tree import Place
from tiercel.errors import ConfigError
from tiercel.frozen import frozen, replace
from tiercel.lang.diagnostics import show
from tiercel.lang.suggest import suggest
from tiercel.rules.model import Priority

__all__ = [
    "ConfigValue",
    "NumberBetween",
    "OneOf",
    "OutputChoice",
    "Selection",
    "append_output",
    "automatic",
    "boolean",
    "capacity",
    "members",
    "number_between",
    "one_of",
    "output_choices",
    "paths",
    "priority",
    "seconds",
    "selections",
    "static_fields",
    "text",
    "texts",
]

STATIC_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)*")
_TRUE: Final = frozenset({"y", "yes", "true", "on"})
_FALSE: Final = frozenset({"n", "no", "false", "off"})


@frozen
class Selection:
    """One entry of ``rules:``: enables or disables every rule whose name matches ``rule`` or that has ``tag``.

    ``*`` in ``rule`` stands for any run of characters.
    """

    enable: bool
    rule: str | None = None
    tag: str | None = None


@frozen
class OutputChoice:
    """One entry of ``outputs:``: the name of an output, and its options."""

    name: str
    options: Mapping[str, Any]


@frozen
class ConfigValue:
    """Raw value with its dotted name, and the positions of the keys in the file."""

    name: str
    value: Any
    places: Mapping[str, Place]

    @property
    def place(self) -> Place | None:
        """Position of the value or of the closest parent; None for an option of the command line."""
        name = self.name
        while name and name not in self.places:
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        return self.places.get(name)

    def wrong(self, expected: str) -> ConfigError:
        shown = show(self.value) if isinstance(self.value, str) else type(self.value).__name__
        return ConfigError("E604", f"`{self.name}` cannot be `{shown}`", hint=f"give {expected}", span=self.place)


def members(given: ConfigValue, path: str, value: Any, known: tuple[str, ...]) -> dict[str, ConfigValue]:
    """Return the members of a map; refuse other members than ``known``."""
    here = replace(given, name=given.name + path, value=value)
    if not isinstance(value, dict):
        raise here.wrong(f"a map with some of {', '.join(known)}")
    for key in value:
        if key not in known:
            hint = suggest(key, known) or f"known are {', '.join(known)}"
            unknown = replace(given, name=f"{here.name}.{key}")
            raise ConfigError("E603", f"unknown key `{unknown.name}`", hint=hint, span=unknown.place)
    return {key: replace(given, name=f"{here.name}.{key}", value=part) for key, part in value.items()}


def boolean(given: ConfigValue) -> bool:
    """Return a boolean, in any spelling of YAML."""
    word = given.value.lower() if isinstance(given.value, str) else None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise given.wrong("true or false")


def automatic(given: ConfigValue) -> bool | None:
    """Return a boolean, or None for ``auto``."""
    if isinstance(given.value, str) and given.value.lower() == "auto":
        return None
    return boolean(given)


def text(given: ConfigValue) -> str:
    """Return a text."""
    if isinstance(given.value, str):
        return given.value
    raise given.wrong("a text")


def texts(given: ConfigValue) -> tuple[str, ...]:
    """Return the items of a list of texts."""
    if isinstance(given.value, list) and all(isinstance(item, str) for item in given.value):
        return tuple(given.value)
    raise given.wrong("a list of texts" if given.place is not None else f"each text by an option `{given.name}[]=TEXT`")


def paths(given: ConfigValue) -> tuple[str, ...]:
    """Return the items of a list of paths, or a single path."""
    found = texts(replace(given, value=[given.value] if isinstance(given.value, str) else given.value))
    if not all(found):
        raise given.wrong("paths, none of them empty")
    return found


def priority(given: ConfigValue) -> Priority:
    """Return a priority."""
    found = Priority.parse(text(given))
    if found is None:
        raise given.wrong("a priority, as critical")
    return found


def seconds(given: ConfigValue) -> float:
    """Return a number of seconds, or another number that is not negative."""
    try:
        number = float(given.value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise given.wrong("a number")
    return number


@frozen
class OneOf:
    """Reader of one of some words, in any case."""

    words: tuple[str, ...]

    def __call__(self, given: ConfigValue) -> str:
        if isinstance(given.value, str) and given.value.lower() in self.words:
            return given.value.lower()
        raise given.wrong(f"one of {', '.join(self.words)}")


def one_of(*words: str) -> OneOf:
    """Return a reader of one of some words, in any case."""
    return OneOf(words)


@frozen
class NumberBetween:
    """Reader of a number in a range, ends included; 0 stands for ``zero``, if given."""

    low: int
    high: int
    zero: int = 0

    def __call__(self, given: ConfigValue) -> int:
        try:
            number = int(given.value)
        except (TypeError, ValueError):
            number = self.low - 1
        if self.low <= number <= self.high:
            return number or self.zero
        raise given.wrong(f"a number from {self.low} to {self.high}")


def number_between(low: int, high: int) -> NumberBetween:
    """Return a reader of a number in a range, ends included."""
    return NumberBetween(low, high)


def capacity(most: int) -> NumberBetween:
    """Return a reader of a number up to ``most``, which 0 stands for."""
    return NumberBetween(0, most, zero=most)


def selections(given: ConfigValue) -> tuple[Selection, ...]:
    """Return the entries of ``rules:``, one for each name and tag."""
    return tuple(one for entry in _items(given) for one in _selection(given, entry))


def _items(given: ConfigValue) -> list[Any]:
    if isinstance(given.value, list):
        return given.value
    raise given.wrong("a list of `enable:` and `disable:` entries")


def _selection(given: ConfigValue, entry: Any) -> list[Selection]:
    shape = "entries like `- disable: {rule: NAME}` or `- enable: {tag: TAG}`"
    if not isinstance(entry, dict) or not entry or set(entry) - {"enable", "disable"}:
        raise given.wrong(shape)
    found = []
    for verb, what in entry.items():
        if not isinstance(what, dict) or not what or set(what) - {"rule", "tag"}:
            raise given.wrong(shape)
        if not all(isinstance(name, str) for name in what.values()):
            raise given.wrong(shape)
        found += [Selection(verb == "enable", **{part: what[part]}) for part in ("rule", "tag") if part in what]
    return found


def append_output(given: ConfigValue) -> tuple[AppendOutput, ...]:
    """Return the entries of ``append_output:``; a single one need not be in a list."""
    entries = [given.value] if isinstance(given.value, dict) else given.value
    if not isinstance(entries, list):
        raise given.wrong("a list of entries like `- {match: {tags: [network]}, extra_output: user=%user.name}`")
    return tuple(_appended(given, number, entry) for number, entry in enumerate(entries))


def _appended(given: ConfigValue, number: int, entry: Any) -> AppendOutput:
    parts = members(given, f"[{number}]", entry, ("match", "extra_output", "extra_fields", "suggested_output"))
    found: dict[str, Any] = {}
    if "match" in parts:
        found = members(parts["match"], "", parts["match"].value, ("source", "tags", "rule"))
        found = {key: texts(part) if key == "tags" else text(part) for key, part in found.items()}
    return AppendOutput(
        output=text(parts["extra_output"]) if "extra_output" in parts else "",
        fields=_extra_fields(parts["extra_fields"]) if "extra_fields" in parts else {},
        suggested=boolean(parts["suggested_output"]) if "suggested_output" in parts else False,
        **found | {"tags": frozenset(found.get("tags", ()))},
    )


def _extra_fields(given: ConfigValue) -> dict[str, str | None]:
    fields: dict[str, str | None] = {}
    for entry in given.value if isinstance(given.value, list) else [None]:
        if isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()):
            fields |= entry
        elif isinstance(entry, str):
            fields[entry] = None
        else:
            raise given.wrong("a list of fields, as `proc.pid`, and of texts with fields, as `{note: by %proc.name}`")
    return fields


def static_fields(given: ConfigValue) -> dict[str, str]:
    """Return the names of static fields with their values."""
    if not isinstance(given.value, dict):
        raise given.wrong("names with their values, as `{env: prod}`")
    for name, value in given.value.items():
        if not isinstance(value, str):
            raise replace(given, name=f"{given.name}.{name}", value=value).wrong("a text")
        if not STATIC_NAME.fullmatch(name):
            place = replace(given, name=f"{given.name}.{name}").place
            hint = "letters, digits and `_`, beginning with a letter; dots may be between"
            raise ConfigError("E604", f"`{name}` cannot be the name of a field", hint=hint, span=place)
    return dict(given.value)


def output_choices(given: ConfigValue) -> tuple[OutputChoice, ...]:
    """Return the entries of ``outputs:``."""
    shape = "a list of entries like `- {name: file, path: /var/log/alerts}`"
    if not isinstance(given.value, list):
        raise given.wrong(shape)
    found = []
    for entry in given.value:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise given.wrong(shape)
        if not all(_is_option(value) for value in entry.values()):
            raise given.wrong(shape)
        found.append(OutputChoice(entry["name"], {key: value for key, value in entry.items() if key != "name"}))
    return tuple(found)


def _is_option(value: Any) -> bool:
    """Return whether an option of an output is a text, or a list or map of texts."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return all(isinstance(part, str) for part in parts)
