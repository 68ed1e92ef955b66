# SPDX-License-Identifier: Apache-2.0
"""Construction of a Program from the compiler's output."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free

from tiercel._core.eval.partial_eval cimport EDGE_FALSE, EDGE_TRUE, Node
from tiercel._core.eval.plan cimport Plan
from tiercel._core.eval.program cimport Entry
from tiercel._core.eval.slots cimport NO_SLOT, names_users, source_depends_on
from tiercel._core.fields.tables_gen cimport op_row
from tiercel._core.util.alloc cimport block_new
from tiercel._core.values.operand cimport operand_fill, operand_free
from tiercel._core.values.value cimport Value
from tiercel._core.wire.events_gen cimport (
    EV_SLOT_MAX,
    KIND_NET,
    MULTI_EITHER,
    MULTI_LIST,
    MULTI_NONE,
    OPERAND_NONE,
    OPERAND_SCALAR,
    PART_NAMES,
    TBL_EVENTS,
    tbl_slot,
)

from tiercel._core.fields.tables_gen import OP_IDS as _OP_IDS

cdef tuple MODIFIERS = (None, "oneof", "anyof", "allof")


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
        free(self.program.depends_on)
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

    cdef bytearray node_dependencies(self):
        """Return for each node the PART_* of all checks reachable from it."""
        cdef Program *program = &self.program
        cdef bytearray depends_on = bytearray(program.nnodes)
        cdef const Node *node
        cdef uint32_t i
        for i in reversed(range(program.nnodes)):
            node = &program.nodes[i]
            depends_on[i] = program.checks[node.check].depends_on
            for edge in (node.on_true, node.on_false):
                if edge >= 0:
                    depends_on[i] |= depends_on[edge]
        return depends_on

    cdef int shown_parts(self, uint32_t rule, unsigned int event):
        """Return the PART_* that a rule prints for an event."""
        cdef int depends_on = 0
        for source in self.outputs[rule]:
            depends_on |= self.table.slots[self.table.add(source)].depends_on
            if names_users(source, &TBL_EVENTS[event]):
                depends_on |= PART_NAMES
        return depends_on

    cdef int add_entries(self, object source) except -1:
        """Build the entries and the plan of each event type."""
        cdef Program *program = &self.program
        cdef uint32_t n = 0
        cdef unsigned int event_index
        cdef dict by_index = {}
        cdef bytearray depends_on = self.node_dependencies()
        program.entries = <Entry *>block_new(sum([len(row) for row in source.entries.values()]), sizeof(Entry))
        program.first_entry = <uint32_t *>block_new(EV_SLOT_MAX + 1, sizeof(uint32_t))
        program.plans = <const Plan **>block_new(EV_SLOT_MAX, sizeof(Plan *))
        program.depends_on = <uint8_t *>block_new(EV_SLOT_MAX, sizeof(uint8_t))
        for code in source.entries:
            event_index = tbl_slot(code)
            if event_index >= EV_SLOT_MAX:
                raise ValueError(f"there is no event with the code {code}")
            by_index[event_index] = code
        for event_index in range(EV_SLOT_MAX):
            for entry in source.entries.get(by_index.get(event_index), ()):
                if not 0 <= entry.rule < program.nrules or not (
                    entry.root in (EDGE_TRUE, EDGE_FALSE) or 0 <= entry.root < program.nnodes
                ):
                    raise ValueError(f"{entry} points nowhere")
                program.entries[n].rule = entry.rule
                program.entries[n].root = entry.root
                program.entries[n].uses_path = entry.uses_path
                program.entries[n].depends_on = depends_on[entry.root] if entry.root >= 0 else 0
                program.entries[n].shows = self.shown_parts(entry.rule, event_index)
                program.depends_on[event_index] |= program.entries[n].depends_on | program.entries[n].shows
                n += 1
            program.first_entry[event_index + 1] = n
            program.max_entries = max(program.max_entries, n - program.first_entry[event_index])
            plan = source.plans.get(by_index.get(event_index))
            if plan is not None:
                program.plans[event_index] = self.plans.add(
                    plan, n - program.first_entry[event_index], program.checks, program.nchecks, self.table
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
        check.depends_on = source_depends_on(source.left, self.table)
        check.is_plain = slot.multi == MULTI_NONE and source.modifier is None and source.right is None
        check.is_for_all = (slot.multi == MULTI_EITHER and source.op == "ne") or (
            slot.multi == MULTI_LIST and source.op == "in"
        )
        if source.right is not None:
            self.check_right(source, op, slot, &self.table.slots[check.right])
            check.path |= self.table.slots[check.right].path
            check.depends_on |= source_depends_on(source.right, self.table)
        elif source.modifier is not None:
            self.add_each(check, source, op, slot)
        else:
            self.add_operand(&check.operand, source.op, op.operand, slot.kind, source.operand)
        return 0

    cdef int check_right(self, object source, const OpRow *op, const Slot *left, const Slot *right) except -1:
        """Reject a right side that cannot be compared with the left side."""
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
        """Build one operand for each constant of a modifier."""
        if op.operand != OPERAND_SCALAR or slot.multi == MULTI_LIST:
            raise ValueError(f"{source.op} of {source.left} with the modifier {source.modifier}")
        check.each = <Operand *>block_new(len(source.operand), sizeof(Operand))
        for constant in source.operand:
            self.add_operand(&check.each[check.neach], source.op, op.operand, slot.kind, (constant,))
            check.neach += 1
        return 0

    cdef int add_operand(self, Operand *out, str op, int shape, int kind, object constants) except -1:
        """Build an operand from the next free items."""
        cdef Value *items = &self.program.items[self.program.nitems]
        if (shape == OPERAND_NONE and constants) or (shape == OPERAND_SCALAR and len(constants) != 1):
            raise ValueError(f"{op} with {len(constants)} operands")
        self.program.nitems += len(constants)
        try:
            operand_fill(out, op, kind, constants, items, self.keep)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"{op} with the operands {constants!r}: {error}") from None
        return 0
