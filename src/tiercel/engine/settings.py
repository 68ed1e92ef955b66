# SPDX-License-Identifier: Apache-2.0
"""The tree of a configuration file, with places, and the language of ``-o KEY=VALUE``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

import yaml

from tiercel.errors import ConfigError
from tiercel.frozen import frozen

__all__ = ["Option", "Place", "Settings", "parse_option"]

# Other readers of YAML accept tabs in a last line without anything else.
_BLANK_END = re.compile(r"\n[ \t]+\Z")

# A name, an index, or None: one past the end.
Step: TypeAlias = str | int | None


@frozen
class Place:
    """Where a key stands in a file; counts from 1."""

    file: str
    line: int
    column: int


class Settings:
    """A tree of maps, lists and texts; nothing has a type yet, as in Falco.

    Attributes:
        tree: the top-level map.
        places: where the key of a dotted name was written.
    """

    __slots__ = ("places", "tree")

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self.places: dict[str, Place] = {}

    @classmethod
    def parse(cls, text: str, file: str) -> Settings:
        """Read YAML.  Raises ``yaml.YAMLError``, or ``ConfigError`` if it is no map."""
        node = yaml.compose(_BLANK_END.sub("\n", text), Loader=yaml.BaseLoader)
        settings = cls()
        if node is None:
            return settings
        if not isinstance(node, yaml.MappingNode):
            place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
            raise ConfigError(
                "E604", "a configuration is a map of keys", hint="for example `json_output: true`", span=place
            )
        settings.tree = settings._convert(node, "", file)
        return settings

    def _convert(self, node: yaml.Node, path: str, file: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            found = {}
            for key, value in node.value:
                name = f"{path}.{key.value}" if path else str(key.value)
                self.places[name] = Place(file, key.start_mark.line + 1, key.start_mark.column + 1)
                found[str(key.value)] = self._convert(value, name, file)
            return found
        if isinstance(node, yaml.SequenceNode):
            return [self._convert(item, f"{path}[{index}]", file) for index, item in enumerate(node.value)]
        return node.value

    def leaves(self, stop: Collection[str]) -> Iterator[tuple[str, Any, Place | None]]:
        """Yield each dotted name with its value; go no deeper than the names in ``stop``."""
        yield from self._leaves(self.tree, "", stop)

    def _leaves(
        self, tree: dict[str, Any], path: str, stop: Collection[str]
    ) -> Iterator[tuple[str, Any, Place | None]]:
        for key, value in tree.items():
            name = f"{path}.{key}" if path else key
            if isinstance(value, dict) and name not in stop:
                yield from self._leaves(value, name, stop)
            else:
                yield name, value, self.places.get(name)


@frozen
class Option:
    """One ``KEY=VALUE``: the way into the tree, and what to put there."""

    steps: tuple[Step, ...]
    value: Any

    def apply(self, settings: Settings) -> None:
        """Set the value; what is missing on the way is made, what is in the way is replaced."""
        node: Any = settings.tree
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            node = _child(node, step, dict if isinstance(following, str) else list)
        _put(node, self.steps[-1], self.value)


def _child(node: Any, step: Step, shape: type) -> Any:
    """Return the member of ``node`` at ``step``, made anew if it is missing or of another shape."""
    if isinstance(step, str):
        if not isinstance(node.get(step), shape):
            node[step] = shape()
        return node[step]
    index = len(node) if step is None else step
    if index >= len(node) or not isinstance(node[index], shape):
        _put(node, index, shape())
    return node[index]


def _put(node: Any, step: Step, value: Any) -> None:
    """Set the member of ``node`` at ``step``; a list grows as far as needed."""
    if isinstance(step, str):
        node[step] = value
        return
    index = len(node) if step is None else step
    node.extend("" for _ in range(len(node), index + 1))
    node[index] = value


_STEP = re.compile(r"((?:\\[.\[\]\\]|[^\\.\[=])+)|\[(\d*)\]|(\.)")


def parse_option(text: str) -> Option:
    """Read ``KEY=VALUE``.

    Raises:
        ConfigError: E604, no ``=``, a key that makes no sense, or a value in braces that is not YAML.
    """
    steps: list[Step] = []
    at = 0
    while match := _STEP.match(text, at):
        name, index, _ = match.groups()
        if name is not None:
            steps.append(re.sub(r"\\(.)", r"\1", name))
        elif index is not None:
            steps.append(int(index) if index else None)
        at = match.end()
    if text[at : at + 1] != "=" or not steps or not isinstance(steps[0], str):
        raise ConfigError("E604", f"`-o {text}` is not KEY=VALUE", hint="for example -o json_output=true")
    if any(isinstance(step, int) and step > 10_000 for step in steps):
        raise ConfigError("E604", f"`-o {text}`: that index is too large")
    return Option(tuple(steps), _value(text[at + 1 :]))


def _value(text: str) -> Any:
    if not (text.startswith("{") and text.endswith("}")):
        return text
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes texts, lists and maps only
    except yaml.YAMLError as error:
        raise ConfigError("E604", f"`{text}` is not YAML") from error
