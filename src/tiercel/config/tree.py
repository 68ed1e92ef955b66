# SPDX-License-Identifier: Apache-2.0
"""Configuration tree with source positions, and the syntax of ``-o KEY=VALUE``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, TypeAlias

from tiercel.config.environment import expand
from tiercel.errors import ConfigError
from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic, Report, show
from tiercel.lang.text import Source
from tiercel.lang.text import Span as TextSpan
from tiercel.rules.files import FileProblem, read_bytes, source_of
from tiercel.rules.yamlfile import MAX_DEPTH, Map, Node, Scalar, Seq, read_documents

__all__ = ["Option", "Place", "Settings", "parse_option", "parse_value"]

MAX_VALUES: Final = 100_000
"""Maximum number of values of a configuration; the target of a YAML alias counts each time."""

_MAX_KEY: Final = 500  # characters

# Other YAML parsers accept a last line that contains only tabs.
_BLANK_END = re.compile(r"\n[ \t]+\Z")

# A name, an index, or None: one past the end.
Step: TypeAlias = str | int | None


@frozen
class Place:
    """Position of a key in a file; counts from 1."""

    file: str
    line: int
    column: int


class Settings:
    """Tree of maps, lists and texts; values have no other types yet, as in Falco.

    Attributes:
        tree: the top-level map.
        places: positions of keys by dotted name.
        files: the files that were read.
        folders: the folders whose files were read.
    """

    __slots__ = ("files", "folders", "places", "tree")

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.files: list[str] = []
        self.folders: list[str] = []

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Settings:
        """Read a file, and expand the variables of its texts.

        Raises:
            ConfigError: E602 the file cannot be read, E604 its content is not a YAML map, or too large.
        """
        name = os.fspath(path)
        try:
            content = read_bytes(path)
        except FileProblem as problem:
            raise ConfigError("E602", f"{name}: {problem.text}", hint=problem.hint or None) from problem
        report = Report()
        source = source_of(content, name, report)
        if source is None:
            raise _refused(report, "E602")
        settings = cls.parse(source.text, name)
        settings.files.append(name)
        return settings

    @classmethod
    def parse(cls, text: str, file: str) -> Settings:
        """Read YAML, and expand the variables of its texts.

        Raises:
            ConfigError: E604, the text is not a YAML map, or too large, or has an endless variable.
        """
        documents = _documents(_BLANK_END.sub("\n", text), file)
        settings = cls()
        if not documents:
            return settings
        if len(documents) > 1:
            place = _place(documents[1].span)
            raise ConfigError("E604", "a configuration is one document", hint="remove the `---`", span=place)
        if not isinstance(documents[0], Map):
            hint = "for example `json_output: true`"
            raise ConfigError("E604", "a configuration is a map of keys", hint=hint, span=_place(documents[0].span))
        settings.tree = _Tree(settings.places, expand).convert(documents[0])
        return settings

    def leaves(self, stop: Collection[str]) -> Iterator[tuple[str, Any, Place | None]]:
        """Yield each dotted name with its value; go no deeper than the names in ``stop``."""
        yield from self._leaves(self.tree, "", stop)

    def _leaves(
        self, tree: dict[str, Any], path: str, stop: Collection[str]
    ) -> Iterator[tuple[str, Any, Place | None]]:
        for key, value in tree.items():
            name = f"{path}.{key}" if path else key
            if isinstance(value, dict) and value and name not in stop:
                yield from self._leaves(value, name, stop)
            else:
                yield name, value, self.places.get(name)


def parse_value(text: str, name: str) -> Any:
    """Return a YAML text as maps, lists and texts; None if it is empty.

    Raises:
        ConfigError: E604, the text is not YAML, or too large; ``name`` is the file name in its position.
    """
    documents = _documents(text, name)
    if len(documents) > 1:
        raise ConfigError("E604", f"{name}: a value is one document")
    return _Tree({}, str).convert(documents[0]) if documents else None


def _documents(text: str, name: str) -> list[Node]:
    report = Report()
    documents = read_documents(Source(name, text), report)
    if documents is None:
        raise _refused(report, "E604")
    return documents


def _refused(report: Report, code: str) -> ConfigError:
    """Return the first finding of the YAML reader as an error of the configuration."""
    found: Diagnostic = next(iter(report))
    return ConfigError(code, found.text, hint=found.hint, span=Place(found.file, found.line, found.column))


def _place(span: TextSpan) -> Place:
    at = span.text.place(span.start)
    return Place(at.file, at.line, at.column)


class _Tree:
    """Converter of YAML nodes to maps, lists and texts; records the position of each key."""

    def __init__(self, places: dict[str, Place], expand: Callable[[str], str]) -> None:
        self._places = places
        self._expand = expand

    def convert(self, node: Node, path: str = "") -> Any:
        """Return the value of a node; the position of an alias is that of its anchor."""
        if node.size > MAX_VALUES:
            raise ConfigError("E604", f"a configuration has at most {MAX_VALUES:,} values", span=_place(node.span))
        if node.height > MAX_DEPTH:
            raise ConfigError("E604", f"a configuration has at most {MAX_DEPTH} levels", span=_place(node.span))
        match node:
            case Scalar():
                return self._text(node)
            case Seq():
                return [self.convert(item, f"{path}[{index}]") for index, item in enumerate(node.items)]
            case Map():
                return dict(self._members(node, path))

    def _text(self, node: Scalar) -> str:
        try:
            return self._expand(node.value)
        except ValueError as error:
            raise ConfigError("E604", f"`{show(node.value)}`: {error}", span=_place(node.span)) from error

    def _members(self, node: Map, path: str) -> Iterator[tuple[str, Any]]:
        for odd in node.odd:
            raise ConfigError("E604", "a key is a text, not a list or map", span=_place(odd.span))
        for again in node.repeated:
            hint = "remove one of them"
            raise ConfigError("E604", f"`{show(again.value)}` is given twice", hint=hint, span=_place(again.span))
        for name, (key, value) in node.pairs.items():
            if len(name) > _MAX_KEY:
                text = f"a key of {len(name):,} characters: `{show(name)}`"
                raise ConfigError("E604", text, hint=f"at most {_MAX_KEY}", span=_place(key.span))
            dotted = f"{path}.{name}" if path else name
            self._places[dotted] = _place(key.span)
            yield name, self.convert(value, dotted)


@frozen
class Option:
    """One ``KEY=VALUE``: the path in the tree, and its new value."""

    steps: tuple[Step, ...]
    value: Any

    def apply(self, settings: Settings) -> None:
        """Set the value; create missing nodes on the path, and replace nodes of another shape."""
        node: Any = settings.tree
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            node = _child(node, step, dict if isinstance(following, str) else list)
        _put(node, self.steps[-1], self.value)


def _child(node: Any, step: Step, shape: type) -> Any:
    """Return the member of ``node`` at ``step``; create it if it is missing or of another shape."""
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
        ConfigError: E604, no ``=``, an invalid key, or a value in braces that is not YAML.
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
    shown = f"`-o {show(text)}`"
    if text[at : at + 1] != "=" or not steps or not isinstance(steps[0], str):
        raise ConfigError("E604", f"{shown} is not KEY=VALUE", hint="for example -o json_output=true")
    if len(steps) > MAX_DEPTH:
        raise ConfigError("E604", f"{shown}: a key has at most {MAX_DEPTH} parts")
    if any(isinstance(step, int) and step > 10_000 for step in steps):
        raise ConfigError("E604", f"{shown}: that index is too large")
    return Option(tuple(steps), _value(text[at + 1 :]))


def _value(text: str) -> Any:
    if not (text.startswith("{") and text.endswith("}")):
        return text
    try:
        return parse_value(text, "-o")
    except ConfigError as error:
        raise ConfigError("E604", f"`{show(text)}` is not YAML that fits here", hint=error.text) from error
