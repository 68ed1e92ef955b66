# SPDX-License-Identifier: Apache-2.0
"""``scap.gen.h``: the table of event codes for the capture reader, and the conversion rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiercel.schema.converter import ACTIONS, RULES, SOURCES, Rule
from tiercel.schema.events import EVENTS
from tiercel.schema.old_events import CODES, OLD_EVENTS, UNUSED_CODES
from tiercel.schema.render.probe import NOTICE
from tiercel.schema.types import ValueType

_FLAGS = ("LARGE", "OLD", "UNUSED", "MANAGED")

# Ids that are unset have all bits set.
_FILLED = frozenset({"UID", "GID"})

_STRUCTS = """\
/* One code of Falco's table. */
struct scap_row {
	__u8 nparams;
	__u8 flags; /* SCAP_ROW_* */
	__u8 nrules;
	__u16 first_param; /* in SCAP_PARAMS */
	__u16 first_rule; /* in SCAP_RULES */
};

struct scap_param {
	__u8 size; /* bytes of every value, 0 if they differ */
	__u8 fill; /* each byte of the default */
};

struct scap_rule {
	__u8 nparams; /* of the event that it is for */
	__u8 action; /* SCAP_DO_* */
	__u8 nsources;
	__u16 target; /* code that the event gets */
	__u16 first_source; /* in SCAP_SOURCES */
};

struct scap_source {
	__u8 kind; /* SCAP_FROM_* */
	__u8 param;
};
"""


def _types() -> dict[int, tuple[ValueType, ...]]:
    """Return the types of the params by code."""
    current = {event.code: tuple(param.type for param in event.params) for event in EVENTS if event.code < CODES}
    return current | {event.code: event.types for event in OLD_EVENTS}


def _flags(code: int, large: frozenset[int], old: frozenset[int], managed: frozenset[int]) -> str:
    sets = (large, old, UNUSED_CODES, managed)
    return " | ".join(f"SCAP_ROW_{name}" for name, codes in zip(_FLAGS, sets, strict=True) if code in codes) or "0"


def _rows() -> Iterator[str]:
    types = _types()
    large = frozenset(event.code for event in EVENTS if "large" in event.flags)
    old = frozenset(event.code for event in OLD_EVENTS)
    managed = frozenset(rule.code for rule in RULES)
    rules = [rule.code for rule in RULES]
    yield "static const struct scap_row SCAP_ROWS[SCAP_TYPES] = {"
    first = 0
    for code in range(CODES):
        params = types.get(code, ())
        first_rule = rules.index(code) if code in managed else 0
        flags = _flags(code, large, old, managed)
        yield f"\t[{code}] = {{ {len(params)}, {flags}, {rules.count(code)}, {first}, {first_rule} }},"
        first += len(params)
    yield "};"
    yield ""
    yield "static const struct scap_param SCAP_PARAMS[] = {"
    for code in range(CODES):
        cells = [_param(vtype) for vtype in types.get(code, ())]
        if cells:
            yield f"\t{', '.join(cells)}, /* {code} */"
    yield "};"
    yield ""


def _param(vtype: ValueType) -> str:
    fixed = not (vtype.is_ref or vtype.is_path)
    return f"{{ {vtype.size if fixed else 0}, {'0xff' if vtype.name in _FILLED else '0'} }}"


def _rule(rule: Rule, first: int) -> str:
    cells = (rule.nparams, f"SCAP_DO_{rule.action.upper()}", len(rule.sources), rule.target or rule.code, first)
    return f"\t{{ {', '.join(map(str, cells))} }}, /* {rule.code} */"


def _rules() -> Iterator[str]:
    first = 0
    yield "/* By code. */"
    yield "static const struct scap_rule SCAP_RULES[] = {"
    for rule in RULES:
        yield _rule(rule, first)
        first += len(rule.sources)
    yield "};"
    yield ""
    yield "static const struct scap_source SCAP_SOURCES[] = {"
    for rule in RULES:
        if rule.sources:
            cells = [f"{{ SCAP_FROM_{source.kind.upper()}, {source.param} }}" for source in rule.sources]
            yield f"\t/* {rule.code} with {rule.nparams} */"
            yield from (f"\t{cell}," for cell in cells)
    yield "};"
    yield ""


def _enum(name: str, prefix: str, words: Sequence[str]) -> Iterator[str]:
    yield f"enum {name} {{"
    for value, word in enumerate(words):
        yield f"\t{prefix}_{word.upper()} = {value},"
    yield "};"
    yield ""


def _lines() -> Iterator[str]:
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield f"/* {NOTICE} */"
    yield "#ifndef TIERCEL_SCAP_GEN_H"
    yield "#define TIERCEL_SCAP_GEN_H"
    yield ""
    yield "#include <linux/types.h>"
    yield ""
    yield f"#define SCAP_TYPES {CODES}"
    for bit, name in enumerate(_FLAGS):
        yield f"#define SCAP_ROW_{name} {1 << bit}"
    yield ""
    yield from _enum("scap_action", "SCAP_DO", ACTIONS)
    yield from _enum("scap_source_kind", "SCAP_FROM", SOURCES)
    yield _STRUCTS
    yield from _rows()
    yield from _rules()
    yield "#endif"


def render_captures_header() -> str:
    """Return scap.gen.h."""
    return "\n".join(_lines()) + "\n"
