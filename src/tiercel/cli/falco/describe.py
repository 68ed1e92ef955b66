# SPDX-License-Identifier: Apache-2.0
"""Descriptions of rules, macros and lists in the forms of Falco's ``-L`` and ``-l``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from tiercel.compiler import Additions, Checked
from tiercel.compiler.frontend.falco_event_sets import event_set, names_of
from tiercel.compiler.frontend.lints import without_removed
from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.frontend.output_template import parse_template
from tiercel.compiler.ir.tree import Failed
from tiercel.compiler.pipeline import Pipeline
from tiercel.errors import UsageError
from tiercel.frozen import field, frozen
from tiercel.lang.ast import Call, CallList, Check, Cond, FieldName, ListValue, MacroName, Value, leaves
from tiercel.lang.diagnostics import Report
from tiercel.lang.lexer import LexError
from tiercel.lang.parser import parse_text
from tiercel.lang.printer import unparse
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Source, Text
from tiercel.rules import Content, Rule, RuleFiles
from tiercel.rules.exceptions import full_condition
from tiercel.rules.model import ListDef, MacroDef
from tiercel.rules.reader import integer
from tiercel.rules.versions import PluginNeed, Version, format_version, parse_version, read_plugins
from tiercel.rules.yamlfile import Map, Scalar, Seq, read_documents
from tiercel.schema.known_events import SYSCALL_NAMES

__all__ = ["Loaded", "described", "text_of"]

_ASYNC: Final = "asyncevent"
_GENERIC: Final = "syscall"
_NAMING: Final = frozenset({"evt.type", "syscall.type"})
_LEFT: Final = 50  # characters of the column of names
_INDENT: Final = 51
_LINE: Final = 110
_OF_CONTAINER: Final = ("container.", "k8s.", "proc.is_container_")
_OF_CLUSTER: Final = "k8smeta."


@frozen
class Loaded:
    """Rules with what their description needs.

    Attributes:
        files: the loaded definitions.
        checked: the rules without errors.
        contents: the rule files.
        additions: additions from the configuration.
    """

    files: RuleFiles
    checked: Checked
    contents: Sequence[Content]
    additions: Additions


@frozen
class _Uses:
    """Names in a condition."""

    macros: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)


def described(loaded: Loaded, name: str | None = None) -> dict[str, Any]:
    """Return the description of all definitions, or of one rule.

    Raises:
        UsageError: E601, there is no such rule.
    """
    describer = _Describer(loaded)
    rules = loaded.checked.rules
    if name is not None:
        chosen = [rule for rule in rules if rule.name == name]
        if not chosen:
            hint = suggest(name, [rule.name for rule in rules]) or "`-L` lists all rules"
            raise UsageError("E601", f'Rule "{name}" is not loaded', hint=hint)
        return {"rules": [describer.of_rule(rule) for rule in chosen]}
    engine, plugins = _requirements(loaded.contents)
    return {
        "required_engine_version": format_version(engine),
        "required_plugin_versions": [_plugin(need) for need in plugins],
        "rules": [describer.of_rule(rule) for rule in rules],
        "macros": [describer.of_macro(macro) for macro in loaded.files.macros],
        "lists": [describer.of_list(one) for one in loaded.files.lists],
    }


def text_of(description: dict[str, Any]) -> str:
    """Return the names and descriptions of the rules as two columns."""
    rows = [("Rule", "Description"), ("----", "-----------")]
    rows += [(rule["info"]["name"], f"{_wrapped(rule['info']['description'])}\n") for rule in description["rules"]]
    return "".join(f"{left:<{_LEFT}} {right}\n" for left, right in rows)


def _wrapped(text: str) -> str:
    """Return a text broken into lines, each word with a blank after it."""
    lines, length = [""], 0
    for word in text.split():
        if length + len(word) + 1 > _LINE - _INDENT:
            lines.append("")
            length = 0
        lines[-1] += f"{word} "
        length += len(word) + 1
    return f"\n{'':<{_INDENT}}".join(lines)


class _Describer:
    """Describer of the definitions of one set of files."""

    def __init__(self, loaded: Loaded) -> None:
        files = loaded.files
        self._additions = loaded.additions
        self._lists = {one.name: one for one in files.lists}
        self._macros = {one.name: one for one in files.macros}
        self._unused = {found.item for found in loaded.checked.diagnostics if found.code in {"W503", "W504"}}
        self._table = MacroTable(Lists(self._lists), self._macros)
        self._pipeline = Pipeline(macros=self._table)

    def of_rule(self, rule: Rule) -> dict[str, Any]:
        """Return the description of a rule."""
        written = self._written(rule.condition)
        compiled = self._expanded(full_condition(rule))
        uses = self._uses(compiled)
        output, _ = without_removed(self._additions.output_of(rule))
        extra = self._additions.fields_of(rule)
        shown = [*extra, *self._fields_of(output)]
        details: dict[str, Any] = {
            "macros": sorted(written.macros),
            "lists": sorted(written.lists),
            "condition_operators": sorted(uses.operators),
            "condition_fields": sorted(uses.fields),
            "output_fields": shown,
            "exception_fields": sorted({one.value for entry in rule.exceptions for one in entry.fields}),
            "exception_names": sorted({entry.name for entry in rule.exceptions}),
            "exception_operators": sorted({comp for entry in rule.exceptions for comp in entry.comps}),
            "events": self._events(compiled, uses),
            "condition_compiled": unparse(compiled) if compiled is not None else "",
            "output_compiled": output.value,
            "plugins": _plugins_of({*uses.fields, *shown}),
        }
        formatted = {name: text.value for name, (text, is_field) in extra.items() if not is_field}
        if formatted:
            details["extra_output_formatted_fields"] = formatted
        return {
            "info": {
                "name": rule.name,
                "condition": rule.condition.value,
                "priority": rule.priority.label,
                "output": rule.output.value,
                "description": rule.desc,
                "enabled": rule.enabled,
                "source": rule.source,
                "capture": rule.capture,
                "capture_duration": rule.capture_duration_ms,
                "tags": sorted(rule.tags),
            },
            "details": details,
        }

    def of_macro(self, macro: MacroDef) -> dict[str, Any]:
        """Return the description of a macro."""
        written = self._written(macro.condition)
        found = self._table.macro(macro.name)
        compiled = None if isinstance(found, Failed) else found
        uses = self._uses(compiled)
        return {
            "info": {"name": macro.name, "condition": macro.condition.value},
            "details": {
                "used": f'macro "{macro.name}"' not in self._unused,
                "macros": sorted(written.macros),
                "lists": sorted(written.lists),
                "condition_operators": sorted(uses.operators),
                "condition_fields": sorted(uses.fields),
                "events": self._events(compiled, uses),
                "condition_compiled": unparse(compiled) if compiled is not None else "",
                "plugins": [],
            },
        }

    def of_list(self, one: ListDef) -> dict[str, Any]:
        """Return the description of a list; an item that names an earlier list stands for the items of that list."""
        names = {item.value for item in one.items if self._is_visible(item.value, one)}
        compiled = [
            value for item in one.items for value in (self._raw(item.value) if item.value in names else (item.value,))
        ]
        return {
            "info": {"name": one.name, "items": [item.value for item in one.items if item.value not in names]},
            "details": {
                "used": f'list "{one.name}"' not in self._unused,
                "lists": sorted(names),
                "items_compiled": compiled,
                "plugins": [],
            },
        }

    def _is_visible(self, name: str, one: ListDef) -> bool:
        other = self._lists.get(name)
        return other is not None and other.index < one.visibility and name != one.name

    def _raw(self, name: str) -> tuple[str, ...]:
        return tuple(item.value for item in self._lists[name].items)

    def _written(self, condition: Text) -> _Uses:
        """Return the names in a condition as written, before lists and macros are filled in."""
        try:
            return self._uses(parse_text(condition))
        except LexError:  # lists are expanded as text, so a condition may be no condition without them
            return _Uses()

    def _expanded(self, condition: Text) -> Cond | None:
        found = self._pipeline.run(condition, "parse", "expand")
        return None if isinstance(found, Failed) else found

    def _uses(self, cond: Cond | None) -> _Uses:
        uses = _Uses()
        for leaf in leaves(cond) if cond is not None else ():
            if isinstance(leaf, MacroName):
                uses.macros.add(leaf.name)
            else:
                self._of_check(leaf, uses)
        uses.macros.intersection_update(self._macros)
        return uses

    def _of_check(self, check: Check, uses: _Uses) -> None:
        uses.operators.add(f"{check.op} {check.modifier}" if check.modifier else check.op)
        uses.fields.update(_fields_in((check.left, check.right)))
        values = check.right.items if isinstance(check.right, ListValue) else (check.right,)
        texts = {value.text for value in values if isinstance(value, Value)}
        if isinstance(check.right, ListValue):
            uses.lists.update(texts & self._lists.keys())
        if isinstance(check.left, FieldName) and check.left.name in _NAMING:
            uses.events.update(texts)

    @staticmethod
    def _events(cond: Cond | None, uses: _Uses) -> list[str]:
        """Return the names of the events for which a condition can be true."""
        if cond is None:
            return []
        names = {*names_of(event_set(cond)), _ASYNC} - {"NA"}
        if _GENERIC in names:
            names |= uses.events & SYSCALL_NAMES or SYSCALL_NAMES
        return sorted(names)

    def _fields_of(self, output: Text) -> list[str]:
        """Return the fields that an output prints, in order."""
        template = parse_template(output, self._additions.statics)
        if isinstance(template, tuple):
            return []
        return list(dict.fromkeys([*map(str, template.listed), *(name for name, _ in template.texts)]))


def _fields_in(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        match part:
            case FieldName(name, arg):
                yield f"{name}[{arg}]" if arg else name
            case Call(_, args) | CallList(args):
                yield from _fields_in(args)


def _plugins_of(fields: Iterable[str]) -> list[str]:
    """Return the built-in plugins whose fields are among ``fields``."""
    names = set(fields)
    found = {
        "container": any(name.startswith(_OF_CONTAINER) for name in names),
        "k8smeta": any(name.startswith(_OF_CLUSTER) for name in names),
    }
    return [name for name, is_used in found.items() if is_used]


# -- requirements ------------------------------------------------------------------------------------------------------


def _requirements(contents: Iterable[Content]) -> tuple[Version, list[PluginNeed]]:
    """Return the newest engine and the plugins that rule files require."""
    engine: Version = (0, 0, 0)
    plugins: list[PluginNeed] = []
    for item in _items(contents):
        wanted = item.get("required_engine_version")
        if isinstance(wanted, Scalar):
            number = integer(wanted.value)
            version = (0, number, 0) if number is not None else parse_version(wanted.value)
            engine = max(engine, version or engine)
        elif "required_plugin_versions" in item.pairs:
            plugins += read_plugins(item, Report())
    return engine, plugins


def _items(contents: Iterable[Content]) -> Iterator[Map]:
    for content in contents:
        text = content.content.decode("utf-8-sig", "replace")
        for document in read_documents(Source(content.name, text), Report()) or ():
            if isinstance(document, Seq):
                yield from (item for item in document.items if isinstance(item, Map))


def _plugin(need: PluginNeed) -> dict[str, Any]:
    choices = [{"name": name, "version": format_version(version)} for name, version in need.choices]
    return {**choices[0], "alternatives": choices[1:]}
