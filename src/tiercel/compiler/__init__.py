# SPDX-License-Identifier: Apache-2.0
"""Rules to one program.

``PASSES`` names the passes in order; each comment says why it stands where it stands.  The first five look at one
condition and are run for every rule by :mod:`tiercel.compiler.frontend.driver` and :func:`build`, the last four at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, Literal, NamedTuple

from tiercel.compiler.frontend.config_additions import NO_ADDITIONS, Additions, AppendOutput
from tiercel.compiler.frontend.driver import CheckedRule, Frontend
from tiercel.compiler.frontend.lints import lint_reported
from tiercel.compiler.frontend.output_template import Template
from tiercel.compiler.ir.program import Check, Entry, Node, OutputField, Program, Read
from tiercel.compiler.kernel_filter import pushdown
from tiercel.compiler.passes import expand, fold, lower, order, resolve
from tiercel.compiler.passes import intern as share
from tiercel.compiler.passes import specialize as split
from tiercel.compiler.passes import typecheck as check
from tiercel.compiler.planner import plan as index
from tiercel.compiler.planner.cost_model import COSTS, Costs
from tiercel.errors import RulesError
from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic, Report
from tiercel.rules.garbage import without_collecting
from tiercel.rules.loader import SOURCES, RuleFiles
from tiercel.rules.model import Rule
from tiercel.schema.names import FIELD_BY_NAME, FieldRef

__all__ = [
    "PASSES",
    "PATHS",
    "Additions",
    "AppendOutput",
    "Check",
    "Checked",
    "Compiled",
    "Entry",
    "Node",
    "PathMatching",
    "Program",
    "Template",
    "build",
    "check_rules",
    "compile",
    "link",
]

PASSES: Final = (
    expand,  # text to tree; lists are pasted as text, so before parsing
    resolve,  # needs a tree without macros
    check,  # needs to know the fields
    fold,  # needs typed operands to decide checks
    split,  # needs junctions folded, so that what an event type decides disappears
    order,  # after split, which changes what a junction costs
    share,  # after order, so that equal trees are written equally
    lower,  # needs shared trees to make shared nodes
    index,  # needs the places of entries and checks in the program
)

PathMatching = Literal["both", "requested", "resolved"]

PATHS: Final[tuple[OutputField, ...]] = (
    Read("evt.path_binding"),
    Read("fd.name_requested"),
    Read("fd.name_resolved"),
)
"""What alerts of rules about paths have besides, where both truths count."""


@frozen
class Compiled:
    """What compiling rule files gives.

    Attributes:
        program: the program, or None if there are errors.
        rules: the rules that the program's indices refer to, in matching order, disabled ones too.
        templates: the output of each rule.
        diagnostics: findings of the loader and the compiler together, in file order.
        notes: what the rules of the program cost a live sensor, in their order; nothing is wrong with them.
        always: names of the rules that require nothing rare, in their order: all events of some frequent type are held
            against them.
    """

    program: Program | None
    rules: tuple[Rule, ...]
    templates: tuple[Template, ...]
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[Diagnostic, ...] = ()
    always: tuple[str, ...] = ()


@frozen
class Checked:
    """Rules without a program yet: programs for several selections can be linked from them.

    Attributes:
        entries: the rules without errors, in matching order, with their typed conditions and their outputs.
        diagnostics: findings of the loader and the compiler together, in file order.
    """

    entries: tuple[CheckedRule, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, disabled ones too."""
        return tuple(entry.rule for entry in self.entries)

    @property
    def has_errors(self) -> bool:
        """Whether a diagnostic is an error."""
        return any(found.severity == "error" for found in self.diagnostics)


def compile(  # noqa: A001 - `compiler.compile` is what it is
    files: RuleFiles,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    sources: Collection[str] = SOURCES,
    additions: Additions = NO_ADDITIONS,
) -> Compiled:
    """Compile rules; the result has a program.

    Args:
        files: what :func:`tiercel.rules.load_files` returned.
        path_matching: which bindings of a path rules may match under.
        select: says which rules take part; by default those that are ``enabled``.
        sources: names of the event sources that exist.
        additions: what the configuration adds to rules.

    Raises:
        RulesError: something in the files is an error; it holds the warnings too.
    """
    compiled = build(files, path_matching=path_matching, select=select, sources=sources, additions=additions)
    if compiled.program is None:
        raise RulesError(compiled.diagnostics)
    return compiled


@without_collecting
def build(
    files: RuleFiles,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    sources: Collection[str] = SOURCES,
    additions: Additions = NO_ADDITIONS,
) -> Compiled:
    """Like :func:`compile`, but errors are only in ``diagnostics`` and the program is then None."""
    checked = check_rules(files, sources=sources, additions=additions)
    return link(checked, path_matching=path_matching, select=select)


@without_collecting
def check_rules(
    files: RuleFiles, *, sources: Collection[str] = SOURCES, additions: Additions = NO_ADDITIONS
) -> Checked:
    """Do what :func:`compile` does for each rule by itself; the arguments are the same."""
    report = Report()
    for finding in files.diagnostics:
        report.keep(finding)
    frontend = Frontend(report, sources, additions)
    entries: list[CheckedRule] = []
    for stage in files.stages:
        entries = frontend.stage(stage)
    frontend.warn()
    return Checked(tuple(entries), _in_file_order(report, files))


@without_collecting
def link(
    checked: Checked,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    costs: Costs = COSTS,
) -> Compiled:
    """Do what :func:`compile` does for all rules together; no program is made if there are errors.

    Args:
        checked: the rules.
        path_matching: which bindings of a path rules may match under.
        select: says which rules take part; by default those that are ``enabled``.
        costs: what evaluation is taken to cost; it decides how rules are found, not which match.
    """
    select = select or (lambda rule: rule.enabled)
    templates = tuple(entry.template for entry in checked.entries)
    if checked.has_errors:
        return Compiled(None, checked.rules, templates, checked.diagnostics)
    linked = _link(checked.entries, path_matching, select, costs)
    return Compiled(linked.program, checked.rules, templates, checked.diagnostics, linked.notes, linked.always)


class _Linked(NamedTuple):
    """A program and what is to be said of its rules."""

    program: Program
    notes: tuple[Diagnostic, ...]
    always: tuple[str, ...]


def _link(
    checked: tuple[CheckedRule, ...], path_matching: PathMatching, select: Callable[[Rule], bool], costs: Costs
) -> _Linked:
    """Run the passes that look at all rules together."""
    splitter, pool = split.Splitter(), share.Pool()
    ordered: dict[int, tuple[object, object]] = {}
    tree_costs: dict[int, tuple[object, object]] = {}
    lowerable: list[tuple[int, tuple[split.Part, ...]]] = []
    calls: set[str] = set()
    required_events: set[int] = set()
    for number, entry in enumerate(checked):
        if select(entry.rule):
            parts = splitter.split(entry.cond)
            calls.update(*(part.calls for part in parts))
            required_events |= split.required_events(entry.cond, parts)
            shared = (share.share(order.order(part.cond, ordered, tree_costs), pool) for part in parts)
            lowerable.append((number, tuple(map(split.Part.with_cond, parts, shared))))
    lowered = lower.lower(lowerable)
    pushed = pushdown.pushdown(lowerable, frozenset(required_events))
    indexed = index.index(lowerable, lowered.numbers, costs)
    notes = [
        found for number, codes in sorted(pushed.dear.items()) for found in lint_reported(checked[number].rule, codes)
    ]
    paths = {entry.rule for entries in lowered.entries.values() for entry in entries if entry.uses_path}
    program = Program(
        rules=tuple(entry.rule.name for entry in checked),
        checks=lowered.checks,
        nodes=lowered.nodes,
        entries=lowered.entries,
        outputs=tuple(
            _captured(entry.template, path_matching, uses_path=number in paths) for number, entry in enumerate(checked)
        ),
        path_matching=path_matching,
        calls=frozenset(calls),
        required_events=frozenset(required_events),
        filters=pushed.filters,
        path_sets=pushed.path_sets,
        plans=indexed.plans,
    )
    return _Linked(program, tuple(notes), tuple(program.rules[number] for number in sorted(indexed.always)))


def _captured(template: Template, path_matching: PathMatching, *, uses_path: bool) -> tuple[OutputField, ...]:
    """What an alert captures: what is printed, and of rules about paths both truths; its time it has anyway."""
    sources = template.sources
    if path_matching != "requested" and (uses_path or any(_is_path(source) for source in sources)):
        sources += PATHS
    return tuple(dict.fromkeys(sources))


def _is_path(source: OutputField) -> bool:
    return isinstance(source, Read) and FieldRef(FIELD_BY_NAME[source.field], source.arg).path


def _in_file_order(report: Report, files: RuleFiles) -> tuple[Diagnostic, ...]:
    order_of = {stage.file: number for number, stage in enumerate(files.stages)}
    return tuple(sorted(report, key=lambda found: (order_of.get(found.file, -1), found.line, found.column)))
