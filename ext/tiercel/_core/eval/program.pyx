# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation.

Evaluation follows edges from the entry's root until one leads out.  Edges point forward, so it takes at most as many
steps as there are nodes.  What a check found and what a field holds is kept for the rest of the event, once for each
binding that can tell a difference.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tiercel._core.eval.checks cimport check_holds
from tiercel._core.eval.partial_eval cimport EDGE_FALSE, EDGE_TRUE, OUTCOME_OPEN, decide
from tiercel._core.eval.plan cimport plan_mark
from tiercel._core.eval.slots cimport NO_SLOT, SlotTable, names_users, source_meta
from tiercel._core.fields.event_access cimport cx_paths_differ
from tiercel._core.fields.tables_gen cimport OpRow, op_row
from tiercel._core.state.process cimport run_times_switch
from tiercel._core.util.alloc cimport block_new
from tiercel._core.util.arena_text cimport arena_free, arena_init, arena_take_aligned
from tiercel._core.values.operand cimport operand_fill, operand_free
from tiercel._core.values.value cimport (
    BINDING_REQUESTED,
    BINDING_RESOLVED,
    PATHS_BOTH,
    PATHS_REQUESTED,
    PATHS_RESOLVED,
    Value,
    Values,
)
from tiercel._core.wire.events_gen cimport (
    EV_SLOT_MAX,
    EV_SWITCH,
    EVF_FILE_KNOWN,
    KIND_NET,
    MULTI_EITHER,
    MULTI_LIST,
    MULTI_NONE,
    OPERAND_NONE,
    OPERAND_SCALAR,
    PART_NAMES,
    TBL_EVENTS,
    ev_file,
    tbl_event,
    tbl_slot,
)

from tiercel._core.fields.tables_gen import OP_IDS as _OP_IDS

cdef enum:
    ARENA_BYTES = 256 * 1024
    GENERATIONS = 0x7fff_ffff

cdef tuple MODIFIERS = (None, "oneof", "anyof", "allof")


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
    free(cx.lists)
    free(cx.marks.words)
    free(cx.marks.groups)
    cx.marks.words = NULL
    cx.marks.groups = NULL
    cx.verdicts = NULL
    cx.filled = NULL
    cx.values = NULL
    cx.lists = NULL


cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil:
    """Make room for what evaluations of this program remember, in place of that for another; -1 without memory."""
    cdef uint32_t cell, words = (program.most_entries + 63) >> 6
    _detach(cx)
    cx.generation = 0
    cx.verdicts = <uint32_t *>calloc(2 * <size_t>program.nchecks + 1, sizeof(uint32_t))
    cx.filled = <uint32_t *>calloc(2 * <size_t>program.nslots + 1, sizeof(uint32_t))
    cx.values = <Value *>calloc(2 * <size_t>program.nslots + 1, sizeof(Value))
    cx.lists = <Values *>calloc(2 * <size_t>program.nslots + 1, sizeof(Values))
    cx.marks.words = <uint64_t *>calloc(words + 1, sizeof(uint64_t))
    cx.marks.groups = <uint64_t *>calloc((words + 63) // 64 + 1, sizeof(uint64_t))
    if (
        cx.verdicts is NULL or cx.filled is NULL or cx.values is NULL or cx.lists is NULL
        or cx.marks.words is NULL or cx.marks.groups is NULL
    ):
        _detach(cx)
        return -1
    for cell in range(2 * program.nslots):
        cx.lists[cell].count = 1
        cx.lists[cell].items = &cx.values[cell]
    return 0


cdef void cx_free(EvalCx *cx) noexcept nogil:
    _detach(cx)
    arena_free(&cx.arena)
    free(cx.shown)
    cx.shown = NULL


cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil:
    """Start a generation: nothing is known of the event yet."""
    cx.generation += 1
    if cx.generation == GENERATIONS:
        memset(cx.verdicts, 0, 2 * <size_t>program.nchecks * sizeof(uint32_t))
        memset(cx.filled, 0, 2 * <size_t>program.nslots * sizeof(uint32_t))
        cx.generation = 1


cdef void cx_turn(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil:
    """Turn to an event that passed `view_event`, perhaps not for the first time, and to its process."""
    cdef const ev_file *file
    cx.hdr = hdr
    cx.event = tbl_event(hdr.type)
    cx.file = NULL
    if cx.event.file_offset:
        file = <const ev_file *>(<const uint8_t *>hdr + cx.event.file_offset)
        if file.flags & EVF_FILE_KNOWN:
            cx.file = file
    cx.proc = proc
    cx.proc_main = proc
    cx.told = NULL
    cx.walk = NULL
    cx.binding = BINDING_REQUESTED
    cx.differ = -1
    cx.given = NULL
    cx.held = NULL
    cx.nheld = 0
    cx.unknown = 0
    cx.arena.used = 0


cdef void cx_begin(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil:
    """Turn to an event that passed `view_event`, and to the process that it happened in."""
    cx_turn(cx, hdr, proc)
    if hdr.type == EV_SWITCH:
        run_times_switch(cx.state, proc, hdr)


# --- Evaluation -------------------------------------------------------------------------------------------------------

cdef bint _holds(const Program *program, EvalCx *cx, int32_t node, uint8_t binding) noexcept nogil:
    """Follow the edges from `node` under a binding."""
    cdef const Node *row
    cx.binding = binding
    while node >= 0:
        row = &program.nodes[node]
        node = row.on_true if check_holds(program.checks, program.slots, cx, row.check) else row.on_false
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


cdef uint8_t entry_decide(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil:
    """What may come out of the rule (OUTCOME_*) while nothing is known of what is in `unknown` (PART_*)."""
    return decide(
        program.nodes, program.checks, program.slots, cx, entry.root, entry_bindings(entry, cx), entry.meta & unknown
    )


cdef bint entry_is_sure(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil:
    """Of a rule that matches: tell whether it would, whatever the `unknown` is."""
    return not entry.meta & unknown or entry_decide(program, cx, entry, unknown) != OUTCOME_OPEN


cdef bint _passes(const Program *program, EvalCx *cx, const Entry *entry) noexcept nogil:
    """Of a rule that matches: tell whether it is to alert, as what its condition asks for may be unknown for good."""
    cx.is_unsure = 0
    if cx.unknown == 0:
        return 1
    if not entry_is_sure(program, cx, entry, cx.unknown):
        if cx.skips_unsure:
            cx.skipped += 1
            return 0
        cx.is_unsure = 1
        cx.unsure += 1
    if entry.shows & cx.unknown:
        cx.untold += 1
    return 1


cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil:
    """Evaluate the event that `cx_begin` turned to; returns how many rules matched, in their order.

    `cx` must have been attached to this program.
    """
    cdef unsigned int slot = tbl_slot(cx.event.code)
    cdef const Plan *plan
    cdef const Entry *entries
    cdef uint32_t i, count, matches = 0
    if slot >= EV_SLOT_MAX:
        return 0
    prog_begin(program, cx)
    plan = program.plans[slot]
    entries = &program.entries[program.first_entry[slot]]
    count = program.first_entry[slot + 1] - program.first_entry[slot]
    if plan is not NULL:
        plan_mark(plan, program.checks, program.slots, cx)
    if cx.threads is not NULL and not cx.first_only:
        return _eval_all(program, cx, plan, entries, count, on_match, context)
    i = entry_next(cx, plan, 0, count)
    while i < count:
        if _entry_holds(program, cx, &entries[i]) and _passes(program, cx, &entries[i]):
            matches += 1
            on_match(cx, program, entries[i].rule, context)
            if cx.first_only:
                break
        i = entry_next(cx, plan, i + 1, count)
    while plan is not NULL and i < count:  # what stands behind the first match
        i = entry_next(cx, plan, i, count)
    return matches


cdef uint32_t _eval_all(
    const Program *program, EvalCx *cx, const Plan *plan, const Entry *entries, uint32_t count,
    match_fn on_match, void *context,
) noexcept nogil:
    """Decide all rules before any is told of: in a capture, what one asks for may change what others tell."""
    cdef uint32_t *matched = <uint32_t *>arena_take_aligned(&cx.arena, count * sizeof(uint32_t))
    cdef uint32_t i, matches = 0
    i = entry_next(cx, plan, 0, count)
    while i < count:
        if matched is not NULL and _entry_holds(program, cx, &entries[i]):
            matched[matches] = i << 1 | cx.binding
            matches += 1
        i = entry_next(cx, plan, i + 1, count)
    for i in range(matches):
        cx.binding = matched[i] & 1
        on_match(cx, program, entries[matched[i] >> 1].rule, context)
    return matches


# --- From the compiler ------------------------------------------------------------------------------------------------

cdef class RuleProgram:
    def __cinit__(self, source):
        cdef Program *program = &self.program
        cdef uint32_t i, n = 0
        self.table = SlotTable()
        self.plans = PlanTable()
        self.keep = []
        self.rules = tuple(source.rules)
        self.outputs = tuple([tuple(fields) for fields in source.outputs])
        self.wanted = frozenset(source.entries)
        if len(self.outputs) != len(self.rules):
            raise ValueError(f"{len(self.rules)} rules with {len(self.outputs)} outputs")
        program.nrules = len(self.rules)
        program.paths = ("both", "requested", "resolved").index(source.path_matching)
        program.checks = <Check *>block_new(len(source.checks), sizeof(Check))
        program.items = <Value *>block_new(sum([len(check.operand) for check in source.checks]), sizeof(Value))
        for check in source.checks:
            program.nchecks += 1
            self.add_check(&program.checks[program.nchecks - 1], check)
        self.add_nodes(source)
        program.outputs = <uint32_t *>block_new(sum([len(fields) for fields in self.outputs]), sizeof(uint32_t))
        program.first_output = <uint32_t *>block_new(program.nrules + 1, sizeof(uint32_t))
        for i, fields in enumerate(self.outputs):
            for output in fields:
                program.outputs[n] = self.table.add(output)
                n += 1
            program.first_output[i + 1] = n
        self.add_entries(source)
        program.slots = self.table.slots
        program.nslots = self.table.count

    def __dealloc__(self):
        cdef uint32_t i, j
        for i in range(self.program.nchecks):
            operand_free(&self.program.checks[i].operand)
            for j in range(self.program.checks[i].neach):
                operand_free(&self.program.checks[i].each[j])
            free(self.program.checks[i].each)
        free(self.program.nodes)
        free(self.program.checks)
        free(self.program.items)
        free(self.program.entries)
        free(self.program.first_entry)
        free(self.program.plans)
        free(self.program.metas)
        free(self.program.outputs)
        free(self.program.first_output)

    cdef int add_nodes(self, object source) except -1:
        cdef Program *program = &self.program
        cdef uint32_t i
        cdef int32_t edge
        program.nodes = <Node *>block_new(len(source.nodes), sizeof(Node))
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
        return 0

    cdef bytearray depends(self):
        """PART_* of all that can be reached from each node."""
        cdef Program *program = &self.program
        cdef bytearray meta = bytearray(program.nnodes)
        cdef const Node *node
        cdef uint32_t i
        for i in reversed(range(program.nnodes)):
            node = &program.nodes[i]
            meta[i] = program.checks[node.check].meta
            for edge in (node.on_true, node.on_false):
                if edge >= 0:
                    meta[i] |= meta[edge]
        return meta

    cdef int shows(self, uint32_t rule, unsigned int event):
        """PART_* of all that a rule prints of an event."""
        cdef int meta = 0
        for source in self.outputs[rule]:
            meta |= self.table.slots[self.table.add(source)].meta
            if names_users(source, &TBL_EVENTS[event]):
                meta |= PART_NAMES
        return meta

    cdef int add_entries(self, object source) except -1:
        """The entries of each event type, and its plan."""
        cdef Program *program = &self.program
        cdef uint32_t n = 0
        cdef unsigned int slot
        cdef dict by_slot = {}
        cdef bytearray meta = self.depends()
        program.entries = <Entry *>block_new(sum([len(row) for row in source.entries.values()]), sizeof(Entry))
        program.first_entry = <uint32_t *>block_new(EV_SLOT_MAX + 1, sizeof(uint32_t))
        program.plans = <const Plan **>block_new(EV_SLOT_MAX, sizeof(Plan *))
        program.metas = <uint8_t *>block_new(EV_SLOT_MAX, sizeof(uint8_t))
        for code in source.entries:
            slot = tbl_slot(code)
            if slot >= EV_SLOT_MAX:
                raise ValueError(f"there is no event with the code {code}")
            by_slot[slot] = code
        for slot in range(EV_SLOT_MAX):
            for entry in source.entries.get(by_slot.get(slot), ()):
                if not 0 <= entry.rule < program.nrules or not (
                    entry.root in (EDGE_TRUE, EDGE_FALSE) or 0 <= entry.root < program.nnodes
                ):
                    raise ValueError(f"{entry} points nowhere")
                program.entries[n].rule = entry.rule
                program.entries[n].root = entry.root
                program.entries[n].uses_path = entry.uses_path
                program.entries[n].meta = meta[entry.root] if entry.root >= 0 else 0
                program.entries[n].shows = self.shows(entry.rule, slot)
                program.metas[slot] |= program.entries[n].meta | program.entries[n].shows
                n += 1
            program.first_entry[slot + 1] = n
            program.most_entries = max(program.most_entries, n - program.first_entry[slot])
            plan = source.plans.get(by_slot.get(slot))
            if plan is not None:
                program.plans[slot] = self.plans.add(
                    plan, n - program.first_entry[slot], program.checks, program.nchecks, self.table
                )
        return 0

    cdef int add_check(self, Check *check, object source) except -1:
        cdef const OpRow *op
        cdef const Slot *slot
        number = _OP_IDS.get(source.op)
        if number is None:
            raise ValueError(f"there is no operator {source.op}")
        op = op_row(number)
        check.slot = self.table.add(source.left)
        check.right = NO_SLOT if source.right is None else self.table.add(source.right)
        slot = &self.table.slots[check.slot]
        if not op.kinds >> slot.kind & 1:
            raise ValueError(f"{source.op} does not compare values of {source.left}")
        if slot.multi == MULTI_LIST and not op.lists:
            raise ValueError(f"{source.op} does not compare lists")
        check.modifier = MODIFIERS.index(source.modifier)
        check.compare = op.compare
        check.multi = slot.multi
        check.path = slot.path
        check.meta = source_meta(source.left, self.table)
        check.is_plain = slot.multi == MULTI_NONE and source.modifier is None and source.right is None
        check.is_for_all = (slot.multi == MULTI_EITHER and source.op == "ne") or (
            slot.multi == MULTI_LIST and source.op == "in"
        )
        if source.right is not None:
            self.check_right(source, op, slot, &self.table.slots[check.right])
            check.path |= self.table.slots[check.right].path
            check.meta |= source_meta(source.right, self.table)
        elif source.modifier is not None:
            self.add_each(check, source, op, slot)
        else:
            self.add_operand(&check.operand, source.op, op.operand, slot.kind, source.operand)
        return 0

    cdef int check_right(self, object source, const OpRow *op, const Slot *left, const Slot *right) except -1:
        """Refuse what cannot be compared with what stands right."""
        if source.modifier is not None or source.operand:
            raise ValueError(f"{source.op} with constants beside another field")
        if op.operand == OPERAND_NONE or op.constant:
            raise ValueError(f"{source.op} does not compare with another field")
        if right.multi not in (MULTI_NONE, MULTI_LIST) or (left.multi == MULTI_LIST) != (right.multi == MULTI_LIST):
            raise ValueError(f"{source.left} and {source.right} are not both lists or both single values")
        if left.kind != right.kind or left.kind == KIND_NET:
            raise ValueError(f"{source.left} and {source.right} are of kinds that are not compared")
        return 0

    cdef int add_each(self, Check *check, object source, const OpRow *op, const Slot *slot) except -1:
        """An operand for each constant that a modifier counts."""
        if op.operand != OPERAND_SCALAR or slot.multi == MULTI_LIST:
            raise ValueError(f"{source.op} of {source.left} with the modifier {source.modifier}")
        check.each = <Operand *>block_new(len(source.operand), sizeof(Operand))
        for constant in source.operand:
            self.add_operand(&check.each[check.neach], source.op, op.operand, slot.kind, (constant,))
            check.neach += 1
        return 0

    cdef int add_operand(self, Operand *out, str op, int shape, int kind, object constants) except -1:
        """Make an operand of the next free items."""
        cdef Value *items = &self.program.items[self.program.nitems]
        if (shape == OPERAND_NONE and constants) or (shape == OPERAND_SCALAR and len(constants) != 1):
            raise ValueError(f"{op} with {len(constants)} operands")
        self.program.nitems += len(constants)
        try:
            operand_fill(out, op, kind, constants, items, self.keep)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"{op} with the operands {constants!r}: {error}") from None
        return 0
