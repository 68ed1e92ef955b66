# SPDX-License-Identifier: Apache-2.0
"""Files with tests of rules: YAML to :class:`~tiercel.testing.model.Suite`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from tiercel.compiler import PathMatching
from tiercel.lang.diagnostics import Report, show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Text
from tiercel.rules import Priority
from tiercel.rules.files import read_source
from tiercel.rules.reader import describe
from tiercel.rules.yamlfile import Map, Node, Scalar, Seq, read_documents
from tiercel.testing.events import Event, read_event, read_fields
from tiercel.testing.model import Case, Expected, Name, Suite

__all__ = ["read_suite"]

_SUITE_KEYS: Final = ("rules", "enable", "disable", "path_matching", "defaults", "cases")
_CASE_KEYS: Final = ("name", "event", "events", "expect", "not")
_EXPECTED_KEYS: Final = ("rule", "priority", "output", "fields")
_BINDINGS: Final[tuple[PathMatching, ...]] = get_args(PathMatching)
_NOTHING: Final = "none"


def read_suite(path: Path, report: Report) -> Suite | None:
    """Return the tests of a file, or None after reporting everything that is wrong with it."""
    before = report.errors
    source = read_source(path, report)
    documents = None if source is None else read_documents(source, report)
    if source is None or documents is None:
        return None
    if len(documents) != 1 or not isinstance(documents[0], Map) or "cases" not in documents[0].pairs:
        found = describe(documents[0]) if documents else "an empty file"
        found = "several documents" if len(documents) > 1 else found
        found = "a mapping without it" if found == "a mapping" else found
        report.add("E610", documents[0].span if documents else Text.of("", source.name).span(), found=found)
        return None
    suite = _Reader(report).suite(documents[0], path)
    return suite if report.errors == before else None


class _Reader:
    """Reads the parts of a file; what is wrong is reported, and something harmless returned."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def suite(self, node: Map, path: Path) -> Suite:
        self._keys(node, _SUITE_KEYS, "a file of rule tests")
        defaults: Mapping[str, Any] = {}
        if (given := node.get("defaults")) is not None:
            defaults = read_fields(given, self._report, "the defaults") or {}
        return Suite(
            file=str(path),
            rules=tuple(path.parent / name.text for name in self._names(node, "rules")),
            enable=self._names(node, "enable"),
            disable=self._names(node, "disable"),
            path_matching=self._path_matching(node),
            cases=tuple(self._cases(node, defaults)),
        )

    def _cases(self, node: Map, defaults: Mapping[str, Any]) -> Iterator[Case]:
        for item in self._items(node, "cases"):
            if not isinstance(item, Map):
                self._refuse(item, "cases", "mappings, one for each test", "write `- name: …`")
                continue
            name = self._required(item, "name", "the test", "name what the test shows")
            owner = f'the test "{show(name.text)}"' if name is not None else "the test"
            self._keys(item, _CASE_KEYS, owner)
            events = tuple(self._events(item, defaults, owner))
            expected = self._expected(item)
            if "expect" not in item.pairs and "not" not in item.pairs:
                hint = "name the rules that match, or write `expect: none`"
                self._report.add("E617", item.head, owner=owner, key="expect", suggestion=hint)
            if name is not None:
                yield Case(name.text, events, expected, self._names(item, "not"), name.span)

    def _events(self, item: Map, defaults: Mapping[str, Any], owner: str) -> Iterator[Event]:
        nodes: list[Node] = []
        if (one := item.get("event")) is not None:
            nodes.append(one)
        if "events" in item.pairs:
            nodes.extend(self._items(item, "events"))
        if not nodes:
            hint = "write `event: {evt.type: openat, fd.name: /etc/shadow}`"
            self._report.add("E617", item.head, owner=owner, key="event", suggestion=hint)
        for node in nodes:
            event = read_event(node, defaults, self._report, "the event")
            if event is not None:
                yield event

    # -- what is expected ----------------------------------------------------------------------------------------

    def _expected(self, item: Map) -> tuple[Expected, ...] | None:
        node = item.get("expect")
        if node is None or (isinstance(node, Scalar) and node.is_null):
            if node is not None:
                self._refuse(node, "expect", "rules", "write `expect: none` if no rule matches")
            return None
        if isinstance(node, Scalar) and node.value == _NOTHING:
            return ()
        nodes = node.items if isinstance(node, Seq) else (node,)
        return tuple(found for one in nodes if (found := self._one_expected(one)) is not None)

    def _one_expected(self, node: Node) -> Expected | None:
        if isinstance(node, Scalar) and not node.is_null:
            return Expected(Name(node.value, node.span))
        if not isinstance(node, Map):
            self._refuse(node, "expect", "names of rules", "write `expect: [Sensitive file read]`")
            return None
        self._keys(node, _EXPECTED_KEYS, "what is expected")
        rule = self._required(node, "rule", "what is expected", "name the rule that matches")
        priority = output = None
        fields: Mapping[str, Any] = {}
        if (text := self._text(node, "priority")) is not None:
            priority = Priority.parse(text.text)
            if priority is None:
                hint = suggest(text.text.upper(), Priority.__members__)
                self._report.add("E109", text.span, value=show(text.text), suggestion=hint)
        if (text := self._text(node, "output")) is not None:
            output = text.text.strip()
        if (given := node.get("fields")) is not None:
            fields = read_fields(given, self._report, "the fields") or {}
        return None if rule is None else Expected(rule, priority, output, fields)

    # -- keys ----------------------------------------------------------------------------------------------------

    def _keys(self, node: Map, known: Collection[str], owner: str) -> None:
        """Report keys that are unknown or given twice: one that does nothing would make a test pass that should not."""
        for name, (key, _) in node.pairs.items():
            if name not in known:
                hint = suggest(name, known) or f"the keys are {', '.join(known)}"
                self._report.add("E611", key.span, owner=owner, key=show(name), suggestion=hint)
        for key in node.repeated:
            self._report.add("E612", key.span, key=show(key.value))

    def _required(self, node: Map, key: str, owner: str, hint: str) -> Name | None:
        if key not in node.pairs:
            self._report.add("E617", node.head, owner=owner, key=key, suggestion=hint)
        return self._text(node, key)

    def _text(self, node: Map, key: str) -> Name | None:
        value = node.get(key)
        if value is None:
            return None
        if not isinstance(value, Scalar) or value.is_null or not value.value.strip():
            self._refuse(value, key, "one text", "")
            return None
        return Name(value.value, value.span)

    def _path_matching(self, node: Map) -> PathMatching:
        name = self._text(node, "path_matching")
        if name is None:
            return "both"
        found = next((binding for binding in _BINDINGS if binding == name.text), None)
        if found is None:
            hint = suggest(name.text, _BINDINGS)
            self._refuse(node.pairs["path_matching"][1], "path_matching", " or ".join(_BINDINGS), hint)
        return found or "both"

    def _names(self, node: Map, key: str) -> tuple[Name, ...]:
        """Return one text or a list of them; none if the key is not given."""
        value = node.get(key)
        if value is None:
            return ()
        nodes = value.items if isinstance(value, Seq) else (value,)
        names = []
        for one in nodes:
            if isinstance(one, Scalar) and not one.is_null and one.value:
                names.append(Name(one.value, one.span))
            else:
                self._refuse(one, key, "a text or a list of texts", "")
        return tuple(names)

    def _items(self, node: Map, key: str) -> tuple[Node, ...]:
        value = node.get(key)
        if isinstance(value, Seq):
            return value.items
        if value is not None:
            self._refuse(value, key, "a list", "begin each element with `- `")
        return ()

    def _refuse(self, node: Node, key: str, takes: str, hint: str) -> None:
        self._report.add("E616", node.span, key=key, takes=takes, found=describe(node), suggestion=hint)
