# SPDX-License-Identifier: Apache-2.0
"""Exceptions of rules: reader, and conversion to a condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.lang.ast import Call, CallList, FieldName, Operand
from tiercel.lang.diagnostics import show
from tiercel.lang.fields import BindError, bind
from tiercel.lang.grammar import LIST_OPERATORS, MODIFIERS, SHAPES
from tiercel.lang.hints import operator_hint
from tiercel.lang.lexer import LexError
from tiercel.lang.parser import parse_field
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Anchor, Origin, Text
from tiercel.rules.model import ExceptionDef, Rule, Tuple
from tiercel.rules.reader import ItemReader, describe
from tiercel.rules.yamlfile import Map, Node, Scalar, Seq, is_null
from tiercel.schema.names import FIELD_BY_NAME
from tiercel.schema.rulefile import EXCEPTION

__all__ = ["append_exceptions", "full_condition", "read_exceptions"]

_SINGLE_HINT: Final = "with one field the operators are in, pmatch, intersects, or one with oneof, anyof or allof"

Piece = tuple[str, Origin, int]


def read_exceptions(rule: ItemReader, *, known: bool, appending: bool = False) -> tuple[ExceptionDef, ...] | None:
    """Return the exceptions of a rule item, or None after reporting an error.

    Args:
        rule: the item.
        known: the event source is known, so that fields can be checked.
        appending: an entry may omit ``fields``; it then extends the exception of that name.
    """
    node = rule.map.get("exceptions")
    if node is None or is_null(node):
        return ()
    if not isinstance(node, Seq):
        rule.fail("E108", rule.map.key("exceptions"), key="exceptions", found=describe(node))
        return None
    found: list[ExceptionDef] = []
    names: set[str] = set()
    before = rule.errors
    for element in node.items:
        if not isinstance(element, Map):
            rule.fail("E115", element.span, key="exceptions", found=describe(element))
            continue
        entry = _read_one(element, rule, known, appending)
        if entry is None:
            continue
        if entry.name in names:
            rule.warn("W517", entry.span, name=show(entry.name))
        found.append(entry)
        names.add(entry.name)
    return None if rule.errors > before else tuple(found)


def _read_one(mapping: Map, rule: ItemReader, known: bool, appending: bool) -> ExceptionDef | None:
    reader = ItemReader(mapping, rule.item, rule.report, "the exception")
    reader.check_keys(EXCEPTION.names, "W531")
    name = reader.text("name")
    if name is None:
        rule.errors += 1
        return None
    fields, single = _words(reader, "fields", required=not appending)
    comps, comps_single = _words(reader, "comps", required=False)
    comp_texts: tuple[str, ...] = tuple(" ".join(comp.value.split()) for comp in comps)
    values: tuple[Tuple, ...] = ()
    if not reader.errors:
        if fields:
            comp_texts = comp_texts or (("in",) if single else ("=",) * len(fields))
            _check_form(reader, mapping, fields, comp_texts, single, comps_single if comps else single)
            if known:
                _check_fields(reader, fields)
        values = _values(reader, fields, single)
    if reader.errors:
        rule.errors += 1
        return None
    if appending and not reader.has("values"):
        reader.warn("W516", name.span, name=show(name.value))
    return ExceptionDef(name.value, fields, comp_texts, single, values, name.span)


def _words(reader: ItemReader, key: str, *, required: bool) -> tuple[tuple[Scalar, ...], bool]:
    """Return one text or a list of texts as a tuple, and whether it was one text."""
    node = reader.map.get(key)
    if node is None or (is_null(node) and not required):
        if required:
            reader.text(key)
        return (), False
    if isinstance(node, Seq):
        if required and not node.items:
            reader.fail("E106", reader.map.key(key), key=key)
        return tuple(reader.elements(node, key)), False
    scalar = reader.scalar(node, key)
    return (() if scalar is None else (scalar,)), True


def _check_form(
    reader: ItemReader,
    mapping: Map,
    fields: tuple[Scalar, ...],
    comps: tuple[str, ...],
    single: bool,
    comps_single: bool,
) -> None:
    """Report fields and operators that do not exist or do not fit each other."""
    at = mapping.key("comps" if "comps" in mapping.pairs else "fields")
    if single != comps_single:
        reader.fail("E227", at, problem="`fields` and `comps` must both be one text, or both be lists", suggestion="")
        return
    if len(fields) != len(comps):
        reader.fail("E226", at, key="comps", want=len(fields), have=len(comps))
    for comp in comps:
        operator, _, modifier = comp.partition(" ")
        known = operator in SHAPES and (not modifier or (modifier in MODIFIERS and SHAPES[operator] == "text"))
        if not known:
            reader.fail("E224", at, comp=show(comp), suggestion=operator_hint(operator))
        elif single and not modifier and operator not in LIST_OPERATORS:
            reader.fail("E224", at, comp=show(comp), suggestion=_SINGLE_HINT)


def _check_fields(reader: ItemReader, fields: tuple[Scalar, ...]) -> None:
    """Report fields that do not exist."""
    for scalar in fields:
        problem = _field_problem(scalar)
        if problem is not None:
            reader.fail("E225", scalar.span, field=show(scalar.value), suggestion=problem)


def _field_problem(scalar: Scalar) -> str | None:
    """Return a hint if the text is no existing field or transformer of fields; otherwise None."""
    try:
        operand = parse_field(scalar.text())
        for field in _fields_of(operand):
            if not field.name.startswith("static."):  # defined in the configuration; the compiler checks these
                bind(field.name, field.arg)
    except BindError as problem:
        return str(problem.values.get("suggestion", ""))
    except LexError:
        return suggest(scalar.value, FIELD_BY_NAME)
    return None


def _fields_of(operand: Operand | CallList) -> Iterator[FieldName]:
    if isinstance(operand, FieldName):
        yield operand
    elif isinstance(operand, Call):
        for arg in operand.args:
            yield from _fields_of(arg)
    elif isinstance(operand, CallList):
        for item in operand.items:
            yield from _fields_of(item)


def _values(reader: ItemReader, fields: tuple[Scalar, ...], single: bool) -> tuple[Tuple, ...]:
    node = reader.map.get("values")
    if node is None:
        return ()
    if not isinstance(node, Seq):
        reader.fail("E108", reader.map.key("values"), key="values", found=describe(node))
        return ()
    if fields and not _forms_agree(reader, node, single):
        return ()
    found = (_tuple(element, reader, fields) for element in node.items)
    return tuple(entry for entry in found if entry is not None)


def _forms_agree(reader: ItemReader, values: Seq, single: bool) -> bool:
    """Report the first value that is a list although the exception has one field, or a text although it has several."""
    wrong = next((node for node in values.items if isinstance(node, Seq if single else Scalar)), None)
    if wrong is None or is_null(wrong):
        return True
    problem = "with a list of fields, each of `values` is a list with one element for each field"
    hint = "write `values: [[a, b]]`"
    if single:
        problem = "with one field, `values` is a list of texts"
        hint = "write `values: [a, b]`, or make `fields` a list"
    reader.fail("E227", wrong.span, problem=problem, suggestion=hint)
    return False


def _tuple(node: Node, reader: ItemReader, fields: tuple[Scalar, ...]) -> Tuple | None:
    if not isinstance(node, Seq):
        scalar = reader.element(node, "values", filled=True)
        return None if scalar is None else Tuple((scalar,), scalar.span)
    elements: list[Scalar | tuple[Scalar, ...]] = []
    for element in node.items:
        inner = element.items if isinstance(element, Seq) else (element,)
        scalars = tuple(reader.element(one, "values", filled=True) for one in inner)
        found = tuple(scalar for scalar in scalars if scalar is not None)
        if len(found) == len(inner):
            elements.append(found if isinstance(element, Seq) else found[0])
    if not reader.errors and fields and len(elements) != len(fields):
        reader.fail("E226", node.span, key="values", want=len(fields), have=len(elements))
    return Tuple(tuple(elements), node.span)


def append_exceptions(rule: Rule, added: tuple[ExceptionDef, ...], reader: ItemReader) -> tuple[ExceptionDef, ...]:
    """Return the rule's exceptions with added ones; an added exception extends the values of an existing name."""
    result = dict(enumerate(rule.exceptions))
    for entry in added:
        index = next((i for i, old in result.items() if old.name == entry.name), None)
        if index is None:
            _append_new(entry, reader)
            result[len(result)] = entry
            continue
        old = result[index]
        for key, given in (("fields", bool(entry.fields)), ("comps", bool(entry.comps) and not entry.fields)):
            if given:
                reader.fail("E228", entry.span, name=show(entry.name), key=key)
        values = tuple(_fit(value, old, reader) for value in entry.values)
        result[index] = ExceptionDef(old.name, old.fields, old.comps, old.single, old.values + values, old.span)
    return tuple(result.values())


def _append_new(entry: ExceptionDef, reader: ItemReader) -> None:
    for key, given in (("fields", entry.fields), ("values", entry.values)):
        if not given:
            problem = f"exception `{show(entry.name)}` is new, so it needs `{key}`"
            reader.fail(
                "E227", entry.span, problem=problem, suggestion=f"add `{key}`, or use the name of one that exists"
            )


def _fit(value: Tuple, old: ExceptionDef, reader: ItemReader) -> Tuple:
    """Report added values without one element for each field of the exception."""
    if len(value.elements) != len(old.fields) and not old.single:
        reader.fail("E226", value.span, key="values", want=len(old.fields), have=len(value.elements))
    return value


# -- conversion to a condition -----------------------------------------------------------------------------------------


def full_condition(rule: Rule) -> Text:
    """Return the rule's condition with its exceptions: ``(condition) and not (…)``."""
    used = [entry for entry in rule.exceptions if entry.values]
    if not used:
        return rule.condition
    begin = Anchor(rule.span)
    pieces: list[Piece] = [("(", begin, 0), *rule.condition.pieces(), (")", begin, 0)]
    for entry in used:
        glue = Anchor(entry.span)
        pieces.append((" and not ", glue, 0))
        pieces.extend(_single(entry, glue) if entry.single else _tuples(entry, glue))
    return Text.join(pieces, rule.condition.item)


def _single(entry: ExceptionDef, glue: Anchor) -> Iterator[Piece]:
    """``(field comp (a, b))``."""
    yield "(", glue, 0
    yield entry.fields[0].value, entry.fields[0], 0
    yield f" {entry.comps[0]} (", glue, 0
    for number, value in enumerate(entry.values):
        if number:
            yield ", ", glue, 0
        yield from _value(value.elements[0], glue, in_list=True)
    yield "))", glue, 0


def _tuples(entry: ExceptionDef, glue: Anchor) -> Iterator[Piece]:
    """``((field comp a and field comp b) or (…))``."""
    yield "(", glue, 0
    for number, value in enumerate(entry.values):
        yield " or (" if number else "(", glue, 0
        for place, (field, comp, element) in enumerate(zip(entry.fields, entry.comps, value.elements, strict=False)):
            if place:
                yield " and ", glue, 0
            yield field.value, field, 0
            yield f" {comp} ", glue, 0
            yield from _value(element, glue, in_list=comp not in LIST_OPERATORS and " " not in comp)
        yield ")", glue, 0
    yield ")", glue, 0


def _value(element: Scalar | tuple[Scalar, ...], glue: Anchor, *, in_list: bool) -> Iterator[Piece]:
    """Return one value as text. As in Falco, a value that contains a blank is quoted unless it starts with a quote.

    If a list is required (``in_list`` is false), a single value gets parentheses instead, unless it has them.
    """
    if isinstance(element, tuple):
        yield "(", glue, 0
        for number, scalar in enumerate(element):
            if number:
                yield ", ", glue, 0
            yield from _value(scalar, glue, in_list=True)
        yield ")", glue, 0
        return
    text = element.value
    around = ("", "")
    if not in_list:
        around = ("", "") if text.startswith("(") else ("(", ")")
    elif " " in text and text[0] not in {"'", '"'}:
        around = ('"', '"')
    yield around[0], glue, 0
    yield text, element, 0
    yield around[1], glue, 0
