# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation.

Evaluation follows edges from the entry's root until one leads out.  Edges point forward, so it takes at most as many
steps as there are nodes.  What a check found and what a field holds is kept for the rest of the event, once for each
binding that can tell a difference.
"""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tiercel._core.events_gen cimport (
    EV_SLOT_MAX,
    EVF_FILE_KNOWN,
    KIND_NONE,
    MULTI_EITHER,
    MULTI_LIST,
    MULTI_NONE,
    OPERAND_NONE,
    OPERAND_SCALAR,
    PT_DYN,
    TBL_ARG_ALONE,
    TBL_ARG_DOTTED,
    TBL_ARG_INDEX,
    TBL_ARG_KEY,
    ev_file,
    tbl_event,
    tbl_slot,
)
from tiercel._core.files cimport cx_paths_differ
from tiercel._core.operands cimport operand_fill, operand_free
from tiercel._core.tables_gen cimport FieldRow, OpRow, field_row, op_row
from tiercel._core.text cimport arena_free, arena_init
from tiercel._core.value cimport BINDING_REQUESTED, BINDING_RESOLVED, Given

from tiercel._core.tables_gen import FIELD_IDS as _FIELD_IDS, OP_IDS as _OP_IDS, PARAM_KINDS as _PARAM_KINDS

cdef enum:
    ARENA_BYTES = 256 * 1024
    GENERATIONS = 0x7fff_ffff
    VALUES_MAX = 4096       # values of one field that are looked at


# --- The state of evaluations -----------------------------------------------------------------------------------------

cdef int cx_init(EvalCx *cx, State *state) noexcept nogil:
    """Make ready for evaluations with the state's processes; -1 without memory. Settings are the caller's to make."""
    memset(cx, 0, sizeof(EvalCx))
    cx.state = state
    return arena_init(&cx.arena, ARENA_BYTES)


cdef void _detach(EvalCx *cx) noexcept nogil:
    free(cx.verdicts)
    free(cx.filled)
    free(cx.values)
    cx.verdicts = NULL
    cx.filled = NULL
    cx.values = NULL


cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil:
    """Make room for what evaluations of this program remember, in place of that for another; -1 without memory."""
    _detach(cx)
    cx.generation = 0
    cx.verdicts = <uint32_t *>calloc(2 * <size_t>program.nchecks + 1, sizeof(uint32_t))
    cx.filled = <uint32_t *>calloc(2 * <size_t>program.nslots + 1, sizeof(uint32_t))
    cx.values = <Value *>calloc(2 * <size_t>program.nslots + 1, sizeof(Value))
    if cx.verdicts is NULL or cx.filled is NULL or cx.values is NULL:
        _detach(cx)
        return -1
    return 0


cdef void cx_free(EvalCx *cx) noexcept nogil:
    _detach(cx)
    arena_free(&cx.arena)


cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil:
    """Start a generation: nothing is known of the event yet."""
    cx.generation += 1
    if cx.generation == GENERATIONS:
        memset(cx.verdicts, 0, 2 * <size_t>program.nchecks * sizeof(uint32_t))
        memset(cx.filled, 0, 2 * <size_t>program.nslots * sizeof(uint32_t))
        cx.generation = 1


cdef void cx_begin(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil:
    """Turn to an event that passed `view_event`, and to the process that it happened in."""
    cdef const ev_file *file
    cx.hdr = hdr
    cx.event = tbl_event(hdr.type)
    cx.file = NULL
    if cx.event.file_offset:
        file = <const ev_file *>(<const uint8_t *>hdr + cx.event.file_offset)
        if file.flags & EVF_FILE_KNOWN:
            cx.file = file
    cx.proc = proc
    cx.walk = NULL
    cx.binding = BINDING_REQUESTED
    cx.differ = -1
    cx.given = NULL
    cx.arena.used = 0


# --- Evaluation -------------------------------------------------------------------------------------------------------

cdef bint slot_read(const Program *program, EvalCx *cx, uint32_t slot, int32_t iter, Value *out) noexcept nogil:
    """Read a field: its value, or the one of several that `iter` picks; 0 if there is none."""
    cdef const Slot *row = &program.slots[slot]
    cdef const Given *given
    cdef FieldArg arg
    cdef uint8_t binding = cx.binding
    cdef bint found
    if cx.given is not NULL:
        given = &cx.given[2 * slot + (binding if row.path else 0)]
        if iter < 0 or <uint32_t>iter >= given.count:
            return 0
        out[0] = given.items[iter]
        return 1
    arg = row.arg
    arg.iter = iter
    if not row.path:
        cx.binding = BINDING_REQUESTED
    found = row.extract(cx, &arg, out)
    cx.binding = binding
    return found


cdef const Value *_slot_value(const Program *program, EvalCx *cx, uint32_t slot) noexcept nogil:
    """The one value of a field, read once; NULL if there is none."""
    cdef uint32_t cell = 2 * slot + (cx.binding & program.slots[slot].path)
    if cx.filled[cell] >> 1 != cx.generation:
        cx.filled[cell] = cx.generation << 1 | slot_read(program, cx, slot, 0, &cx.values[cell])
    return &cx.values[cell] if cx.filled[cell] & 1 else NULL


cdef bint _compare(const Program *program, EvalCx *cx, const Check *check) noexcept nogil:
    """Decide a check. A missing value makes it false, whatever the operator."""
    cdef const Value *value
    cdef Value one
    cdef int32_t iter
    cdef bint fits, found = 0
    if check.multi == MULTI_NONE:
        value = _slot_value(program, cx, check.slot)
        return value is not NULL and check.compare(value, &check.operand)
    for iter in range(VALUES_MAX):
        if not slot_read(program, cx, check.slot, iter, &one):
            break
        if one.kind == KIND_NONE:
            continue
        found = 1
        fits = check.compare(&one, &check.operand)
        if fits != check.is_for_all:
            return fits
    return found and check.is_for_all


cdef bint check_holds(const Program *program, EvalCx *cx, uint32_t index) noexcept nogil:
    """Tell whether a check is true under cx.binding; it is decided once."""
    cdef const Check *check = &program.checks[index]
    cdef uint32_t cell = 2 * index + (cx.binding & check.path)
    if cx.verdicts[cell] >> 1 != cx.generation:
        cx.verdicts[cell] = cx.generation << 1 | _compare(program, cx, check)
    return cx.verdicts[cell] & 1


cdef bint _holds(const Program *program, EvalCx *cx, int32_t node, uint8_t binding) noexcept nogil:
    """Follow the edges from `node` under a binding."""
    cdef const Node *row
    cx.binding = binding
    while node >= 0:
        row = &program.nodes[node]
        node = row.on_true if check_holds(program, cx, row.check) else row.on_false
    return node == EDGE_TRUE


cdef bint _entry_holds(const Program *program, EvalCx *cx, const Entry *entry) noexcept nogil:
    """Tell whether the rule matches; cx.binding is then the one under which it does, requested first."""
    if not entry.uses_path or cx.paths == PATHS_REQUESTED:
        return _holds(program, cx, entry.root, BINDING_REQUESTED)
    if cx.paths == PATHS_BOTH:
        if _holds(program, cx, entry.root, BINDING_REQUESTED):
            return 1
        if not cx_paths_differ(cx):
            return 0
    return _holds(program, cx, entry.root, BINDING_RESOLVED)


cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil:
    """The bindings that are tried for the entry, one after the other as long as none fits: a bit for each."""
    if not entry.uses_path or cx.paths == PATHS_REQUESTED:
        return 1 << BINDING_REQUESTED
    if cx.paths == PATHS_RESOLVED:
        return 1 << BINDING_RESOLVED
    return 1 << BINDING_REQUESTED | cx_paths_differ(cx) << BINDING_RESOLVED


cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil:
    """Tell whether some rule may match events of that type."""
    cdef unsigned int slot = tbl_slot(type)
    return slot < EV_SLOT_MAX and program.first_entry[slot] < program.first_entry[slot + 1]


cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil:
    """Evaluate the event that `cx_begin` turned to; returns how many rules matched, in their order.

    `cx` must have been attached to this program.
    """
    cdef unsigned int slot = tbl_slot(cx.event.code)
    cdef uint32_t i, matches = 0
    if slot >= EV_SLOT_MAX:
        return 0
    prog_begin(program, cx)
    for i in range(program.first_entry[slot], program.first_entry[slot + 1]):
        if _entry_holds(program, cx, &program.entries[i]):
            matches += 1
            on_match(cx, program, program.entries[i].rule, context)
            if cx.first_only:
                break
    return matches


# --- From the compiler ------------------------------------------------------------------------------------------------

cdef void *_allocate(size_t count, size_t size) except NULL:
    cdef void *block = calloc(count + 1, size)
    if block is NULL:
        raise MemoryError
    return block


cdef int _takes(const FieldRow *row, str name, object arg, FieldArg *out, list keep) except -1:
    """Set a field's argument after checking that the field takes one like it."""
    cdef bytes key
    out.index = -1
    if arg is None:
        if row.arg & TBL_ARG_ALONE:
            return 0
        raise ValueError(f"{name} needs an argument")
    if isinstance(arg, int):
        if row.arg & TBL_ARG_INDEX and 0 <= arg < 2**63:
            out.index = arg
            return 0
    elif row.arg & (TBL_ARG_KEY | TBL_ARG_DOTTED):
        key = arg if isinstance(arg, bytes) else arg.encode("utf-8", "surrogateescape")
        keep.append(key)
        out.key.ptr = <const uint8_t *><const char *>key
        out.key.len = <uint32_t>len(key)
        return 0
    raise ValueError(f"{name} does not take the argument {arg!r}")


cdef int field_kind(const FieldRow *row, object arg) except -1:
    """How values of a field are compared (enum tbl_kind); of `evt.rawarg`, as the param is."""
    return _PARAM_KINDS.get(arg, row.kind) if row.type == PT_DYN else row.kind


cdef class RuleProgram:
    def __cinit__(self, source):
        cdef Program *program = &self.program
        cdef uint32_t i, n = 0
        cdef unsigned int slot
        cdef int32_t edge
        self.slot_ids = {}
        self.keep = []
        self.rules = tuple(source.rules)
        self.outputs = tuple([tuple(fields) for fields in source.outputs])
        self.wanted = frozenset(source.entries)
        if len(self.outputs) != len(self.rules):
            raise ValueError(f"{len(self.rules)} rules with {len(self.outputs)} outputs")
        program.nrules = len(self.rules)
        program.paths = ("both", "requested", "resolved").index(source.path_matching)
        captured = [field for fields in self.outputs for field in fields]
        program.slots = <Slot *>_allocate(len(source.checks) + len(captured), sizeof(Slot))
        program.checks = <Check *>_allocate(len(source.checks), sizeof(Check))
        program.items = <Value *>_allocate(sum([len(check.operand) for check in source.checks]), sizeof(Value))
        for check in source.checks:
            self.add_check(&program.checks[program.nchecks], check, &program.items[n])
            program.nchecks += 1
            n += len(check.operand)
        program.nodes = <Node *>_allocate(len(source.nodes), sizeof(Node))
        program.nnodes = len(source.nodes)
        for i, node in enumerate(source.nodes):
            if not 0 <= node.check < program.nchecks:
                raise ValueError(f"node {i} has the check {node.check} of {program.nchecks}")
            program.nodes[i].check = node.check
            program.nodes[i].on_true = node.on_true
            program.nodes[i].on_false = node.on_false
            for edge in (node.on_true, node.on_false):
                if not (edge in (EDGE_TRUE, EDGE_FALSE) or <int64_t>i < edge < <int64_t>program.nnodes):
                    raise ValueError(f"node {i} leads to {edge}")
        program.outputs = <uint32_t *>_allocate(len(captured), sizeof(uint32_t))
        program.first_output = <uint32_t *>_allocate(program.nrules + 1, sizeof(uint32_t))
        n = 0
        for i, fields in enumerate(self.outputs):
            for name, arg in fields:
                program.outputs[n] = self.add_slot(name, arg)
                n += 1
            program.first_output[i + 1] = n
        program.entries = <Entry *>_allocate(sum([len(row) for row in source.entries.values()]), sizeof(Entry))
        program.first_entry = <uint32_t *>_allocate(EV_SLOT_MAX + 1, sizeof(uint32_t))
        by_slot = {}
        for code, entries in source.entries.items():
            slot = tbl_slot(code)
            if slot >= EV_SLOT_MAX:
                raise ValueError(f"there is no event with the code {code}")
            by_slot[slot] = entries
        n = 0
        for slot in range(EV_SLOT_MAX):
            for entry in by_slot.get(slot, ()):
                if not 0 <= entry.rule < program.nrules or not (
                    entry.root in (EDGE_TRUE, EDGE_FALSE) or 0 <= entry.root < program.nnodes
                ):
                    raise ValueError(f"{entry} points nowhere")
                program.entries[n].rule = entry.rule
                program.entries[n].root = entry.root
                program.entries[n].uses_path = entry.uses_path
                n += 1
            program.first_entry[slot + 1] = n

    def __dealloc__(self):
        cdef uint32_t i
        for i in range(self.program.nchecks):
            operand_free(&self.program.checks[i].operand)
        free(self.program.nodes)
        free(self.program.checks)
        free(self.program.slots)
        free(self.program.items)
        free(self.program.entries)
        free(self.program.first_entry)
        free(self.program.outputs)
        free(self.program.first_output)

    cdef uint32_t add_slot(self, str name, object arg) except? 0xffff_ffff:
        """Return the slot of a field with its argument."""
        cdef Slot *slot
        cdef const FieldRow *row
        number = _FIELD_IDS.get(name)
        if number is None:
            raise ValueError(f"there is no field {name}")
        known = self.slot_ids.get((number, arg))
        if known is not None:
            return known
        row = field_row(number)
        slot = &self.program.slots[self.program.nslots]
        _takes(row, name, arg, &slot.arg, self.keep)
        slot.field = number
        slot.extract = row.extract
        slot.kind = <uint8_t>field_kind(row, arg)
        slot.arg.kind = slot.kind
        slot.path = row.path
        slot.multi = row.multi if arg is None or row.multi == MULTI_LIST else <int>MULTI_NONE
        self.slot_ids[number, arg] = self.program.nslots
        self.program.nslots += 1
        return self.program.nslots - 1

    cdef int add_check(self, Check *check, object source, Value *items) except -1:
        cdef const OpRow *op
        cdef const Slot *slot
        cdef uint32_t count = len(source.operand)
        number = _OP_IDS.get(source.op)
        if number is None:
            raise ValueError(f"there is no operator {source.op}")
        op = op_row(number)
        name, arg = source.left
        check.slot = self.add_slot(name, arg)
        slot = &self.program.slots[check.slot]
        if not op.kinds >> slot.kind & 1:
            raise ValueError(f"{source.op} does not compare values of {name}")
        if (op.operand == OPERAND_NONE and count) or (op.operand == OPERAND_SCALAR and count != 1):
            raise ValueError(f"{source.op} with {count} operands")
        check.compare = op.compare
        check.multi = slot.multi
        check.path = slot.path
        check.is_for_all = source.op == "ne" and slot.multi == MULTI_EITHER
        operand_fill(&check.operand, source.op, slot.kind, source.operand, items, self.keep)
        return 0
