# SPDX-License-Identifier: Apache-2.0
"""Warnings about conditions and outputs that work, but probably not as meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tiercel.compiler.events import code_count
from tiercel.compiler.nodes import Const, walk
from tiercel.lang.ast import And, Check, FieldName, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.lang.fields import BindError, bind
from tiercel.lang.grammar import TRANSFORMERS
from tiercel.lang.lexer import FIELD
from tiercel.lang.text import Text
from tiercel.rules.model import Rule
from tiercel.schema.known_events import EVENT_CODES, SYSCALL_NAMES
from tiercel.schema.names import EVENT_BY_NAME

__all__ = ["lint_condition", "lint_output", "lint_rule", "without_removed"]

_MANY_CODES: Final = 100
_DEPRECATED: Final = (
    "evt.dir",
    "evt.latency.s",
    "evt.latency.ns",
    "evt.latency.human",
    "evt.wait_latency",
    "evt.latency",
)
_DEPRECATED_HINT: Final = {"evt.dir": "every system call is reported once, at its end (`<`): remove the check"}
_NA_OPERATORS: Final = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_CALL: Final = re.compile(rf"(?:val|{'|'.join(TRANSFORMERS)})\(.*\)", re.DOTALL)
_REMOVED: Final = "%container.info"


def lint_rule(rule: Rule, cond: Any, folded: Any, mask: int) -> Iterator[Diagnostic]:
    """Warn about a rule as a whole: its event types, and whether it can hold.

    Args:
        rule: the rule.
        cond: its condition with macros filled in.
        folded: its typed condition with constants folded.
        mask: the event types that it can hold for.
    """
    if rule.warn_evttypes and rule.source == "syscall" and code_count(mask) > _MANY_CODES:
        yield diagnose("W507", rule.condition.span())
    if (mask == 0 or (isinstance(folded, Const) and not folded.value)) and not _is_switched_off(cond):
        hint = "no event has two types at once" if mask == 0 else "two parts of it exclude each other"
        yield diagnose("W513", rule.condition.span(), suggestion=hint)


def lint_condition(cond: Any) -> Iterator[Diagnostic]:
    """Warn about the checks of one condition as written, macros not filled in."""
    for check in walk(cond):
        if isinstance(check, Check):
            yield from _lint_check(check)
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
    """Return an output without a field that Falco takes out of outputs, and the warning about it."""
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
    hint = _DEPRECATED_HINT.get(name, "it is always 0: remove it")
    return diagnose("W508", text.span(at, at + len(name)), what=f"`{name}`", suggestion=hint)


def _is_switched_off(cond: Any) -> bool:
    """Whether a condition holds what rule authors use to switch parts off: ``evt.num = 0``, a list without items."""
    return any(
        isinstance(check, Check)
        and (
            (isinstance(check.left, FieldName) and check.left.name == "evt.num")
            or (isinstance(check.right, ListValue) and not check.right.items)
        )
        for check in walk(cond)
    )


def _not_captured(cond: Any) -> Iterator[Diagnostic]:
    """Warn about event types that exist but that no row of the schema describes."""
    for check in _positive(cond, negated=False):
        if not isinstance(check.left, FieldName) or check.left.name not in {"evt.type", "syscall.type"}:
            continue
        if check.op not in {"=", "==", "in"} or check.modifier is not None:
            continue
        values = check.right.items if isinstance(check.right, ListValue) else (check.right,)
        names = [value for value in values if isinstance(value, Value) and _lacks_row(value.text)]
        if names:
            shown = ", ".join(f"`{show(value.text)}`" for value in names)
            yield diagnose("W512", names[0].span, names=shown, them="it" if len(names) == 1 else "them")


def _lacks_row(name: str) -> bool:
    return (name in EVENT_CODES or name in SYSCALL_NAMES) and name not in EVENT_BY_NAME


def _positive(cond: Any, *, negated: bool) -> Iterator[Check]:
    """Yield the checks that are not under a ``not``, or under two."""
    match cond:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _positive(term, negated=negated)
        case Not(term):
            yield from _positive(term, negated=not negated)
        case Check() if not negated:
            yield cond


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
        text = value.text.strip()
        if "." in text and FIELD.match(text) and _is_field(text):
            yield diagnose("W510", value.span, value=show(text), what="field", suggestion=f"val({show(text)})")
        elif text.endswith(")") and _CALL.fullmatch(text):
            yield diagnose("W510", value.span, value=show(text), what="transformer", suggestion=show(text))


def _constants(check: Check) -> tuple[Value, ...]:
    if isinstance(check.right, ListValue):
        return check.right.items
    return (check.right,) if isinstance(check.right, Value) else ()


def _is_field(text: str) -> bool:
    name, bracket, arg = text.partition("[")
    if bracket and not arg.endswith("]"):
        return False
    try:
        bind(name, arg[:-1] if bracket else None)
    except BindError:
        return False
    return True
