# SPDX-License-Identifier: Apache-2.0
"""tiercel explain: show what rules compile to, or why they match an event or do not.

Without --event: for each rule the event types that it is tried for, and its checks in the order in which they are
tried. `? 3 : no` continues with check 3 if the check is true, and ends if it is false. Below them, the events that the
live sensor's probe reports for the rule, if the kernel filter rejects some. At the end, the events that it reports for
all rules together, and the rules that require every event of a type.

With --event: for each rule whether it matches, and if not, the first check that failed and its value. An event
is a mapping of fields, {evt.type: openat, fd.name: /etc/shadow}, in YAML or JSON; a file may hold several.

With --capture FILE --event N: the same for the event of a capture with the number N, as evt.num in alerts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from tiercel import compiler
from tiercel.cli import EXIT_OK
from tiercel.cli.rule_paths import STDIN, rule_paths
from tiercel.compiler.explain import SoloRule
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, reads
from tiercel.compiler.kernel_filter.describe import FilterDescription, describe_filter
from tiercel.compiler.planner.describe import PlanDescription, describe_plan
from tiercel.engine.explain import Explainer, Verdict, brief
from tiercel.engine.replay import held_event
from tiercel.engine.ruleset import packaged_sets
from tiercel.errors import EventError, RulesError, UsageError
from tiercel.escaping import visible_json, visible_lines
from tiercel.lang.diagnostics import Report, diagnose
from tiercel.lang.suggest import suggest
from tiercel.lang.wildcard import fits
from tiercel.rules import Rule, load_files
from tiercel.rules.files import MAX_FILE, read_source, source_of
from tiercel.schema.names import EVENT_BY_CODE, FIELD_BY_NAME
from tiercel.testing.events import Event, read_events

EXAMPLES = """\
  tiercel explain rules.yaml                            what each rule compiles to
  tiercel explain --rule 'Write below*'                 rules by name, here of the packaged ones
  tiercel explain --event event.yaml rules.yaml         which rules match, and what keeps the others from it
  tiercel explain --capture incident.scap --event 4711 --rule 'Read*'
  echo '{evt.type: setuid}' | tiercel explain --event - --json rules.yaml
"""

_EVENTS: Final = sum(not event.internal for event in EVENT_BY_CODE.values())
_MANY: Final = 12
_FEW: Final = 3
_COLUMN: Final = 72


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="RULES", help="rule files and folders, loaded in order as one set; or the packaged")
    add("--rule", action="append", default=[], metavar="NAME", help="only this rule; `*` stands for anything")
    add("--event", metavar="FILE", help="evaluate the rules on the events of a file; `-` is standard input")
    add("--capture", metavar="FILE", help="evaluate them on one event of this capture; --event is its number")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the explanations."""
    taken = "--event" if args.event == STDIN else ""
    files = load_files(rule_paths(args.paths, stdin_is_taken_by=taken) or packaged_sets())
    compiled = compiler.compile(files)
    chosen = _choose(compiled.rules, args.rule)
    if not chosen and not args.json:
        print("there are no rules")
        return EXIT_OK
    explainer = Explainer(files, compiled)
    if args.event is None:
        if args.capture is not None:
            raise UsageError("E601", "--capture without --event", hint="for example --event 4711: evt.num of the alert")
        solo_rules = [explainer.solo_rule(index) for index in chosen]
        ways = [_ways(compiled, index, one) for index, one in zip(chosen, solo_rules, strict=True)]
        enabled = {index: one.program for index, one in zip(chosen, solo_rules, strict=True) if one.rule.enabled}
        whole = () if args.rule or compiled.program is None else describe_filter(compiled.program, enabled)
        if args.json:
            told = [_reported_data(one, compiled.rules) for one in whole]
            _print_json({"rules": list(map(_rule_data, solo_rules, ways)), "reported": told})
        else:
            blocks = [*map(_rule_lines, solo_rules, ways), *([_reported_lines(whole, compiled.rules)] if whole else [])]
            print(visible_lines("\n\n".join(map("\n".join, blocks))))
        return EXIT_OK
    if args.capture is not None:
        return _explain_recorded(args, explainer, chosen)
    events = _events(args.event)
    verdicts = [[_verdict(explainer, index, event) for index in chosen] for event in events]
    if args.json:
        _print_json({"events": list(map(_event_data, events, verdicts))})
    else:
        every = bool(args.rule) or len(chosen) == 1
        heads = (f"{_place(event)}: {event.fields['evt.type']}" for event in events)
        texts = ("\n".join(_event_lines(*pair, every=every)) for pair in zip(heads, verdicts, strict=True))
        print(visible_lines("\n\n".join(texts)))
    return EXIT_OK


def _explain_recorded(args: argparse.Namespace, explainer: Explainer, chosen: list[int]) -> int:
    """Print what becomes of one event of a capture."""
    if not args.event.isdecimal():
        raise UsageError("E601", f"--event {args.event}: not a number", hint="evt.num of the event, as alerts have it")
    with held_event(args.capture, int(args.event)) as (capture, event):
        name = event["type"]
        verdicts = [explainer.recorded(index, capture, name) for index in chosen]
    if args.json:
        data = {"capture": args.capture, "num": int(args.event), "type": name}
        _print_json({"events": [data | {"verdicts": [verdict.to_dict() for verdict in verdicts]}]})
    else:
        every = bool(args.rule) or len(chosen) == 1
        head = f"{args.capture}, event {args.event}: {name}"
        print(visible_lines("\n".join(_event_lines(head, verdicts, every=every))))
    return EXIT_OK


def _choose(rules: Sequence[Rule], names: Sequence[str]) -> list[int]:
    """Return the positions of the requested rules, in matching order."""
    chosen: set[int] = set()
    for name in names:
        fitting = {index for index, rule in enumerate(rules) if fits(rule.name, name)}
        if not fitting:
            hint = suggest(name, [rule.name for rule in rules]) or "`tiercel rules` lists the rules"
            raise UsageError("E601", f"there is no rule {name!r}", hint=hint)
        chosen |= fitting
    return sorted(chosen) if names else list(range(len(rules)))


def _events(name: str) -> list[Event]:
    report = Report()
    if name == "-":
        content = sys.stdin.read(MAX_FILE + 1).encode("utf-8", "surrogateescape")
        source = source_of(content, "<stdin>", report)
    else:
        source = read_source(name, report)
    events = [] if source is None else read_events(source, report)
    if report.errors:
        raise RulesError(tuple(report))
    if not events:
        raise UsageError("E601", f"there is no event in {name}", hint="for example {evt.type: openat, fd.name: /tmp/x}")
    return events


def _verdict(explainer: Explainer, index: int, event: Event) -> Verdict:
    try:
        return explainer.verdict(index, event.fields)
    except EventError as error:
        raise RulesError([diagnose("E619", event.span, problem=error.text)]) from error


def _print_json(data: dict[str, Any]) -> None:
    print(visible_json(json.dumps(data, indent=2, ensure_ascii=False)))


# -- programs ----------------------------------------------------------------------------------------------------------


class _Step(NamedTuple):
    """A node as it is shown: numbered from 1, edges as numbers or words."""

    number: int
    check: CompiledCheck
    yes: int | str
    no: int | str
    cost: int
    items: tuple[str, ...]
    pending: tuple[str, ...]


def _ways(compiled: compiler.Compiled, index: int, solo_rule: SoloRule) -> tuple[PlanDescription, ...]:
    """Return how a rule is found among all; one that is switched off, how it would be found alone."""
    assert compiled.program is not None
    return describe_plan(compiled.program, index) if solo_rule.rule.enabled else describe_plan(solo_rule.program, 0)


def _rule_lines(solo_rule: SoloRule, ways: Sequence[PlanDescription]) -> Iterator[str]:
    rule = solo_rule.rule
    place = rule.span.text.place(rule.span.start)
    state = "enabled" if rule.enabled else "switched off"
    yield rule.name
    yield f"  {place.file}:{place.line}:{place.column}, {rule.priority}, {rule.source}, {state}"
    groups = _groups(solo_rule)
    for codes, entry in groups:
        yield f"  {_types(codes)}{'  (paths as requested, then as resolved)' if entry.uses_path else ''}"
        yield from _step_lines(list(_steps(solo_rule, codes[0], entry)))
    if not groups:
        yield "  matches no event"
    yield from (f"  tried, {_few(way.events)}: {way.text}{_reason(way, solo_rule)}" for way in ways)
    yield from _kernel_lines(solo_rule)
    captured = ", ".join(map(str, solo_rule.program.outputs[0]))
    yield f"  an alert captures {captured or 'no field'}"


def _step_lines(steps: list[_Step]) -> Iterator[str]:
    if not steps:
        yield "    match: the type of the event decides"
    width = min(max((len(brief(step.check)) for step in steps), default=0), _COLUMN)
    edges = max((len(f"{step.yes} : {step.no}") for step in steps), default=0)
    for step in steps:
        edge = f"{step.yes} : {step.no}"
        notes = (f"no event has {name} yet" for name in step.pending)
        line = f"    {step.number:>{len(str(len(steps)))}}  {brief(step.check):<{width}}  ? {edge:<{edges}}"
        yield f"{line}  cost {step.cost:<2}  {', '.join((*step.items, *notes))}".rstrip()


def _reason(way: PlanDescription, solo_rule: SoloRule) -> str:
    """Return why a rule is tried at every event, if it is."""
    if way.keys or way.guards:
        return ""
    alone = next((one for one in describe_plan(solo_rule.program, 0) if not {*way.events}.isdisjoint(one.events)), None)
    if alone is None or not alone.keys:
        return ", as it requires nothing rare"
    return f", which costs less than to look up {'; or '.join(alone.keys)}"


def _kernel_lines(solo_rule: SoloRule) -> Iterator[str]:
    """Yield what the kernel needs to report for a rule; nothing where it has to report every event."""
    for one in describe_filter(solo_rule.program, {}):
        texts = [alternative.text for alternative in one.alternatives]
        if texts != ["every event"]:
            yield f"  from the kernel, {_few(one.events)}: {'; or '.join(texts) or 'none'}"


def _groups(solo_rule: SoloRule) -> list[tuple[tuple[int, ...], Entry]]:
    """Return the event types that share an entry, each with it."""
    found: dict[Entry, list[int]] = {}
    for code, entries in solo_rule.program.entries.items():
        found.setdefault(entries[0], []).append(code)
    return [(tuple(codes), entry) for entry, codes in found.items()]


def _types(codes: tuple[int, ...]) -> str:
    if len(codes) == _EVENTS:
        return "every event"
    return _few(sorted(EVENT_BY_CODE[code].name for code in codes))


def _few(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_MANY])} and {len(names) - _MANY} more" if len(names) > _MANY else ", ".join(names)


def _steps(solo_rule: SoloRule, code: int, entry: Entry) -> Iterator[_Step]:
    """Yield the nodes that can be reached from an entry, in the order in which they stand in the program."""
    nodes, written = solo_rule.program.nodes, solo_rule.written(code)
    reached: set[int] = set()
    waiting = [entry.root]
    while waiting:
        at = waiting.pop()
        if at >= 0 and at not in reached:
            reached.add(at)
            waiting += [nodes[at].on_true, nodes[at].on_false]
    number = {at: place for place, at in enumerate(sorted(reached), 1)}
    edges: dict[int, int | str] = {TRUE: "match", FALSE: "no", **number}
    for at, place in number.items():
        node = nodes[at]
        check = solo_rule.program.checks[node.check]
        leaves = written[check]
        items = dict.fromkeys(leaf.span.text.item or "" for leaf in leaves)
        items.pop(solo_rule.rule.item, None)
        names = (read.field for side in (check.left, check.right) for read in reads(side))
        pending = dict.fromkeys(name for name in names if FIELD_BY_NAME[name].pending)
        edge = (edges[node.on_true], edges[node.on_false])
        yield _Step(place, check, *edge, leaves[0].cost, tuple(items), tuple(pending))


def _rule_data(solo_rule: SoloRule, ways: Sequence[PlanDescription]) -> dict[str, Any]:
    rule = solo_rule.rule
    return {
        "name": rule.name,
        **rule.span.text.place(rule.span.start).to_dict(),
        "priority": str(rule.priority),
        "source": rule.source,
        "enabled": rule.enabled,
        "programs": [
            {
                "events": sorted(EVENT_BY_CODE[code].name for code in codes),
                "paths": entry.uses_path,
                "checks": [
                    {
                        "number": step.number,
                        "check": str(step.check),
                        "true": step.yes,
                        "false": step.no,
                        "cost": step.cost,
                        "items": [*step.items],
                        "pending": [*step.pending],
                    }
                    for step in _steps(solo_rule, codes[0], entry)
                ],
            }
            for codes, entry in _groups(solo_rule)
        ],
        "tried": [way.to_dict() for way in ways],
        "reported": [
            _reported_data(one, (rule,)) for one in describe_filter(solo_rule.program, {0: solo_rule.program})
        ],
        "fields": list(map(str, solo_rule.program.outputs[0])),
    }


def _reported_lines(whole: Sequence[FilterDescription], rules: Sequence[Rule]) -> Iterator[str]:
    """Yield what the kernel reports for all rules together, and which rules are the reason."""
    yield "from the kernel, for all rules together"
    for one in whole:
        yield f"  {_few(one.events)}{'' if one.alternatives else ': none'}"
        for alternative in one.alternatives:
            names = [f'"{rules[index].name}"' for index in alternative.rules[:_FEW]]
            more = len(alternative.rules) - len(names)
            yield f"    {alternative.text}"
            yield f"      for {', '.join(names)}{f' and {more} more' if more else ''}"


def _reported_data(one: FilterDescription, rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "events": [*one.events],
        "alternatives": [
            {"text": alternative.text, "rules": [rules[index].name for index in alternative.rules]}
            for alternative in one.alternatives
        ],
    }


# -- events ------------------------------------------------------------------------------------------------------------


def _place(event: Event) -> str:
    place = event.span.text.place(event.span.start)
    return f"{place.file}:{place.line}"


def _event_lines(head: str, verdicts: list[Verdict], *, every: bool) -> Iterator[str]:
    yield head
    for verdict in verdicts:
        if verdict.matches:
            binding = ", with the paths as the kernel resolved them" if verdict.binding == "resolved" else ""
            off = "" if verdict.enabled else "; but it is switched off"
            yield f"  {verdict.rule}: matches{binding}{off}"
        elif verdict.tried or every:
            yield f"  {verdict.rule}: does not match"
            yield from (f"    {line}" for line in verdict.lines())
    untried = sum(not verdict.tried for verdict in verdicts)
    if untried and not every:
        yield f"  {untried} other rule{'s are' if untried != 1 else ' is'} not tried for this type of event"


def _event_data(event: Event, verdicts: list[Verdict]) -> dict[str, Any]:
    place = event.span.text.place(event.span.start)
    return {
        "file": place.file,
        "line": place.line,
        "type": event.fields["evt.type"],
        "verdicts": [verdict.to_dict() for verdict in verdicts],
    }
