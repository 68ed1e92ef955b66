# SPDX-License-Identifier: Apache-2.0
"""Lints: warnings about valid conditions and outputs with a probable mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from tiercel.compiler.frontend.falco_event_sets import code_count
from tiercel.compiler.frontend.list_expansion import is_from_list
from tiercel.compiler.frontend.output_template import FieldSegment, Template
from tiercel.compiler.ir.check_logic import clashes, never_holds, range_of
from tiercel.compiler.ir.operands import narrowed
from tiercel.compiler.ir.program import Read
from tiercel.compiler.ir.tree import Const, Failed, Leaf, Tree, pending_in, walk
from tiercel.compiler.passes.fold import decided
from tiercel.compiler.passes.order import cost
from tiercel.frozen import replace
from tiercel.lang.ast import And, Check, Cond, FieldName, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, note, show
from tiercel.lang.grammar import LIST_OPERATORS, TRANSFORMERS
from tiercel.lang.lexer import FIELD
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Span, Text
from tiercel.rules.model import Rule
from tiercel.schema.known_events import EVENT_CODES, SYSCALL_NAMES
from tiercel.schema.names import EVENT_BY_CODE, EVENT_BY_NAME, FIELD_BY_NAME, FieldNameError, field_ref
from tiercel.schema.syscalls import GENERIC
from tiercel.schema.types import ValueType

__all__ = ["Types", "lint_condition", "lint_output", "lint_reported", "lint_rule", "without_removed"]

Types = Callable[[Check], Any]
"""Type checker for a check; returns its leaves."""

_EVENT_NUMBER: Final = Read("evt.num")
_MANY_CODES: Final = 100
_DEPRECATED: Final = (
    "evt.dir",
    "evt.latency.s",
    "evt.latency.ns",
    "evt.latency.human",
    "evt.wait_latency",
    "evt.latency",
)
_NA_OPERATORS: Final = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_CALL: Final = re.compile(rf"(?:val|{'|'.join(TRANSFORMERS)})\(.*\)", re.DOTALL)
_REMOVED: Final = "%container.info"
_EXPENSIVE: Final = 500  # cost of a comparison of a text with a hundred others
_FEW: Final = 5
_FEW_TYPES: Final = 16
_NEAR: Final = 3
_GENERATED: Final = frozenset(event.generated_as for event in EVENT_BY_CODE.values() if event.generated_as)
_SOME: Final = 100  # items of a list that are compared with names of lists
_BLANKS: Final = re.compile(r"[ \t\n\v\f\r]")
_PLAIN: Final = re.compile(r"(\^|\.[*+?])?([^.+*?^$()\[\]{}|\\]*)(\$|\.[*+?])?", re.DOTALL)


def lint_rule(rule: Rule, cond: Cond, folded: Tree, mask: int, types: Types, output: Template) -> Iterator[Diagnostic]:
    """Warn about a rule as a whole: its event types, its fields, and contradictions.

    Args:
        rule: the rule.
        cond: its condition with macros expanded.
        folded: its typed condition with constants folded.
        mask: event types for which it can be true.
        types: type checker.
        output: its output.
    """
    if rule.warn_evttypes and rule.source == "syscall" and code_count(mask) > _MANY_CODES:
        yield diagnose("W507", rule.condition.span())
    yield from _never_read(rule, cond, folded, types, output)
    excluding = list(_clashes(cond, types))
    yield from (_exclusion(*pair, rule.item) for pair in excluding if not any(map(_is_switch, pair)))
    never = mask == 0 or (isinstance(folded, Const) and not folded.value)
    if never and not (excluding or _is_switched_off(cond) or any(_never(check, types) for check in walk(cond))):
        hint = "no event has two types at once" if mask == 0 else "two parts of it exclude each other"
        yield diagnose("W513", rule.condition.span(), suggestion=hint)


def lint_reported(rule: Rule, codes: Sequence[int]) -> Iterator[Diagnostic]:
    """Note that a rule needs nearly every event of high-rate types, unless a warning covers all types."""
    if rule.warn_evttypes and len(codes) <= _FEW_TYPES:
        names = ", ".join(f"`{EVENT_BY_CODE[code].name}`" for code in codes)
        yield diagnose("N540", rule.condition.span(), names=names)


def lint_condition(cond: Cond | Failed, types: Types, lists: Collection[str] = ()) -> Iterator[Diagnostic]:
    """Warn about the checks of one condition as written, without macro expansion.

    Args:
        cond: the condition; one that failed to parse has no warnings.
        types: type checker.
        lists: names of the existing lists.
    """
    if isinstance(cond, Failed):
        return
    for check in walk(cond):
        if isinstance(check, Check):
            yield from _no_list(check, lists)
            yield from _lint_check(check)
            yield from _lint_typed(check, types(check))
    yield from _not_captured(cond)


def lint_output(text: Text) -> Iterator[Diagnostic]:
    """Warn about deprecated fields in an output."""
    for name in _DEPRECATED:
        at = text.value.find(name)
        if at >= 0 and not any(
            other != name and other in text.value and other.startswith(name) for other in _DEPRECATED
        ):
            yield _deprecated(name, text, at)


def without_removed(text: Text) -> tuple[Text, Diagnostic | None]:
    """Return an output without a field that Falco removes from outputs, and the warning about it."""
    at = text.value.find(_REMOVED)
    if at < 0:
        return text, None
    finding = diagnose(
        "W508", text.span(at, at + len(_REMOVED)), what=f"`{_REMOVED}`", suggestion="remove it; it prints nothing"
    )
    pieces = [*text.pieces(0, at)]
    while at >= 0:
        following = text.value.find(_REMOVED, at + len(_REMOVED))
        pieces.extend(text.pieces(at + len(_REMOVED), following if following >= 0 else None))
        at = following
    return Text.join(pieces, text.item), finding


def _deprecated(name: str, text: Text, at: int) -> Diagnostic:
    hint = f"{FIELD_BY_NAME[name].deprecated}: remove it"
    return diagnose("W508", text.span(at, at + len(name)), what=f"`{name}`", suggestion=hint)


def _is_switched_off(cond: Cond) -> bool:
    """Return whether a condition contains a switch: ``evt.num = 0``, an empty list, a static field."""
    return any(
        isinstance(check, Check)
        and (
            (isinstance(check.left, FieldName) and check.left.name.startswith(("evt.num", "static.")))
            or (isinstance(check.right, ListValue) and not check.right.items)
        )
        for check in walk(cond)
    )


def _not_captured(cond: Cond) -> Iterator[Diagnostic]:
    """Warn about existing event types that the live sensor does not report."""
    for check in _positive(cond, negated=False):
        if not isinstance(check.left, FieldName) or check.left.name not in {"evt.type", "syscall.type"}:
            continue
        if check.op not in {"=", "==", "in"} or check.modifier is not None:
            continue
        values = check.right.items if isinstance(check.right, ListValue) else (check.right,)
        names = [value for value in values if isinstance(value, Value) and _is_not_live(value.text)]
        if names:
            shown = ", ".join(f"`{show(value.text)}`" for value in names)
            yield diagnose("W512", names[0].span, names=shown, them="it" if len(names) == 1 else "them")


def _is_not_live(name: str) -> bool:
    if name in SYSCALL_NAMES:
        return name not in GENERIC and name not in EVENT_BY_NAME
    if name in _GENERATED:
        return False
    return name in EVENT_CODES and (name not in EVENT_BY_NAME or not EVENT_BY_NAME[name].is_probed)


def _positive(cond: Cond, *, negated: bool) -> Iterator[Check]:
    """Yield the checks under an even number of ``not``."""
    match cond:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _positive(term, negated=negated)
        case Not(term):
            yield from _positive(term, negated=not negated)
        case Check() if not negated:
            yield cond


def _pending_in(leaf: Leaf | Const) -> tuple[str, ...]:
    return leaf.pending if isinstance(leaf, Leaf) and leaf.pending and not isinstance(decided(leaf), Const) else ()


def _never_read(rule: Rule, cond: Cond, folded: Tree, types: Types, output: Template) -> Iterator[Diagnostic]:
    """Warn once about all fields that only mappings provide, at one that the rule itself names."""
    uses: list[tuple[str, Span]] = []
    if any(map(_pending_in, walk(folded))):
        uses += [
            (name, check.span) for check in walk(cond) for leaf in walk(types(check)) for name in _pending_in(leaf)
        ]
    end = len(rule.output.value)  # additions from the configuration come last
    printed = (part for part in output.segments if isinstance(part, FieldSegment) and part.span.start < end)
    uses += [(name, part.span) for part in printed for name in pending_in(part.source)]
    if not uses:
        return
    own = [use for use in uses if use[1].text.item == rule.item]
    first, span = (own or uses)[0]
    names = [f"`{name}`" for name in dict.fromkeys(name for name, _ in (*own, *uses))]
    shown = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
    place = span if own else rule.condition.span()
    found = diagnose("W520", place, names=shown, reason=FIELD_BY_NAME[first].pending)
    yield found if own else replace(found, notes=(note(f"`{show(span.value)}` stands here", span),))


# -- what can never hold -----------------------------------------------------------------------------------------------


def _clashes(cond: Cond, types: Types) -> Iterator[tuple[Any, Any]]:
    """Yield the checks, or negated checks, in an ``and`` that exclude each other."""
    match cond:
        case And():
            terms, written = [], {}
            for term in _conjuncts(cond):
                check = term.term if isinstance(term, Not) else term
                leaf = types(check) if isinstance(check, Check) else None
                if isinstance(leaf, Leaf) and leaf.check.left != _EVENT_NUMBER:
                    terms.append(Not(leaf, term.span) if isinstance(term, Not) else leaf)
                    written[id(terms[-1])] = term
                elif leaf is None:
                    yield from _clashes(term, types)
            for one, other in clashes(terms):
                yield written[id(one)], written[id(other)]
        case Or(terms):
            for term in terms:
                yield from _clashes(term, types)
        case Not(term):
            yield from _clashes(term, types)


def _is_switch(term: Cond) -> bool:
    """Return whether a term is ``not macro``; such macros are meant to be redefined, so their content is ignored."""
    return isinstance(term, Not) and term.span.text is not term.term.span.text


def _conjuncts(cond: And[Cond]) -> Iterator[Cond]:
    for term in cond.terms:
        yield from _conjuncts(term) if isinstance(term, And) else (term,)


def _exclusion(first: Cond, second: Cond, item: str) -> Diagnostic:
    """Return the place for a finding about two checks: the one in the rule itself, the second if both are."""
    one, other = first.span, second.span
    here, there = (one, other) if one.text.item == item and other.text.item != item else (other, one)
    hint = "no event has two types at once" if here.value.startswith("evt.type") else "a value cannot fit both"
    found = diagnose("W521", here, check=show(here.value), other=show(there.value), suggestion=hint)
    same_line = there.text.place(there.start).line == found.line and there.text.item == here.text.item
    return found if same_line else replace(found, notes=(note(f"`{show(there.value)}` stands here", there),))


def _no_list(check: Check, lists: Collection[str]) -> Iterator[Diagnostic]:
    """Warn about words that are probably misspelt lists; existing lists are expanded already."""
    if isinstance(check.right, Value) and (check.modifier is not None or check.op in LIST_OPERATORS):
        if not is_from_list(check.right.span):
            yield _unknown_list(check.right, lists)
    elif isinstance(check.right, ListValue):
        for value in check.right.items[:_SOME]:
            if b"_" in value.data and (word := value.text) not in lists:
                close = [name for name in lists if name[0] == word[0] and abs(len(name) - len(word)) < _NEAR]
                if suggest(word, close):
                    yield _unknown_list(value, close)


def _unknown_list(value: Value, lists: Collection[str]) -> Diagnostic:
    name = show(value.text)
    hint = suggest(value.text, lists) or f"write `({name})` if the word itself is meant"
    return diagnose("W525", value.span, name=name, suggestion=hint)


def _never(check: Any, types: Types) -> bool:
    typed = types(check)
    return isinstance(typed, Leaf) and never_holds(typed)


def _lint_typed(check: Check, typed: Any) -> Iterator[Diagnostic]:
    if isinstance(typed, Leaf) and never_holds(typed) and typed.check.left != _EVENT_NUMBER:
        yield diagnose("W524", check.span, check=show(check.span.value), reason=_why_never(check, typed))
    elif (total := cost(typed, {})) > _EXPENSIVE:
        yield diagnose("W523", check.span, check=show(check.span.value), times=total // 3)
    else:
        for leaf in walk(typed):
            if isinstance(leaf, Leaf):
                yield from _lint_numbers(check, leaf.type)
                break  # they differ in their constants only


def _lint_numbers(check: Check, type_: ValueType) -> Iterator[Diagnostic]:
    for value in _constants(check):
        if (number := narrowed(value.data, type_)) is not None:
            yield diagnose("W529", value.span, value=show(value.text), field=show(check.left.span.value), number=number)


def _why_never(check: Check, leaf: Leaf) -> str:
    (bound,) = leaf.check.operand
    if isinstance(bound, bytes):
        return "no text is smaller than an empty one"
    low, high = range_of(leaf.type)
    (value,) = _constants(check)
    counts = "" if value.text.lstrip("+") == str(bound) else f"`{show(value.text)}` counts as {bound}, and "
    return f"{counts}its values go from {low} to {high}"


# -- constants ---------------------------------------------------------------------------------------------------------


def _lint_check(check: Check) -> Iterator[Diagnostic]:
    if isinstance(check.left, FieldName):
        name = check.left.name
        if name in _DEPRECATED:
            yield _deprecated(name, check.left.span.text, check.left.span.start)
        if name.startswith(("ka.", "jevt.")) and check.op in _NA_OPERATORS:
            for value in _constants(check):
                if value.data == b"<NA>":
                    yield diagnose("W515", value.span, field=name)
    for value in _constants(check):
        if check.op == "regex" and (plain := _PLAIN.fullmatch(value.text)) is not None:
            yield diagnose("W522", value.span, value=show(value.text), suggestion=_plainly(*plain.groups("")))
        if b"." in value.data or b")" in value.data:
            yield from _lint_text(value)


def _lint_text(value: Value) -> Iterator[Diagnostic]:
    """Warn about a text with the syntax of a field or a transformer."""
    text = _BLANKS.sub("", value.text)
    if "." in text and FIELD.match(text) and _is_field(text):
        yield diagnose("W510", value.span, value=show(text), what="field", suggestion=f"val({show(text)})")
    elif text.endswith(")") and _CALL.fullmatch(text):
        yield diagnose("W510", value.span, value=show(text), what="transformer", suggestion=show(text))


def _plainly(before: str, text: str, after: str) -> str:
    """Return the operator that is equivalent to a pattern without special characters in its middle."""
    ends = (before.strip("^"), after.strip("$"))
    if not text and ".*" in ends:
        return "write `exists`"
    operator = {("", ""): "=", (".*", ""): "endswith", ("", ".*"): "startswith", (".*", ".*"): "contains"}.get(ends)
    if operator is None:
        return "`glob` does the same: `?` is any character, `*` any text"
    quoted = f'"{text}"' if not text or " " in text else text
    return f"write `{operator} {show(quoted)}`"


def _constants(check: Check) -> tuple[Value, ...]:
    if isinstance(check.right, ListValue):
        return check.right.items
    return (check.right,) if isinstance(check.right, Value) else ()


def _is_field(text: str) -> bool:
    name, bracket, arg = text.partition("[")
    if bracket and not arg.endswith("]"):
        return False
    try:
        field_ref(name, arg[:-1] if bracket else None)
    except FieldNameError:
        return False
    return True
