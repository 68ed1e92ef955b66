# SPDX-License-Identifier: Apache-2.0
"""``tables.gen.h`` of the core."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tiercel.schema.arm64 import NUMBERS
from tiercel.schema.events import EVENTS
from tiercel.schema.fd_types import FD_TYPES, NO_WORD
from tiercel.schema.fields import FIELDS
from tiercel.schema.flags import FLAG_TABLES, VARIANT_TABLES
from tiercel.schema.layout import layout
from tiercel.schema.metadata import KINDS as META_KINDS
from tiercel.schema.metadata import METADATA, PARTS
from tiercel.schema.numbers import CAPABILITIES, ERRNOS, SIGNALS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.render.probe import NO_SYSCALL, NOTICE, syscalls
from tiercel.schema.syscall_codes import SYSCALLS
from tiercel.schema.syscalls import generic_rows, own_rows
from tiercel.schema.types import TRAITS, Event, Param, T, ValueType

KINDS = ("none", "str", "bytes", "uint", "int", "bool", "ip", "net", "double")
FORMATS = ("dec", "hex", "oct", "id", "padded")
ARG_FORMS = ("alone", "index", "key", "dotted")
MULTI = ("none", "any", "either", "list")
OPERANDS = ("none", "scalar", "list")
RESULTS = ("same", "uint", "text", "options")
EVENT_FLAGS = (
    "creates_fd",
    "uses_fd",
    "destroys_fd",
    "reads",
    "writes",
    "modifies_state",
    "waits",
    "no_thread",
    "large",
    "lifecycle",
    "internal",
    "pending",
    "is_named",
)
CATEGORIES = (
    "internal",
    "other",
    "file",
    "net",
    "ipc",
    "memory",
    "process",
    "signal",
    "user",
    "io_read",
    "io_write",
    "io_other",
    "wait",
    "sleep",
    "time",
    "scheduler",
    "system",
)
_MARKS = ("lifecycle", "internal", "pending", "is_named")
ORIGINS = ("syscall", "tracepoint", "meta", "plugin", "iter")

ENUMS = (
    ("tbl_kind", "KIND", KINDS, "Kinds of comparison."),
    ("tbl_format", "FMT", FORMATS, "Print formats of numbers."),
    ("tbl_multi", "MULTI", MULTI, "Kinds of fields with several values."),
    ("tbl_operand", "OPERAND", OPERANDS, "Kinds of operands."),
    ("tbl_result", "RESULT", RESULTS, "Result types of transformers."),
    ("tbl_category", "CATEGORY", CATEGORIES, "Topics of events."),
    ("tbl_origin", "ORIGIN", ORIGINS, "Origins of events."),
    ("tbl_meta", "META", tuple(row.symbol for row in METADATA), "Values of container metadata."),
    ("tbl_meta_kind", "METAKIND", META_KINDS, "Types of those values."),
)

_STRUCTS = """\
struct tbl_flag {
	const char *name;
	__u32 len;
	__u32 value;
};

struct tbl_variant {
	__u8 type; /* enum tbl_type */
	__u8 kind;
	__u8 fmt;
};

struct tbl_param {
	const char *name;
	const struct tbl_flag *flags; /* in printing order, nflags of them; NULL if the value has no names */
	const struct tbl_variant *variants; /* of a DYN param, by its first byte */
	__u16 nflags;
	__u16 offset; /* from the start of the record */
	__u8 len; /* of the name */
	__u8 type; /* enum tbl_type */
	__u8 kind; /* enum tbl_kind */
	__u8 fmt; /* enum tbl_format */
	__u8 size; /* bytes of the struct member */
	__u8 index; /* position in evt.args; its bit in ev_hdr.absent */
	__s8 dirfd; /* index of the param that a relative path starts from, or -1 */
	__u8 nvariants;
};

struct tbl_event {
	const char *name;
	const char *category_name;
	const struct tbl_param *params;
	const struct tbl_param *extra; /* members after the params, not visible to rules; index goes on counting */
	__u16 code;
	__u16 flags; /* TBL_EVENT_* */
	__u16 traits; /* TBL_TRAIT_* */
	__u16 file_offset; /* of struct ev_file, 0 if the record has none */
	__u16 tail_offset; /* least length of a record */
	__u8 len; /* of the name */
	__u8 category; /* enum tbl_category */
	__u8 origin; /* enum tbl_origin */
	__u8 nparams;
	__u8 nextra;
	__s8 fd_param; /* index of the param that holds the descriptor, or -1 */
	__s8 res_param; /* index of the param that holds the result, or -1 */
	__s8 path_param; /* index of the first path, or -1 */
	__s8 fs_name_param; /* index of the param of fs.path.name, or -1 */
	__s8 fs_source_param; /* index of the param of fs.path.source, or -1 */
	__s8 fs_target_param; /* index of the param of fs.path.target, or -1 */
	char direction;
};

struct tbl_syscall {
	__u16 slot;
	__u16 native; /* number for 64-bit programs; TBL_NO_SYSCALL: not in that table */
	__u16 ia32;
	__u16 socketcall; /* number inside of ia32's socketcall, TBL_NO_SYSCALL for none */
};

struct tbl_generic {
	__u16 code; /* Falco's number of a call that has no event of its own */
	__u16 native; /* TBL_NO_SYSCALL: not in that table */
	__u16 ia32;
};

struct tbl_metadata {
	const char *name;
	__u8 kind; /* enum tbl_meta_kind */
	__u8 part; /* PART_* */
};

/* Of the numbers of a call, that of this machine. */
#if defined(__aarch64__)
#define TBL_NATIVE(x86_64, arm64) arm64
#define TBL_IA32(number) TBL_NO_SYSCALL
#else
#define TBL_NATIVE(x86_64, arm64) x86_64
#define TBL_IA32(number) number
#endif
"""


def all_types() -> list[ValueType]:
    """Return the value types in the order of their definition."""
    return [value for value in vars(T).values() if isinstance(value, ValueType)]


def _text(text: str) -> str:
    return json.dumps(text)


def _enum_names(prefix: str, words: tuple[str, ...]) -> list[str]:
    return [f"{prefix}_{word.upper()}" for word in words]


def render_tables_header() -> str:
    """Return tables.gen.h."""
    return "\n".join(_tables()) + "\n"


def _tables() -> Iterator[str]:
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield f"/* {NOTICE} */"
    yield "#ifndef TIERCEL_TABLES_GEN_H"
    yield "#define TIERCEL_TABLES_GEN_H"
    yield ""
    yield "#include <stddef.h>"
    yield ""
    yield '#include "gen/events.gen.h"'
    yield ""
    for name, prefix, words, doc in ENUMS:
        yield f"/* {doc} */"
        yield f"enum {name} {{"
        for value, word in enumerate(_enum_names(prefix, words)):
            yield f"\t{word} = {value},"
        yield "};"
        yield ""
    yield "/* Falco's numbers of the value types. */"
    yield "enum tbl_type {"
    for vtype in all_types():
        yield f"\tPT_{vtype.name} = {vtype.code},"
    yield "};"
    yield ""
    for bit, word in enumerate(ARG_FORMS):
        yield f"#define TBL_ARG_{word.upper()} {1 << bit:#x}"
    for bit, word in enumerate(EVENT_FLAGS):
        yield f"#define TBL_EVENT_{word.upper()} {1 << bit:#x}"
    for bit, word in enumerate(TRAITS):
        yield f"#define TBL_TRAIT_{word.upper()} {1 << bit:#x}"
    for bit, word in enumerate(PARTS):
        yield f"#define PART_{word.upper()} {1 << bit:#x}"
    yield f"#define TBL_NO_SYSCALL {NO_SYSCALL:#x}"
    yield f"#define TBL_NFIELDS {len(FIELDS)}"
    yield f"#define TBL_NOPERATORS {len(OPERATORS)}"
    yield f"#define TBL_NMETADATA {len(METADATA)}"
    yield f"#define TBL_NPARTS {len(PARTS)}"
    yield ""
    yield _STRUCTS
    yield from _flag_tables()
    yield from _param_tables()
    yield from _event_table()
    yield from _number_names("TBL_ERRNO_NAMES", "tbl_errno_name", ERRNOS, "error")
    yield from _number_names("TBL_SIGNAL_NAMES", "tbl_signal_name", SIGNALS, "signal")
    names = {row.code: row.name for row in SYSCALLS}
    yield from _number_names("TBL_CALL_NAMES", "tbl_call_name", names, "system call's shared")
    yield from _number_names("TBL_CAPABILITY_NAMES", "tbl_capability_name", CAPABILITIES, "capability")
    type_words = {row.number: row.word or NO_WORD for row in FD_TYPES}
    yield from _number_names("TBL_FD_TYPE_WORDS", "tbl_fd_type_word", type_words, "descriptor type")
    letters = {row.number: row.letter for row in FD_TYPES}
    yield from _number_names("TBL_FD_TYPE_LETTERS", "tbl_fd_type_letter", letters, "descriptor type")
    yield from _syscall_tables()
    yield from _generic_table()
    yield from _own_calls()
    yield from _metadata_table()
    yield "#endif"


def _flag_tables() -> Iterator[str]:
    for table in FLAG_TABLES:
        yield f"static const struct tbl_flag TBL_FLAGS_{table.name.upper()}[] = {{"
        for name, value in table.rows:
            yield f"\t{{ {_text(name)}, {len(name)}, {value:#x}U }},"
        yield "};"
        yield ""
    for variants in VARIANT_TABLES:
        yield f"static const struct tbl_variant TBL_VARIANTS_{variants.name.upper()}[] = {{"
        for vtype, fmt in variants.rows:
            yield f"\t{{ PT_{vtype.name}, KIND_{vtype.kind.upper()}, FMT_{fmt.upper()} }},"
        yield "};"
        yield ""


def _param(event: Event, index: int, param: Param) -> str:
    flags = next((t for t in FLAG_TABLES if t.name == param.flags), None)
    variants = next((t for t in VARIANT_TABLES if t.name == param.variants), None)
    cells = (
        _text(param.name),
        f"TBL_FLAGS_{flags.name.upper()}" if flags else "NULL",
        f"TBL_VARIANTS_{variants.name.upper()}" if variants else "NULL",
        str(len(flags.rows) if flags else 0),
        str(layout(event).offset(param.name)),
        str(len(param.name)),
        f"PT_{param.type.name}",
        f"KIND_{param.type.kind.upper()}",
        f"FMT_{param.fmt.upper()}",
        str(param.type.size),
        str(index),
        str(-1 if param.dirfd is None else param.dirfd),
        str(len(variants.rows) if variants else 0),
    )
    return f"\t{{ {', '.join(cells)} }},"


def _param_tables() -> Iterator[str]:
    for event in EVENTS:
        first = 0
        for suffix, params in (("PARAMS", event.params), ("EXTRA", event.extra)):
            if params:
                yield f"static const struct tbl_param TBL_{suffix}_{event.ident.upper()}[] = {{"
                for index, param in enumerate(params, first):
                    yield _param(event, index, param)
                yield "};"
                yield ""
            first += len(params)


def result_param(event: Event) -> int:
    """Return the position of the param that holds the result of the call, or -1: the first one of a syscall's exit."""
    ends_call = event.origin == "syscall" and event.direction == "<"
    return 0 if ends_call and event.params and not event.is_named and not event.internal else -1


def path_param(event: Event) -> int:
    """Return the position of the first path, or -1."""
    return next((at for at, param in enumerate(event.params) if param.type.name in ("FSPATH", "FSRELPATH")), -1)


def fs_params(event: Event) -> tuple[str, str, str]:
    """Return the positions of the params of ``fs.path.name``, ``source`` and ``target``, each -1 without one."""
    at = [str(index) for name in event.fs_path for index, param in enumerate(event.params) if param.name == name]
    if len(at) == 1:
        return at[0], "-1", "-1"
    source, target = at or ("-1", "-1")
    return "-1", source, target


def _event_table() -> Iterator[str]:
    yield "/* By slot. */"
    yield "static const struct tbl_event TBL_EVENTS[EV_SLOT_MAX] = {"
    for event in EVENTS:
        marks = event.flags | {
            word for word in ("lifecycle", "internal", "pending", "is_named") if getattr(event, word)
        }
        bits = " | ".join(f"TBL_EVENT_{word.upper()}" for word in EVENT_FLAGS if word in marks) or "0"
        rows = layout(event)
        upper = event.ident.upper()
        cells = (
            _text(event.name),
            _text(event.category),
            f"TBL_PARAMS_{upper}" if event.params else "NULL",
            f"TBL_EXTRA_{upper}" if event.extra else "NULL",
            f"EV_{upper}",
            bits,
            " | ".join(f"TBL_TRAIT_{trait.upper()}" for trait in TRAITS if trait in event.traits) or "0",
            str(rows.file_offset or 0),
            str(rows.tail_offset),
            str(len(event.name)),
            f"CATEGORY_{event.category.upper()}",
            f"ORIGIN_{event.origin.upper()}",
            str(len(event.params)),
            str(len(event.extra)),
            str(-1 if event.fd_param is None else event.fd_param),
            str(result_param(event)),
            str(path_param(event)),
            *fs_params(event),
            f"'{event.direction}'",
        )
        yield f"\t[EV_SLOT_{upper}] = {{ {', '.join(cells)} }},"
    yield "};"
    yield ""
    yield "/* Slot of an event code, EV_SLOT_MAX for one that is not in the schema. */"
    yield "static inline unsigned int tbl_slot(unsigned int code)"
    yield "{"
    yield "\tswitch (code) {"
    for event in EVENTS:
        yield f"\tcase EV_{event.ident.upper()}:"
        yield f"\t\treturn EV_SLOT_{event.ident.upper()};"
    yield "\tdefault:"
    yield "\t\treturn EV_SLOT_MAX;"
    yield "\t}"
    yield "}"
    yield ""
    yield "/* Row of an event code, NULL for one that is not in the schema. */"
    yield "static inline const struct tbl_event *tbl_event(unsigned int code)"
    yield "{"
    yield "\tunsigned int slot = tbl_slot(code);"
    yield ""
    yield "\treturn slot < EV_SLOT_MAX ? &TBL_EVENTS[slot] : NULL;"
    yield "}"
    yield ""


def _number_names(table: str, function: str, names: dict[int, str], what: str) -> Iterator[str]:
    size = max(names) + 1
    yield f"static const char *const {table}[{size}] = {{"
    for number, name in sorted(names.items()):
        yield f"\t[{number}] = {_text(name)},"
    yield "};"
    yield ""
    yield f"/* Name of a {what} number, NULL for an unknown one. */"
    yield f"static inline const char *{function}(unsigned int number)"
    yield "{"
    yield f"\treturn number < {size} ? {table}[number] : NULL;"
    yield "}"
    yield ""


def _syscall_tables() -> Iterator[str]:
    rows = list(syscalls())
    yield f"#define TBL_NSYSCALLS {len(rows)}"
    yield "static const struct tbl_syscall TBL_SYSCALLS[TBL_NSYSCALLS] = {"
    for event, call in rows:
        cells = (_native(call.name, call.x86_64), _ia32(call.ia32), _ia32(call.socketcall))
        yield f"\t{{ EV_SLOT_{event.ident.upper()}, {', '.join(cells)} }}, /* {call.name} */"
    yield "};"
    yield ""


def _native(name: str, x86_64: int | None) -> str:
    if x86_64 is None:
        return "TBL_NO_SYSCALL"
    return f"TBL_NATIVE({x86_64}, {NUMBERS.get(name, 'TBL_NO_SYSCALL')})"


def _ia32(number: int | None) -> str:
    return "TBL_NO_SYSCALL" if number is None else f"TBL_IA32({number})"


def _generic_table() -> Iterator[str]:
    rows = list(generic_rows())
    yield f"#define TBL_NGENERIC {len(rows)}"
    yield "static const struct tbl_generic TBL_GENERIC[TBL_NGENERIC] = {"
    for row in rows:
        yield f"\t{{ {row.code}, {_native(row.name, row.x86_64)}, {_ia32(row.ia32)} }}, /* {row.name} */"
    yield "};"
    yield ""


def _own_calls() -> Iterator[str]:
    rows = [(event, str(code), _native(event.syscalls[0].name, number)) for event, code, number in own_rows()]
    number = "umber of the call of an event that Falco lacks"
    yield from _by_code("tbl_own_call", f"Falco's n{number}, 0 for other events.", {e: code for e, code, _ in rows})
    yield from _by_code("tbl_own_native", f"Native n{number}.", {e: native for e, _, native in rows})


def _by_code(name: str, doc: str, cells: Mapping[Event, str]) -> Iterator[str]:
    yield f"/* {doc} */"
    yield f"static inline unsigned int {name}(unsigned int code)"
    yield "{"
    yield "\tswitch (code) {"
    for event, cell in cells.items():
        yield f"\tcase EV_{event.ident.upper()}:"
        yield f"\t\treturn {cell};"
    yield "\tdefault:"
    yield "\t\treturn 0;"
    yield "\t}"
    yield "}"
    yield ""


def _metadata_table() -> Iterator[str]:
    yield f"static const char *const TBL_PARTS[TBL_NPARTS] = {{ {', '.join(map(_text, PARTS))} }}; /* PART_*, by bit */"
    yield ""
    yield "static const struct tbl_metadata TBL_METADATA[TBL_NMETADATA] = {"
    for row in METADATA:
        yield f"\t{{ {_text(row.name)}, METAKIND_{row.kind.upper()}, PART_{row.part.upper()} }},"
    yield "};"
    yield ""
