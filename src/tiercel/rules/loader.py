# SPDX-License-Identifier: Apache-2.0
"""Loader of rule files, in order, into one rule set."""

from __future__ import annotations

import os
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic, Report, diagnose, show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Source, Text
from tiercel.rules.collection import Collection
from tiercel.rules.files import Content, read_source, source_of
from tiercel.rules.gc_pause import gc_paused
from tiercel.rules.items import read_list, read_macro, read_rule
from tiercel.rules.model import Change, ListDef, MacroDef, Rule, Stage
from tiercel.rules.reader import describe
from tiercel.rules.versions import PluginNeed, check_plugins, read_engine, read_plugins
from tiercel.rules.yamlfile import Map, Seq, read_beginning
from tiercel.schema.rulefile import ITEMS

__all__ = ["SOURCES", "Given", "RuleFiles", "load_files", "load_text", "no_rule", "rule_sets"]

SOURCES: Final = frozenset({"syscall"})
"""Built-in event sources."""

_FIRST: Final = ("lists.yaml", "macros.yaml")
"""Files of a directory that are read first, since the others use their definitions."""

_FIRST_SET: Final = "base"
"""Rule set that is read first of a directory of sets, since the others use its definitions."""

_KINDS: Final = tuple(item.name for item in ITEMS)

Given: TypeAlias = "str | os.PathLike[str] | Content"
"""Source of rules: a file, a directory, or the content of a file."""


class _Empty(NamedTuple):
    """Empty file or directory, and the code of the warning about it."""

    code: str
    name: str


@frozen
class RuleFiles:
    """Definitions of some files together.

    Attributes:
        rules: rules in matching order, without rules of unknown sources.
        macros: macros in order of definition.
        lists: lists in order of definition.
        stages: definitions after each file.
        diagnostics: findings of the loader in file order, including errors.
        history: changes by items of the files, in file order.
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


def load_files(paths: Iterable[Given], *, sources: AnyOf[str] = SOURCES) -> RuleFiles:
    """Read rule files in order; from a directory ``*.yaml`` and ``*.yml``: lists and macros first, then by name.

    A directory that has only directories of rule files is a collection of sets: ``base`` is read first, then by name.

    Errors in the files raise nothing; they are in ``diagnostics``. Files that define nothing at all are an error, since
    a file may be read in the middle of a rewrite.
    """
    report = Report()
    given = [*paths]
    empty: list[_Empty] = []
    return _load(_sources(given, empty, report), report, sources, given, empty)


def load_text(text: str, name: str = "<text>", *, sources: AnyOf[str] = SOURCES) -> RuleFiles:
    """Read the text of one rule file."""
    return _load(iter([Source(name, text.removeprefix("\ufeff"))]), Report(), sources)


@gc_paused
def _load(
    files: Iterator[Source | None],
    report: Report,
    sources: AnyOf[str],
    given: Sequence[Given] = (),
    empty: Sequence[_Empty] = (),
) -> RuleFiles:
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
    if given and not (collection.rules or collection.macros or collection.lists or report.errors):
        report.keep(no_rule(given))
    else:
        for one in empty:
            report.add(one.code, Text.of("", one.name).span())
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
    """Read the items of one file; return False if it is no rule file."""
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
    """Read one item; the first known key decides its kind."""
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


def no_rule(given: Sequence[Given]) -> Diagnostic:
    """Return the error about files and folders that define no rule."""
    names = [_name(one) for one in given]
    what = show(names[0]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    return diagnose("E155", Text.of("", names[0]).span(), files=what)


def _name(given: Given) -> str:
    return given.name if isinstance(given, Content) else os.fspath(given)


def _sources(given: Iterable[Given], empty: list[_Empty], report: Report) -> Iterator[Source | None]:
    """Yield the text of each file, None for an unreadable file; collect empty files."""
    for one in given:
        read = (
            [_read(one, report)]
            if isinstance(one, Content)
            else (_read(path, report) for path in _expand(one, empty, report))
        )
        for source in read:
            if source is not None and not source.text.strip():
                empty.append(_Empty("W545", source.name))
            yield source


def _read(one: Path | Content, report: Report) -> Source | None:
    return source_of(one.content, one.name, report) if isinstance(one, Content) else read_source(one, report)


def rule_sets(path: Path) -> list[Path]:
    """Return the directories below ``path``, ``base`` first, then by name."""
    return sorted((entry for entry in path.iterdir() if entry.is_dir()), key=lambda one: (one.name != _FIRST_SET, one))


def _rule_files(path: Path) -> list[Path]:
    return sorted(
        (entry for entry in path.iterdir() if entry.suffix in {".yaml", ".yml"} and entry.is_file()),
        key=lambda entry: (_FIRST.index(entry.name) if entry.name in _FIRST else len(_FIRST), entry),
    )


def _expand(given: str | os.PathLike[str], empty: list[_Empty], report: Report) -> Iterator[Path]:
    """Yield a file, or the rule files of a directory or of the rule sets in it."""
    path = Path(given)
    if not path.is_dir():
        yield path
        return
    try:
        found = _rule_files(path) or [file for folder in rule_sets(path) for file in _rule_files(folder)]
    except OSError as error:
        report.add("E102", Text.of("", str(path)).span(), problem=error.strerror or str(error), suggestion="")
        return
    if not found:
        empty.append(_Empty("W546", str(path)))
    yield from found
