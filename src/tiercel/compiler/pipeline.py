# SPDX-License-Identifier: Apache-2.0
"""The compiler's pipeline: the list of passes, their shared state, and the entry points that run them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from tiercel.compiler.frontend.config_additions import NO_ADDITIONS, Additions
from tiercel.compiler.frontend.driver import CheckedRule, Frontend
from tiercel.compiler.frontend.lints import lint_reported
from tiercel.compiler.frontend.list_expansion import Lists
from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.frontend.output_template import Template
from tiercel.compiler.frontend.static_fields import fill_statics
from tiercel.compiler.ir.program import OutputField, Program, Read
from tiercel.compiler.ir.tree import BoundTree, Failed, Interner, Memo, Tree
from tiercel.compiler.kernel_filter import dnf, pushdown
from tiercel.compiler.passes import expand, fold, intern, lower, order, resolve, specialize, typecheck
from tiercel.compiler.passes.specialize import Part
from tiercel.compiler.planner import plan
from tiercel.compiler.planner.cost_model import COSTS, Costs
from tiercel.errors import RulesError
from tiercel.frozen import field, frozen, replace
from tiercel.lang.ast import Cond
from tiercel.lang.diagnostics import Diagnostic, Report
from tiercel.rules.gc_pause import gc_paused
from tiercel.rules.loader import SOURCES, RuleFiles
from tiercel.rules.model import Rule
from tiercel.schema.names import FIELD_BY_NAME, FieldRef

__all__ = [
    "PASSES",
    "PATHS",
    "Checked",
    "CheckedRule",
    "Compiled",
    "Linking",
    "Pass",
    "PathMatching",
    "Pipeline",
    "build",
    "check_rules",
    "compile",
    "link",
]

PathMatching = Literal["both", "requested", "resolved"]

PATHS: Final[tuple[OutputField, ...]] = (
    Read("evt.path_binding"),
    Read("fd.name_requested"),
    Read("fd.name_resolved"),
)
"""Additional fields in alerts of rules that read paths, if both path bindings count."""


class Pass(NamedTuple):
    """One pass.

    Attributes:
        name: for :meth:`Pipeline.run`.
        run: the pass; takes the result of the pass before it and the pipeline, whose state it may use.
        holds: postcondition of the result.
    """

    name: str
    run: Callable[[Any, Pipeline], Any]
    holds: Callable[[Any], bool]


@frozen
class Linking:
    """Rules between ``fold`` and the finished program; each pass fills in its own attribute.

    Attributes:
        conds: folded conditions, with the index of the rule.
        parts: the parts of each condition, with the index of the rule.
        required_events: codes of the events that a live sensor must report.
        lowered: the arrays of the program.
        pushed: the kernel filters.
        indexed: the plans.
    """

    conds: tuple[tuple[int, Tree], ...]
    parts: tuple[tuple[int, tuple[Part, ...]], ...] = ()
    required_events: frozenset[int] = frozenset()
    lowered: lower.Lowered = field(default_factory=lambda: lower.Lowered((), (), {}))
    pushed: pushdown.Pushed = field(default_factory=lambda: pushdown.Pushed({}, (), {}))
    indexed: plan.Indexed = field(default_factory=lambda: plan.Indexed({}, frozenset()))

    def program(
        self, rules: Iterable[str], outputs: Iterable[tuple[OutputField, ...]], path_matching: PathMatching
    ) -> Program:
        """Return the finished program; ``rules`` and ``outputs`` are for all rules, by index."""
        return Program(
            rules=tuple(rules),
            checks=self.lowered.checks,
            nodes=self.lowered.nodes,
            entries=self.lowered.entries,
            outputs=tuple(outputs),
            path_matching=path_matching,
            calls=frozenset().union(*(part.calls for _, parts in self.parts for part in parts)),
            required_events=self.required_events,
            filters=self.pushed.filters,
            path_sets=self.pushed.path_sets,
            plans=self.indexed.plans,
        )

    def part_conds(self) -> list[Tree]:
        """Return the conditions of all parts."""
        return [part.cond for _, parts in self.parts for part in parts]


class Pipeline:
    """Runner of ``PASSES`` with their state, which processes a subtree that several conditions share only once.

    Attributes:
        macros: macros and lists for ``parse`` and ``expand``; the front end replaces it for each file.
    """

    def __init__(
        self,
        *,
        macros: MacroTable | None = None,
        statics: Mapping[str, str] = MappingProxyType({}),
        interner: Interner | None = None,
        costs: Costs = COSTS,
        verify: bool = False,
    ) -> None:
        """Start with empty state.

        Args:
            macros: initial value of the attribute; by default a table without macros.
            statics: values of the static fields, by field name.
            interner: factory of leaves.
            costs: cost model of the planner.
            verify: assert the postcondition of each pass after it ran.
        """
        self.macros = macros or MacroTable(Lists({}), {})
        self.statics = statics
        self.interner = interner or Interner()
        self.costs = costs
        self.filled: Memo[Cond, Cond | Failed] = {}
        self.resolved: Memo[Cond, BoundTree | Failed] = {}
        self.typed: Memo[BoundTree, Tree | Failed] = {}
        self.folded: Memo[Tree, Tree] = {}
        self.ordered: Memo[Tree, Tree] = {}
        self.tree_costs: Memo[Tree, int] = {}
        self.splitter = specialize.Splitter()
        self.pool = intern.Pool()
        self._verify = verify

    def run(self, value: Any, first: str, last: str) -> Any:
        """Run the passes from ``first`` to ``last``; stop at the first result that is :class:`Failed`."""
        for one in PASSES[_PLACES[first] : _PLACES[last] + 1]:
            value = one.run(value, self)
            if isinstance(value, Failed):
                break
            assert not self._verify or one.holds(value), one.name
        return value

    def tree(self, text: Any) -> Any:
        """Return the folded tree of a condition, or :class:`Failed`."""
        return self.run(text, "parse", "fold")


# -- passes over all rules -------------------------------------------------------------------------------------------


def _specialize(linking: Linking, pipeline: Pipeline) -> Linking:
    parts = tuple([(rule, pipeline.splitter.split(cond)) for rule, cond in linking.conds])
    conds = (cond for _, cond in linking.conds)
    required = (specialize.required_events(cond, own) for cond, (_, own) in zip(conds, parts, strict=True))
    return replace(linking, parts=parts, required_events=frozenset().union(*required))


def _each(change: Callable[[Any, Pipeline], Any]) -> Callable[[Linking, Pipeline], Linking]:
    """Return the pass that applies a function to the condition of every part."""

    def run(linking: Linking, pipeline: Pipeline) -> Linking:
        return replace(
            linking,
            parts=tuple(
                [
                    (rule, tuple([part.with_cond(change(part.cond, pipeline)) for part in parts]))
                    for rule, parts in linking.parts
                ]
            ),
        )

    return run


def _lower(linking: Linking, _pipeline: Pipeline) -> Linking:
    return replace(linking, lowered=lower.lower(linking.parts))


def _pushdown(linking: Linking, _pipeline: Pipeline) -> Linking:
    return replace(linking, pushed=pushdown.pushdown(linking.parts, linking.required_events))


def _plan(linking: Linking, pipeline: Pipeline) -> Linking:
    return replace(linking, indexed=plan.index(linking.parts, linking.lowered.numbers, pipeline.costs))


def _plans_hold(linking: Linking) -> bool:
    entries = linking.lowered.entries
    return all(plan.holds(found, len(entries[code])) for code, found in linking.indexed.plans.items())


PASSES: Final = (
    # One condition at a time; run by the front end for each rule.
    Pass(
        "parse",  # text to tree; lists are expanded as text, so before parsing
        lambda text, pipeline: pipeline.macros.parse(text),
        lambda _: True,
    ),
    Pass(
        "expand",  # macros are trees, so after parsing
        lambda cond, pipeline: expand.expand(cond, pipeline.macros),
        expand.holds,
    ),
    Pass(
        "fill_statics",  # macros may read static fields
        lambda cond, pipeline: fill_statics(cond, pipeline.statics, pipeline.filled),
        expand.holds,
    ),
    Pass(
        "resolve",  # needs a tree without macros and static fields
        lambda cond, pipeline: resolve.resolve(cond, pipeline.resolved),
        resolve.holds,
    ),
    Pass(
        "typecheck",  # needs rows of fields
        lambda cond, pipeline: typecheck.check(cond, pipeline.interner, pipeline.typed),
        typecheck.holds,
    ),
    Pass(
        "fold",  # needs typed operands to evaluate checks
        lambda cond, pipeline: fold.fold(cond, pipeline.folded),
        fold.holds,
    ),
    # All selected rules together, as `Linking`.
    Pass(
        "specialize",  # needs folded junctions, so that checks that the event type decides disappear
        _specialize,
        lambda linking: (
            all(map(fold.holds, linking.part_conds())) and all(specialize.holds(parts) for _, parts in linking.parts)
        ),
    ),
    Pass(
        "order",  # after specialize, which changes the costs of junctions
        _each(lambda cond, pipeline: order.order(cond, pipeline.ordered, pipeline.tree_costs)),
        lambda linking: all(map(order.holds, linking.part_conds())),
    ),
    Pass(
        "intern",  # after order, which makes equal junctions have equal terms
        _each(lambda cond, pipeline: intern.share(cond, pipeline.pool)),
        lambda linking: all(map(order.holds, linking.part_conds())) and intern.holds(linking.part_conds()),
    ),
    Pass(
        "lower",  # needs shared trees to make shared nodes
        _lower,
        lambda linking: lower.holds(linking.lowered),
    ),
    Pass(
        "pushdown",  # needs shared trees to read each once
        _pushdown,
        lambda linking: pushdown.holds(linking.pushed, dnf.MAX_CLAUSES),
    ),
    Pass(
        "plan",  # needs the places of entries and checks in the program
        _plan,
        _plans_hold,
    ),
)
"""The passes, in the order in which they run; each comment gives the reason for the place of a pass."""

_PLACES: Final = {one.name: place for place, one in enumerate(PASSES)}


# -- entry points ----------------------------------------------------------------------------------------------------


@frozen
class Compiled:
    """Result of the compilation of rule files.

    Attributes:
        program: the program, or None if there are errors.
        rules: all rules by index in the program, in matching order, including disabled rules.
        templates: output of each rule.
        diagnostics: findings of the loader and the compiler, in file order.
        notes: notes about the cost of rules for a live sensor, in rule order; these are not problems.
        always: names of the rules that require nothing rare, in order; they are evaluated for all events of some
            high-rate type.
    """

    program: Program | None
    rules: tuple[Rule, ...]
    templates: tuple[Template, ...]
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[Diagnostic, ...] = ()
    always: tuple[str, ...] = ()


@frozen
class Checked:
    """Checked rules, from which programs for several selections can be linked.

    Attributes:
        entries: rules without errors, in matching order, with typed conditions and outputs.
        diagnostics: findings of the loader and the compiler, in file order.
    """

    entries: tuple[CheckedRule, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, including disabled rules."""
        return tuple(entry.rule for entry in self.entries)

    @property
    def has_errors(self) -> bool:
        """True if a diagnostic is an error."""
        return any(found.severity == "error" for found in self.diagnostics)


def compile(  # noqa: A001 - `compiler.compile` is what it is
    files: RuleFiles,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    sources: Collection[str] = SOURCES,
    additions: Additions = NO_ADDITIONS,
) -> Compiled:
    """Compile rules to a program.

    Args:
        files: result of :func:`tiercel.rules.load_files`.
        path_matching: path bindings for which rules may match.
        select: predicate for the rules in the program; by default ``enabled`` rules.
        sources: names of the existing event sources.
        additions: additions to rules from the configuration.

    Raises:
        RulesError: the files have errors; it contains the warnings, too.
    """
    compiled = build(files, path_matching=path_matching, select=select, sources=sources, additions=additions)
    if compiled.program is None:
        raise RulesError(compiled.diagnostics)
    return compiled


@gc_paused
def build(
    files: RuleFiles,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    sources: Collection[str] = SOURCES,
    additions: Additions = NO_ADDITIONS,
) -> Compiled:
    """Compile rules like :func:`compile`; errors are in ``diagnostics`` only, and the program is then None."""
    checked = check_rules(files, sources=sources, additions=additions)
    return link(checked, path_matching=path_matching, select=select)


@gc_paused
def check_rules(
    files: RuleFiles, *, sources: Collection[str] = SOURCES, additions: Additions = NO_ADDITIONS
) -> Checked:
    """Run the part of :func:`compile` that checks single rules, with the same arguments."""
    report = Report()
    for finding in files.diagnostics:
        report.keep(finding)
    frontend = Frontend(report, sources, Pipeline(statics=additions.statics), additions)
    entries: list[CheckedRule] = []
    for stage in files.stages:
        entries = frontend.stage(stage)
    frontend.warn()
    return Checked(tuple(entries), _in_file_order(report, files))


@gc_paused
def link(
    checked: Checked,
    *,
    path_matching: PathMatching = "both",
    select: Callable[[Rule], bool] | None = None,
    costs: Costs = COSTS,
) -> Compiled:
    """Run the part of :func:`compile` that links all rules; the program is None if there are errors.

    Args:
        checked: the rules.
        path_matching: path bindings for which rules may match.
        select: predicate for the rules in the program; by default ``enabled`` rules.
        costs: cost model; it decides how rules are found, not which rules match.
    """
    select = select or (lambda rule: rule.enabled)
    templates = tuple(entry.template for entry in checked.entries)
    if checked.has_errors:
        return Compiled(None, checked.rules, templates, checked.diagnostics)
    pipeline = Pipeline(costs=costs)
    conds = tuple([(number, entry.cond) for number, entry in enumerate(checked.entries) if select(entry.rule)])
    linking = pipeline.run(Linking(conds), "specialize", "plan")
    lowered, names = linking.lowered, tuple(entry.rule.name for entry in checked.entries)
    paths = {entry.rule for entries in lowered.entries.values() for entry in entries if entry.uses_path}
    outputs = (
        _captured(template, path_matching, uses_path=number in paths) for number, template in enumerate(templates)
    )
    program = linking.program(names, outputs, path_matching)
    notes = [
        found
        for number, codes in sorted(linking.pushed.expensive.items())
        for found in lint_reported(checked.entries[number].rule, codes)
    ]
    always = tuple(names[number] for number in sorted(linking.indexed.always))
    return Compiled(program, checked.rules, templates, checked.diagnostics, tuple(notes), always)


def _captured(template: Template, path_matching: PathMatching, *, uses_path: bool) -> tuple[OutputField, ...]:
    """Return the captured fields of an alert: the printed fields, and for rules that read paths both path bindings."""
    sources = template.sources
    if path_matching != "requested" and (uses_path or any(_is_path(source) for source in sources)):
        sources += PATHS
    return tuple(dict.fromkeys(sources))


def _is_path(source: OutputField) -> bool:
    return isinstance(source, Read) and FieldRef(FIELD_BY_NAME[source.field], source.arg).path


def _in_file_order(report: Report, files: RuleFiles) -> tuple[Diagnostic, ...]:
    order_of = {stage.file: number for number, stage in enumerate(files.stages)}
    return tuple(sorted(report, key=lambda found: (order_of.get(found.file, -1), found.line, found.column)))
