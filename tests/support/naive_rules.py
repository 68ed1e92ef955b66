# SPDX-License-Identifier: Apache-2.0
"""Lists, macros and exceptions as the language reference describes them, for the naive evaluator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from support import naive
from tiercel.lang import ast, parse

_LIST_COMPARISONS = frozenset({"in", "pmatch", "intersects"})


@dataclass(frozen=True)
class Written:
    """The definitions of a rule file.

    Attributes:
        lists: name to items, in order of definition.
        macros: name to condition.
        rules: for each rule its condition and exceptions, these as YAML has them.
    """

    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    macros: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[tuple[str, Sequence[Mapping[str, Any]]]] = ()

    def items(self) -> list[dict[str, Any]]:
        """The definitions as a rule file holds them; rules are named by number."""
        made: list[dict[str, Any]] = [{"list": name, "items": list(items)} for name, items in self.lists.items()]
        made += [{"macro": name, "condition": condition} for name, condition in self.macros.items()]
        for number, (condition, exceptions) in enumerate(self.rules):
            made.append({"rule": f"r{number}", "desc": "d", "output": "o", "priority": "INFO", "condition": condition})
            if exceptions:
                made[-1]["exceptions"] = list(exceptions)
        return made

    @property
    def fields(self) -> frozenset[str]:
        """The fields that the rules compare, as they are written."""
        return frozenset().union(*(self._fields(tree) for tree in self._trees))

    def _fields(self, condition: ast.Cond) -> frozenset[str]:
        found: list[frozenset[str]] = []
        for leaf in ast.leaves(condition):
            if isinstance(leaf, ast.MacroName):
                found.append(self._fields(self._macros[leaf.name]))
            else:
                found += [naive.fields_of(leaf.left), naive.fields_of(leaf.right)]
        return frozenset().union(*found)

    def matching(self, event: naive.Event) -> dict[int, str]:
        """The rules that match an event, by number, and the binding under which each does."""
        found = {number: naive.matches(tree, event, self._macros) for number, tree in enumerate(self._trees)}
        return {number: binding for number, binding in found.items() if binding is not None}

    def __post_init__(self) -> None:
        macros = {name: parse(self._pasted(condition)) for name, condition in self.macros.items()}
        trees = [parse(self._pasted(_with_exceptions(condition, those))) for condition, those in self.rules]
        object.__setattr__(self, "_macros", macros)
        object.__setattr__(self, "_trees", trees)

    _macros: Mapping[str, ast.Cond] = field(init=False, repr=False)
    _trees: Sequence[ast.Cond] = field(init=False, repr=False)

    def _pasted(self, condition: str) -> str:
        """Every occurrence of a list's name between delimiters becomes its items, with a comma less if it has none."""
        for name, items in self.lists.items():
            joined = ", ".join(_spelled(item) for item in items)
            word = rf"(?<![^\s(),=]){re.escape(name)}(?![^\s(),=])"
            if not joined:
                condition = re.sub(rf"{word}\s*,|,\s*{word}", "", condition)
            condition = joined.join(re.split(word, condition))
        return condition


def read_file(text: str) -> dict[str, Written]:
    """Read a rule file: for each rule that is enabled, itself alone with all lists and macros."""
    lists: dict[str, list[str]] = {}
    macros: dict[str, str] = {}
    rules: dict[str, dict[str, Any]] = {}
    for item in yaml.load(text, yaml.BaseLoader):
        if "list" in item:
            lists[item["list"]] = _appended(item, "items", lists.get(item["list"], []), [])
        elif "macro" in item:
            macros[item["macro"]] = _appended(item, "condition", macros.get(item["macro"], ""), " ")
        elif "rule" in item and item["rule"] in rules and "override" in item:
            known = rules[item["rule"]]
            for key in item["override"]:
                known[key] = _appended(item, key, known.get(key, []), [] if key in {"tags", "exceptions"} else " ")
        elif "rule" in item:
            rules[item["rule"]] = dict(item)
    return {
        name: Written(lists, macros, [(rule["condition"], _by_name(rule.get("exceptions", [])))])
        for name, rule in rules.items()
        if rule.get("enabled") != "false"
    }


def _appended(item: Mapping[str, Any], key: str, before: Any, between: Any) -> Any:
    return before + between + item[key] if item.get("override", {}).get(key) == "append" else item[key]


def _by_name(exceptions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Exceptions with the values that later ones of the same name add."""
    found: dict[str, dict[str, Any]] = {}
    for one in exceptions:
        known = found.setdefault(one["name"], dict(one))
        if known != one:
            known["values"] = [*known.get("values", []), *one.get("values", [])]
    return list(found.values())


def _spelled(item: str) -> str:
    return f'"{item}"' if " " in item and item[0] not in "'\"" else item


def _with_exceptions(condition: str, exceptions: Sequence[Mapping[str, Any]]) -> str:
    suppressed = "".join(f" and not {_exception(exception)}" for exception in exceptions if exception.get("values"))
    return f"({condition}){suppressed}" if exceptions else condition


def _exception(exception: Mapping[str, Any]) -> str:
    fields, values = exception["fields"], exception["values"]
    if isinstance(fields, str):
        return f"({fields} {exception.get('comps', 'in')} ({', '.join(map(_spelled, values))}))"
    comps = exception.get("comps", ["="] * len(fields))
    tuples = (
        " and ".join(
            f"{field} {comp} {_operand(comp, value)}" for field, comp, value in zip(fields, comps, row, strict=True)
        )
        for row in values
    )
    return f"({' or '.join(f'({text})' for text in tuples)})"


def _operand(comp: str, value: str | Sequence[str]) -> str:
    if not isinstance(value, str):
        return f"({', '.join(map(_spelled, value))})"
    if comp in _LIST_COMPARISONS or " " in comp:
        return value if value.startswith("(") else f"({value})"
    return _spelled(value)
