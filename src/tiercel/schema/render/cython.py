# SPDX-License-Identifier: Apache-2.0
"""The Cython files: externs of the generated headers, and the tables of extractors and operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tiercel.schema.events import EVENTS
from tiercel.schema.fd_types import FD_TYPES
from tiercel.schema.fields import FIELDS
from tiercel.schema.known_params import PARAM_TYPES
from tiercel.schema.layout import layout
from tiercel.schema.metadata import METADATA_BY_NAME, PARTS
from tiercel.schema.names import FIELD_BY_NAME, FieldRef
from tiercel.schema.operators import OPERATORS
from tiercel.schema.render import core
from tiercel.schema.render.abi import cython_type, externs, parse
from tiercel.schema.render.probe import NOTICE
from tiercel.schema.transformers import TRANSFORMERS
from tiercel.schema.types import TRAITS

_PREAMBLE = ("# SPDX-License-Identifier: Apache-2.0", f"# {NOTICE}")

_TABLES = """\
    struct tbl_flag:
        const char *name
        uint32_t len
        uint32_t value

    struct tbl_variant:
        uint8_t type
        uint8_t kind
        uint8_t fmt

    struct tbl_param:
        const char *name
        const tbl_flag *flags
        const tbl_variant *variants
        uint16_t nflags
        uint16_t offset
        uint8_t len
        uint8_t type
        uint8_t kind
        uint8_t fmt
        uint8_t size
        uint8_t index
        int8_t dirfd
        uint8_t nvariants

    struct tbl_event_row "tbl_event":
        const char *name
        const char *category_name
        const tbl_param *params
        const tbl_param *extra
        uint16_t code
        uint16_t flags
        uint16_t traits
        uint16_t file_offset
        uint16_t tail_offset
        uint8_t len
        uint8_t category
        uint8_t origin
        uint8_t nparams
        uint8_t nextra
        int8_t fd_param
        int8_t res_param
        int8_t path_param
        int8_t fs_name_param
        int8_t fs_source_param
        int8_t fs_target_param
        char direction

    struct tbl_syscall:
        uint16_t slot
        uint16_t native
        uint16_t ia32
        uint16_t socketcall

    struct tbl_generic:
        uint16_t code
        uint16_t native
        uint16_t ia32

    struct tbl_metadata:
        const char *name
        uint8_t kind
        uint8_t part

    const tbl_metadata TBL_METADATA[1]
    const char *const TBL_PARTS[1]
    const tbl_event_row TBL_EVENTS[1]
    const tbl_syscall TBL_SYSCALLS[1]
    const tbl_generic TBL_GENERIC[1]

    unsigned int tbl_slot(unsigned int code)
    const tbl_event_row *tbl_event(unsigned int code)
    const char *tbl_errno_name(unsigned int number)
    const char *tbl_signal_name(unsigned int number)
    const char *tbl_call_name(unsigned int number)
    const char *tbl_capability_name(unsigned int number)
    const char *tbl_fd_type_word(unsigned int number)
    const char *tbl_fd_type_letter(unsigned int number)
    unsigned int tbl_own_call(unsigned int code)
    unsigned int tbl_own_native(unsigned int code)
"""


def render_events_pxd(event_abi: str) -> str:
    """Return events_gen.pxd; ``event_abi`` is the text of event_abi.h."""
    lines = [
        *_PREAMBLE,
        "from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t",
        "",
        'cdef extern from "gen/event_abi.h" nogil:',
        *externs(parse(event_abi)),
        "",
        'cdef extern from "gen/events.gen.h" nogil:',
        *_event_externs(),
        'cdef extern from "wire/tables.gen.h" nogil:',
        *_table_externs(),
    ]
    return "\n".join(lines) + "\n"


def _event_externs() -> Iterator[str]:
    yield "    const uint64_t TIERCEL_SCHEMA_HASH"
    yield ""
    names = [event.ident.upper() for event in EVENTS]
    yield from _enum("ev_type", [f"EV_{name}" for name in names])
    yield from _enum("ev_slot", [*(f"EV_SLOT_{name}" for name in names), "EV_SLOT_MAX"])
    yield from _enum("ev_fd_type", [f"EV_FD_{row.ident.upper()}" for row in FD_TYPES])
    for event in EVENTS:
        yield f"    struct ev_{event.ident}:"
        yield "        ev_hdr hdr"
        for member in layout(event).members:
            if not member.is_padding:
                yield f"        {cython_type(member.ctype)} {member.name}"
        yield "        char tail[1]"
        yield ""


def _table_externs() -> Iterator[str]:
    for name, prefix, words, _ in core.ENUMS:
        yield from _enum(name, [f"{prefix}_{word.upper()}" for word in words])
    yield from _enum("tbl_type", [f"PT_{vtype.name}" for vtype in core.all_types()])
    limits = ("NO_SYSCALL", "NSYSCALLS", "NGENERIC", "NFIELDS", "NOPERATORS", "NMETADATA", "NPARTS")
    constants = [
        *(f"TBL_ARG_{word.upper()}" for word in core.ARG_FORMS),
        *(f"TBL_EVENT_{word.upper()}" for word in core.EVENT_FLAGS),
        *(f"TBL_TRAIT_{word.upper()}" for word in TRAITS),
        *(f"PART_{word.upper()}" for word in PARTS),
        *(f"TBL_{word}" for word in limits),
    ]
    yield from _enum("", constants)
    yield _TABLES.rstrip("\n")


def _enum(name: str, words: Iterable[str]) -> Iterator[str]:
    yield f"    enum {name}:" if name else "    enum:"
    yield from (f"        {word}" for word in words)
    yield ""


def render_tables_pxd() -> str:
    """Return tables_gen.pxd."""
    return "\n".join((
        *_PREAMBLE,
        "from libc.stdint cimport uint8_t, uint16_t, uint32_t",
        "",
        "from tiercel._core.values.value cimport EvalCx, FieldArg, Operand, Value, Values",
        "",
        "ctypedef bint (*field_fn)(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil",
        "ctypedef bint (*op_fn)(const Value *value, const Operand *operand) noexcept nogil",
        "ctypedef bint (*transform_fn)(",
        "    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out",
        ") noexcept nogil",
        "",
        "",
        "cdef struct FieldRow:",
        "    field_fn extract",
        "    uint16_t type    # enum tbl_type",
        "    uint8_t kind     # enum tbl_kind",
        "    uint8_t fmt      # enum tbl_format",
        "    uint8_t arg      # TBL_ARG_*: how it may be written",
        "    uint8_t multi    # enum tbl_multi",
        "    bint path",
        "    uint8_t cost",
        "    bint shown       # an output may show another value than a condition compares",
        "    uint8_t meta     # PART_*: what it needs to know of a container",
        "    bint pattern     # a key is a regular expression",
        "",
        "",
        "cdef struct OpRow:",
        "    op_fn compare",
        "    uint8_t operand  # enum tbl_operand",
        "    uint8_t cost",
        "    uint16_t kinds   # bit n: compares values of kind n of enum tbl_kind",
        "    bint lists       # compares lists, too",
        "    bint constant    # compares with constants only",
        "",
        "",
        "cdef struct TransformRow:",
        "    transform_fn transform",
        "    uint8_t result   # enum tbl_result",
        "",
        "",
        "cdef const FieldRow *field_row(unsigned int field) noexcept nogil",
        "cdef const OpRow *op_row(unsigned int op) noexcept nogil",
        "cdef const TransformRow *transform_row(unsigned int transformer) noexcept nogil",
        "",
    ))  # fmt: skip


def render_tables_pyx() -> str:
    """Return tables_gen.pyx: a row whose function is missing fails the build here."""
    return "\n".join(_tables_pyx()) + "\n"


def _cimport(module: str, names: Iterable[str]) -> Iterator[str]:
    yield f"from tiercel._core.{module} cimport ("
    yield from (f"    {name}," for name in sorted(names))
    yield ")"


def _ids(name: str, words: Iterable[str]) -> Iterator[str]:
    yield f"{name} = {{"
    yield from (f'    "{word}": {number},' for number, word in enumerate(words))
    yield "}"


def _tables_pyx() -> Iterator[str]:
    yield from _PREAMBLE
    yield '"""Fields, operators and transformers of the schema, with the functions that implement them."""'
    yield ""
    for module in sorted({field.extractor_module for field in FIELDS}):
        yield from _cimport(f"fields.{module}", {field.symbol for field in FIELDS if field.extractor_module == module})
    yield from _cimport("values.operators", {f"op_{row.symbol}" for row in OPERATORS})
    yield from _cimport("values.transforms", {f"transform_{row.name}" for row in TRANSFORMERS})
    yield ""
    yield f"cdef FieldRow[{len(FIELDS)}] FIELDS"
    yield f"cdef OpRow[{len(OPERATORS)}] OPS"
    yield f"cdef TransformRow[{len(TRANSFORMERS)}] TRANSFORMS"
    yield ""
    for number, field in enumerate(FIELDS):
        cells = (
            field.symbol,
            str(field.type.code),
            str(core.KINDS.index(field.type.kind)),
            str(core.FORMATS.index(field.fmt)),
            str(sum(1 << bit for bit, form in enumerate(core.ARG_FORMS) if form in field.forms)),
            str(core.MULTI.index(field.multi or "none")),
            str(field.path),
            str(field.cost),
            str(field.shown),
            str(1 << PARTS.index(METADATA_BY_NAME[field.metadata].part) if field.metadata else 0),
            str(field.pattern),
        )
        yield f"FIELDS[{number}] = FieldRow({', '.join(cells)})"
    yield ""
    for number, operator in enumerate(OPERATORS):
        kinds = sum(1 << core.KINDS.index(kind) for kind in operator.kinds)
        operand = core.OPERANDS.index(operator.operand)
        flags = f"{operator.lists}, {operator.constant}"
        yield f"OPS[{number}] = OpRow(op_{operator.symbol}, {operand}, {operator.cost}, {kinds:#x}, {flags})"
    yield ""
    for number, transformer in enumerate(TRANSFORMERS):
        result = core.RESULTS.index(transformer.result)
        yield f"TRANSFORMS[{number}] = TransformRow(transform_{transformer.name}, {result})"
    yield ""
    yield from _ids("FIELD_IDS", [field.name for field in FIELDS])
    yield ""
    yield "PARAM_KINDS = {"
    for name, vtype in sorted(PARAM_TYPES.items()):
        yield f'    "{name}": {core.KINDS.index(vtype.kind)},'
    yield "}"
    yield "PARAM_FORMATS = {"
    for name in sorted(PARAM_TYPES):
        yield f'    "{name}": {core.FORMATS.index(FieldRef(FIELD_BY_NAME["evt.rawarg"], name).fmt)},'
    yield "}"
    yield ""
    yield from _ids("OP_IDS", [operator.symbol for operator in OPERATORS])
    yield ""
    yield from _ids("TRANSFORM_IDS", [transformer.name for transformer in TRANSFORMERS])
    yield ""
    yield ""
    yield "cdef const FieldRow *field_row(unsigned int field) noexcept nogil:"
    yield f"    return &FIELDS[field] if field < {len(FIELDS)} else NULL"
    yield ""
    yield ""
    yield "cdef const OpRow *op_row(unsigned int op) noexcept nogil:"
    yield f"    return &OPS[op] if op < {len(OPERATORS)} else NULL"
    yield ""
    yield ""
    yield "cdef const TransformRow *transform_row(unsigned int transformer) noexcept nogil:"
    yield f"    return &TRANSFORMS[transformer] if transformer < {len(TRANSFORMERS)} else NULL"


def render_tables_pyi() -> str:
    """Return the stub of tables_gen."""
    return "\n".join((
        *_PREAMBLE,
        "FIELD_IDS: dict[str, int]",
        '"""Number of each field in the compiled program, by name."""',
        "OP_IDS: dict[str, int]",
        '"""Number of each operator in the compiled program, by symbol."""',
        "PARAM_KINDS: dict[str, int]",
        '"""Kind of comparison of a param, by its name: a value of enum tbl_kind."""',
        "PARAM_FORMATS: dict[str, int]",
        '"""Print format of a param, by its name: a value of enum tbl_format."""',
        "TRANSFORM_IDS: dict[str, int]",
        '"""Number of each transformer in the compiled program, by name."""',
        "",
    ))  # fmt: skip
