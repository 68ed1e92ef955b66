# SPDX-License-Identifier: Apache-2.0
"""tiercel rules: list the rules of some files: the origin of each, and its changes by later files.

Without RULES it lists the packaged rules. The order is the order of evaluation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tiercel.cli import EXIT_OK
from tiercel.cli.rule_paths import rule_paths
from tiercel.engine.ruleset import packaged_sets
from tiercel.errors import RulesError, UsageError
from tiercel.escaping import visible_json, visible_lines
from tiercel.lang.text import Span
from tiercel.lang.wildcard import fits
from tiercel.rules import Rule, RuleFiles, load_files
from tiercel.rules.model import Change, ListDef, MacroDef
from tiercel.rules.schema import rule_file_schema
from tiercel.schema.render.docs import markdown_table

EXAMPLES = """\
  tiercel rules                                the packaged rules
  tiercel rules base.yaml local.d/             some files as one set, and what changes what
  tiercel rules --all base.yaml                macros and lists too
  tiercel rules --rule '*file*' --tag host     by name and by tag
  tiercel rules --schema > rules.schema.json   the JSON schema of rule files, for editors
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="RULES", help="rule files and folders, loaded in order as one set")
    add("--rule", metavar="NAME", help="only rules of this name; `*` stands for anything")
    add("--tag", metavar="TAG", help="only rules with this tag")
    add("--all", action="store_true", help="macros and lists too")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--md", action="store_true", help="print Markdown")
    form.add_argument("--schema", action="store_true", help="print the JSON schema of rule files, and nothing else")


def run(args: argparse.Namespace) -> int:
    """Print the listing."""
    if args.schema:
        print(visible_json(json.dumps(rule_file_schema(), indent=2, ensure_ascii=False)))
        return EXIT_OK
    files = load_files(rule_paths(args.paths) or packaged_sets())
    if files.has_errors:
        raise RulesError(files.diagnostics)
    rules = _choose(files.rules, args.rule, args.tag)
    if args.json:
        print(visible_json(json.dumps(_data(files, rules, everything=args.all), indent=2, ensure_ascii=False)))
    elif args.md:
        print(visible_lines("\n".join(_markdown(files, rules, everything=args.all))))
    else:
        print(visible_lines("\n".join(_lines(files, rules, everything=args.all))))
    return EXIT_OK


def _choose(rules: Sequence[Rule], name: str | None, tag: str | None) -> list[Rule]:
    pattern = "*" if name is None else name
    chosen = [rule for rule in rules if fits(rule.name, pattern) and (tag is None or tag in rule.tags)]
    if not chosen and (name is not None or tag is not None):
        wanted = " and ".join(f"{what} {word!r}" for what, word in (("name", name), ("tag", tag)) if word is not None)
        raise UsageError("E601", f"there is no rule with the {wanted}", hint="`tiercel rules` lists all of them")
    return chosen


def _place(span: Span) -> str:
    place = span.text.place(span.start)
    return f"{place.file}:{place.line}"


def _changes(files: RuleFiles, kind: str) -> Mapping[str, list[Change]]:
    """Return the changes of each rule, macro or list after its first definition."""
    found: dict[str, list[Change]] = {}
    for change in files.history:
        if change.kind == kind:
            found.setdefault(change.name, []).append(change)
    return found


def _words(change: Change) -> str:
    """Describe an item's effect: ``redefined in local.yaml:3``, ``condition appended to, priority replaced in …``."""
    done = {"append": "appended to", "replace": "replaced"}
    what = ", ".join(f"{key} {done[operation]}" for key, operation in change.keys.items()) or f"{change.verb[:-1]}d"
    return f"{what} in {_place(change.span)}"


# -- text --------------------------------------------------------------------------------------------------------------


def _lines(files: RuleFiles, rules: Sequence[Rule], *, everything: bool) -> Iterator[str]:
    width = max((len(rule.name) for rule in rules), default=0)
    changes = _changes(files, "rule")
    if not rules:
        yield "there are no rules"
    for rule in rules:
        state = "" if rule.enabled else "  off"
        source = "" if rule.source == "syscall" else f"  {rule.source}"
        tags = f"  [{', '.join(rule.tags)}]" if rule.tags else ""
        first, *later = changes[rule.name]
        yield f"{rule.name:<{width}}  {rule.priority!s:<13}  {_place(first.span)}{source}{state}{tags}"
        yield from (f"    {_words(change)}" for change in later)
    if everything:
        yield from _other_lines("macros", files.macros, _changes(files, "macro"))
        yield from _other_lines("lists", files.lists, _changes(files, "list"))


def _other_lines(title: str, rows: Iterable[MacroDef | ListDef], changes: Mapping[str, list[Change]]) -> Iterator[str]:
    yield f"\n{title}:"
    for row in rows:
        first, *later = changes[row.name]
        what = f"  {len(row.items)} item{'s' * (len(row.items) != 1)}" if isinstance(row, ListDef) else ""
        yield f"  {row.name}  {_place(first.span)}{what}"
        yield from (f"    {_words(change)}" for change in later)


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(files: RuleFiles, rules: Sequence[Rule], *, everything: bool) -> Iterator[str]:
    changes = _changes(files, "rule")
    rows = (
        (
            f"{rule.name}{'' if rule.enabled else ' (off)'}",
            str(rule.priority),
            " ".join(rule.desc.split()),
            ", ".join(rule.tags),
            _where(changes[rule.name]),
        )
        for rule in rules
    )
    yield from markdown_table(("rule", "priority", "finds", "tags", "where"), rows)
    if everything:
        yield ""
        found = _changes(files, "macro")
        macros = (
            (f"`{row.name}`", " ".join(row.condition.value.split()), _where(found[row.name])) for row in files.macros
        )
        yield from markdown_table(("macro", "condition", "where"), macros)
        yield ""
        found_lists = _changes(files, "list")
        lists = ((f"`{row.name}`", str(len(row.items)), _where(found_lists[row.name])) for row in files.lists)
        yield from markdown_table(("list", "items", "where"), lists)


def _where(changes: Sequence[Change]) -> str:
    return "; ".join((_place(changes[0].span), *map(_words, changes[1:])))


# -- JSON --------------------------------------------------------------------------------------------------------------


def _data(files: RuleFiles, rules: Sequence[Rule], *, everything: bool) -> dict[str, Any]:
    changes = _changes(files, "rule")
    data: dict[str, Any] = {"rules": [_rule_data(rule, changes[rule.name]) for rule in rules]}
    if everything:
        macros, lists = _changes(files, "macro"), _changes(files, "list")
        data["macros"] = [
            {"name": row.name, "condition": row.condition.value, "history": _history(macros[row.name])}
            for row in files.macros
        ]
        data["lists"] = [
            {"name": row.name, "items": [item.value for item in row.items], "history": _history(lists[row.name])}
            for row in files.lists
        ]
    return data


def _rule_data(rule: Rule, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "desc": rule.desc,
        "condition": rule.condition.value,
        "exceptions": [entry.name for entry in rule.exceptions],
        "output": rule.output.value,
        "priority": str(rule.priority),
        "source": rule.source,
        "tags": list(rule.tags),
        "enabled": rule.enabled,
        "history": _history(changes),
    }


def _history(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return the items that defined and changed a rule, macro or list, in order; the first is its definition."""
    return [
        {
            "verb": change.verb,
            "keys": dict(change.keys),
            **change.span.text.place(change.span.start).to_dict(),
        }
        for change in changes
    ]
