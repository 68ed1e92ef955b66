# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.index cimport marks_take
from tiercel._core.eval.partial_eval cimport Node
from tiercel._core.eval.plan cimport Plan, PlanTable
from tiercel._core.eval.slots cimport Slot, SlotTable
from tiercel._core.fields.tables_gen cimport OpRow
from tiercel._core.state.process cimport Proc, State
from tiercel._core.values.value cimport EvalCx, Operand, Value
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, ev_hdr, tbl_slot


# A rule that may match one event type; `root` is a node, or EDGE_TRUE where the type alone decides.
cdef struct Entry:
    uint32_t rule
    int32_t root
    bint uses_path
    uint8_t meta            # PART_*: what its condition depends on
    uint8_t shows           # PART_*: what its output prints

cdef struct Program:
    Node *nodes
    Check *checks
    const Slot *slots
    Value *items            # operand values of all checks
    Entry *entries          # by event slot, in rule order
    uint32_t *first_entry   # by event slot, and one more
    const Plan **plans      # by event slot; NULL: each entry is evaluated
    uint8_t *metas          # by event slot: PART_* that some rule depends on, or prints
    uint32_t *outputs       # slots that an alert captures, by rule
    uint32_t *first_output  # by rule, and one more
    uint32_t nnodes
    uint32_t nchecks
    uint32_t nslots
    uint32_t nitems
    uint32_t nrules
    uint32_t most_entries   # of one event type
    uint8_t paths           # PATHS_*, as the rules were compiled

# Called for each rule that matches, with cx.binding set to the binding under which it does.
ctypedef void (*match_fn)(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil

cdef int cx_init(EvalCx *cx, State *state) noexcept nogil
cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil
cdef void cx_free(EvalCx *cx) noexcept nogil
cdef void cx_turn(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef void cx_begin(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil
cdef inline uint8_t prog_meta(const Program *program, uint16_t type) noexcept nogil:
    """PART_* of a container that some rule about events of that type depends on, or prints."""
    cdef unsigned int slot = tbl_slot(type)
    return program.metas[slot] if slot < EV_SLOT_MAX else <uint8_t>0

cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil
cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil
cdef inline uint32_t entry_next(EvalCx *cx, const Plan *plan, uint32_t at, uint32_t count) noexcept nogil:
    """The next of an event type's entries that is to be evaluated, `at` if there is no plan; `count` after the last."""
    return at if plan is NULL else marks_take(&cx.marks, (count + 4095) >> 12, count)

cdef uint8_t entry_decide(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil
cdef bint entry_is_sure(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil
cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil


cdef class RuleProgram:
    cdef Program program
    cdef readonly tuple rules
    cdef readonly tuple outputs
    cdef readonly frozenset wanted
    cdef SlotTable table
    cdef PlanTable plans
    cdef list keep          # what texts of operands point into

    cdef int add_nodes(self, object source) except -1
    cdef bytearray depends(self)
    cdef int shows(self, uint32_t rule, unsigned int event)
    cdef int add_entries(self, object source) except -1
    cdef int add_check(self, Check *check, object source) except -1
    cdef int check_right(self, object source, const OpRow *op, const Slot *left, const Slot *right) except -1
    cdef int add_each(self, Check *check, object source, const OpRow *op, const Slot *slot) except -1
    cdef int add_operand(self, Operand *out, str op, int shape, int kind, object constants) except -1
