# SPDX-License-Identifier: Apache-2.0
"""The JSON schema of rule files, for completion and error marks in editors.

Editors read YAML 1.2, where ``yes`` is text and ``0x10`` a number; the reader of rule files takes every value as text.
The schema accepts both.  It does not check the text of conditions and outputs: ``tiercel check`` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from tiercel.schema import rulefile
from tiercel.schema.modifiers import MODIFIERS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.rulefile import Item, Key

Schema = dict[str, Any]

_UINT32: Final = 0xFFFF_FFFF
_WORD: Final[Schema] = {"type": ["string", "number", "boolean"], "minLength": 1}
_BLANKS: Final = "[ \\t\\r\\n]"


def rule_file_schema() -> Schema:
    """Return the schema, as data."""
    kinds = {item.name: _item(item) for item in rulefile.ITEMS}
    kinds["rule"] |= _rule_forms()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Falco rules",
        "description": "A file of rules, macros and lists, as Falco and tiercel load it.",
        "type": ["array", "null"],
        "items": _kind_by_key(),
        "definitions": {**kinds, "exception": _exception(), "plugin": _plugin()},
    }


def render_rule_file_schema() -> str:
    """Return the schema as it is packaged."""
    return json.dumps(rule_file_schema(), indent=1) + "\n"


# -- items -------------------------------------------------------------------------------------------------------------


def _kind_by_key() -> Schema:
    """Return the schema of an item: the first key of a kind decides, so that findings are about that kind alone."""
    schema: Schema = {}
    for item in reversed(rulefile.ITEMS):
        then = {"$ref": f"#/definitions/{item.name}"}
        schema = {"if": {"required": [item.name]}, "then": then} | ({"else": schema} if schema else {})
    return {
        "type": "object",
        "properties": {item.name: {"description": item.doc} for item in rulefile.ITEMS},
        "anyOf": [{"required": [item.name]} for item in rulefile.ITEMS],
        **schema,
    }


# Keys that append in the old and the new form at once.
_BOTH_WAYS: Final[Schema] = {"required": ["override", "append"]}


def _item(item: Item, required: tuple[str, ...] | None = None) -> Schema:
    """Return a mapping with the keys of an item and no others."""
    made = {
        "type": "object",
        "description": item.doc,
        "properties": {key.name: _described(key, item) for key in item.keys},
        "required": list(item.required if required is None else required),
        "additionalProperties": False,
    }
    return made | {"not": _BOTH_WAYS} if {"override", "append"} <= set(item.names) else made


def _described(key: Key, item: Item) -> Schema:
    doc = key.doc
    if key.deprecated:
        doc += f" Deprecated: use {key.deprecated}."
    return {"description": doc, **_FORMS[key.form](item)}


def _rule_forms() -> Schema:
    """Return the alternatives for a rule: a definition, or one of the forms that change an existing rule."""
    rule = rulefile.RULE
    whole = [name for name in rule.required if name != rule.name]
    changeable = [key.name for key in rule.keys if key.append or key.replace]
    switch = {"required": ["enabled"], "not": {"anyOf": [{"required": [name]} for name in whole]}}
    agree = [
        {
            "if": {"required": ["override"], "properties": {"override": {"required": [name]}}},
            "then": {"required": [name]},
        }
        for name in changeable
    ]
    agree += [
        {
            "if": {"required": ["override", name], "properties": {"override": {"type": "object"}}},
            "then": {"properties": {"override": {"required": [name]}}},
        }
        for name in changeable
    ]
    return {
        "required": [rule.name],
        "anyOf": [{"required": whole}, {"required": ["override"]}, {"required": ["append"]}, switch],
        "allOf": agree,
    }


def _exception() -> Schema:
    """Return an exception; ``comps`` and ``values`` have the form that ``fields`` has."""
    one = {"properties": {"comps": _operator(), "values": {"items": _WORD}}}
    several = {"properties": {"comps": {"type": "array"}, "values": {"items": {"type": "array"}}}}
    return {
        **_item(rulefile.EXCEPTION, required=("name",)),
        "if": {"required": ["fields"]},
        "then": {"if": {"properties": {"fields": {"type": "array"}}}, "then": several, "else": one},
    }


def _plugin() -> Schema:
    plugin = _item(rulefile.PLUGIN)
    other = _item(rulefile.PLUGIN)
    del other["properties"]["alternatives"]
    plugin["properties"]["alternatives"]["items"] = other
    return plugin


# -- forms of values ---------------------------------------------------------------------------------------------------


def _text(_item: Item) -> Schema:
    return dict(_WORD)


def _written(_item: Item) -> Schema:
    return {"type": "string", "minLength": 1}


def _texts(_item: Item) -> Schema:
    return {"type": "array", "items": {"type": ["string", "number", "boolean"]}}


def _flag(_item: Item) -> Schema:
    return {"enum": [True, False, *rulefile.TRUE, *rulefile.FALSE]}


def _number(_item: Item) -> Schema:
    written = {"type": "string", "pattern": "^(0[xX][0-9a-fA-F]+|[0-9]+)$"}
    return {"anyOf": [{"type": "integer", "minimum": 0, "maximum": _UINT32}, written]}


def _version(_item: Item) -> Schema:
    return {
        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+\.[0-9]+.*)?$"}]
    }


def _priority(_item: Item) -> Schema:
    names = [name.upper() for name in rulefile.PRIORITIES]
    return {"anyOf": [{"enum": names}, {"type": "string", "pattern": f"^({'|'.join(map(_any_case, names))})$"}]}


def _override(item: Item) -> Schema:
    words = (("append", item.appendable), ("replace", item.replaceable))
    operations = {name: [word for word, names in words if name in names] for name in item.names}
    return {
        "type": "object",
        "properties": {name: {"enum": allowed} for name, allowed in operations.items() if allowed},
        "additionalProperties": False,
        "minProperties": 1,
    }


def _exceptions(_item: Item) -> Schema:
    return {"type": ["array", "null"], "items": {"$ref": "#/definitions/exception"}}


def _plugins(_item: Item) -> Schema:
    return {"type": "array", "items": {"$ref": "#/definitions/plugin"}}


def _fields(_item: Item) -> Schema:
    field = {"type": "string", "minLength": 1}
    return {"anyOf": [field, {"type": "array", "items": field, "minItems": 1}]}


def _comps(_item: Item) -> Schema:
    return {"anyOf": [_operator(), {"type": "array", "items": _operator(), "minItems": 1}]}


def _operator() -> Schema:
    """Return an operator, with a modifier where it can have one.  The names are listed for editors to offer."""
    plain = [spelling for row in OPERATORS for spelling in (row.name, *row.aliases)]
    modified = [
        word for row in OPERATORS if _takes_modifier(row.name, row.operand) for word in (row.name, *row.aliases)
    ]
    names = [*plain, *(f"{word} {modifier.name}" for word in modified for modifier in MODIFIERS)]
    return {"anyOf": [{"enum": names}, {"type": "string", "pattern": _spaced(names)}]}


def _spaced(names: list[str]) -> str:
    """Return a pattern of names with any blanks around and inside them."""
    return f"^{_BLANKS}*({'|'.join(f'{_BLANKS}+'.join(map(re.escape, name.split())) for name in names)}){_BLANKS}*$"


def _values(_item: Item) -> Schema:
    several = {"type": "array", "items": _WORD}
    entry = {"anyOf": [_WORD, {"type": "array", "items": {"anyOf": [_WORD, several]}}]}
    return {"type": "array", "items": entry}


def _takes_modifier(name: str, operand: str) -> bool:
    return operand == "scalar" and name not in {"<", "<=", ">", ">="}


def _any_case(word: str) -> str:
    return "".join(f"[{char}{char.lower()}]" for char in word)


_FORMS: Final[dict[str, Callable[[Item], Schema]]] = {
    "text": _text,
    "condition": _written,
    "output": _written,
    "flag": _flag,
    "number": _number,
    "texts": _texts,
    "priority": _priority,
    "exceptions": _exceptions,
    "override": _override,
    "version": _version,
    "plugins": _plugins,
    "fields": _fields,
    "comps": _comps,
    "values": _values,
}
