# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from tiercel._core.checks cimport Check
from tiercel._core.events_gen cimport ev_hdr
from tiercel._core.plan cimport Plan, PlanTable
from tiercel._core.procs cimport Proc, State
from tiercel._core.slots cimport Slot, SlotTable
from tiercel._core.tables_gen cimport OpRow
from tiercel._core.value cimport EvalCx, Operand, Value


cdef enum:
    EDGE_TRUE = -1
    EDGE_FALSE = -2

# 16 bytes: where to go when the check is true and when it is false; a later node, EDGE_TRUE or EDGE_FALSE.
cdef struct Node:
    uint32_t check
    int32_t on_true
    int32_t on_false
    uint32_t reserved

# A rule that may match one event type; `root` is a node, or EDGE_TRUE where the type alone decides.
cdef struct Entry:
    uint32_t rule
    int32_t root
    bint uses_path

cdef struct Program:
    Node *nodes
    Check *checks
    const Slot *slots
    Value *items            # operand values of all checks
    Entry *entries          # by event slot, in rule order
    uint32_t *first_entry   # by event slot, and one more
    const Plan **plans      # by event slot; NULL: each entry is evaluated
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
cdef void cx_begin(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil
cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil
cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil
cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil


cdef class RuleProgram:
    cdef Program program
    cdef readonly tuple rules
    cdef readonly tuple outputs
    cdef readonly frozenset wanted
    cdef SlotTable table
    cdef PlanTable plans
    cdef list keep          # what texts of operands point into

    cdef int add_entries(self, object source) except -1
    cdef int add_check(self, Check *check, object source) except -1
    cdef int check_right(self, object source, const OpRow *op, const Slot *left, const Slot *right) except -1
    cdef int add_each(self, Check *check, object source, const OpRow *op, const Slot *slot) except -1
    cdef int add_operand(self, Operand *out, str op, int shape, int kind, object constants) except -1
