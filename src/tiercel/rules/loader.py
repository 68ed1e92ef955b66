# SPDX-License-Identifier: Apache-2.0
"""Rule files to a rule set: reads them in order into one collection."""

from __future__ import annotations

import os
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic, Report, show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Source, Text
from tiercel.rules.collection import Collection
from tiercel.rules.garbage import without_collecting
from tiercel.rules.items import read_list, read_macro, read_rule
from tiercel.rules.model import Change, ListDef, MacroDef, Rule, Stage
from tiercel.rules.reader import describe
from tiercel.rules.versions import PluginNeed, check_plugins, read_engine, read_plugins
from tiercel.rules.yamlfile import Map, Seq, read_beginning
from tiercel.schema.rulefile import ITEMS

__all__ = ["MAX_FILE", "SOURCES", "RuleFiles", "load_files", "load_text"]

MAX_FILE: Final = 64 << 20
"""Bytes of one file."""

SOURCES: Final = frozenset({"syscall"})
"""Event sources that are always there."""

_FIRST: Final = ("lists.yaml", "macros.yaml")
"""Files of a directory that come before the others, which use what is defined in them."""

_KINDS: Final = tuple(item.name for item in ITEMS)


@frozen
class RuleFiles:
    """What some files define together.

    Attributes:
        rules: in matching order; those of unknown sources are left out.
        macros: in order of definition.
        lists: in order of definition.
        stages: what was defined after each file.
        diagnostics: findings of the loader, in file order; errors among them too.
        history: what each item of the files did, in file order.
    """

    rules: tuple[Rule, ...]
    macros: tuple[MacroDef, ...]
    lists: tuple[ListDef, ...]
    stages: tuple[Stage, ...]
    diagnostics: tuple[Diagnostic, ...]
    history: tuple[Change, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether a diagnostic is an error."""
        return any(found.severity == "error" for found in self.diagnostics)


def load_files(paths: Iterable[str | os.PathLike[str]], *, sources: AnyOf[str] = SOURCES) -> RuleFiles:
    """Read rule files in order; of a directory, its ``*.yaml`` and ``*.yml``: lists and macros, then by name.

    Nothing is raised for what the files hold: findings are in ``diagnostics``.
    """
    report = Report()
    return _load((_read(path, report) for path in _expand(paths, report)), report, sources)


def load_text(text: str, name: str = "<text>", *, sources: AnyOf[str] = SOURCES) -> RuleFiles:
    """Read one rule file that is given as text."""
    return _load(iter([Source(name, text.removeprefix("\ufeff"))]), Report(), sources)


@without_collecting
def _load(files: Iterator[Source | None], report: Report, sources: AnyOf[str]) -> RuleFiles:
    collection = Collection(sources)
    stages: list[Stage] = []
    needs: list[PluginNeed] = []
    complete = True
    for source in files:
        if source is None:
            complete = False
            continue
        complete = _read_items(source, collection, needs, report) and complete
        stages.append(collection.stage(source.name, complete=complete))
    check_plugins(needs, report)
    for rule in collection.rules.values():
        if rule.source not in sources:
            report.add("W509", rule.span, item=rule.item, source=show(rule.source))
    return RuleFiles(
        rules=tuple(rule for rule in collection.rules.values() if rule.source in sources),
        macros=tuple(collection.macros.values()),
        lists=tuple(collection.lists.values()),
        stages=tuple(stages),
        diagnostics=tuple(report),
        history=tuple(collection.history),
    )


def _read_items(source: Source, collection: Collection, needs: list[PluginNeed], report: Report) -> bool:
    """Read the items of one file; False if it is not a rule file at all."""
    documents, complete = read_beginning(source, report)
    for document in documents:
        if not isinstance(document, Seq):
            report.add("E103", document.span, found=describe(document))
            complete = False
            continue
        for item in document.items:
            if isinstance(item, Map):
                _read_item(item, collection, needs, report)
            elif describe(item) != "empty":
                report.add("E104", item.span, found=describe(item))
    return complete


def _read_item(item: Map, collection: Collection, needs: list[PluginNeed], report: Report) -> None:
    """Read one item; the first of the known keys decides what it is."""
    kind = next((kind for kind in _KINDS if kind in item.pairs), None)
    match kind:
        case "required_engine_version":
            read_engine(item, report)
        case "required_plugin_versions":
            needs.extend(read_plugins(item, report))
        case "list":
            read_list(item, collection, report)
        case "macro":
            read_macro(item, collection, report)
        case "rule":
            read_rule(item, collection, report)
        case _:
            first = next(iter(item.pairs.values()), None)
            close = suggest(first[0].value, _KINDS) if first else ""
            hint = close or "an item begins with `- rule:`, `- macro:` or `- list:`"
            report.add("W502", first[0].span if first else item.span, suggestion=hint)


# -- files -------------------------------------------------------------------------------------------------------------


def _expand(paths: Iterable[str | os.PathLike[str]], report: Report) -> Iterator[Path]:
    for given in paths:
        path = Path(given)
        if path.is_dir():
            try:
                found = sorted(
                    (entry for entry in path.iterdir() if entry.suffix in {".yaml", ".yml"} and entry.is_file()),
                    key=lambda entry: (_FIRST.index(entry.name) if entry.name in _FIRST else len(_FIRST), entry),
                )
            except OSError as error:
                _unreadable(path, error.strerror or str(error), report)
                continue
            yield from found
        else:
            yield path


def _read(path: Path, report: Report) -> Source | None:
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        _unreadable(path, getattr(error, "strerror", None) or str(error), report)
        return None
    if len(content) > MAX_FILE:
        report.add(
            "E112",
            Text.of("", name).span(),
            what="the file",
            size=f"more than {MAX_FILE:,} bytes",
            limit=f"{MAX_FILE:,}",
        )
        return None
    try:
        return Source(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        text = Text(before, Source(name, before))
        problem = f"byte 0x{content[error.start]:02x} is not UTF-8"
        report.add("E102", text.span(len(before), len(before)), problem=problem, suggestion="save the file as UTF-8")
        return None


def _unreadable(path: Path, problem: str, report: Report) -> None:
    hint = "check the path" if not path.exists() else ""
    report.add("E102", Text.of("", str(path)).span(), problem=problem, suggestion=hint)
