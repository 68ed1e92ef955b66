# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from tiercel._core.events_gen cimport ev_hdr
from tiercel._core.procs cimport Proc, State
from tiercel._core.tables_gen cimport FieldRow, field_fn, op_fn
from tiercel._core.value cimport EvalCx, FieldArg, Operand, Value


cdef enum:
    PATHS_BOTH = 0          # EvalCx.paths: a rule matches if it holds under either binding
    PATHS_REQUESTED = 1
    PATHS_RESOLVED = 2

    EDGE_TRUE = -1
    EDGE_FALSE = -2

# A field with its argument: read at most once an event and binding, however many checks and outputs share it.
cdef struct Slot:
    field_fn extract
    FieldArg arg
    uint16_t field
    uint8_t kind            # enum tbl_kind
    uint8_t multi           # enum tbl_multi; MULTI_NONE where the argument picks one value
    uint8_t path            # 1: depends on the binding

# A field, an operator and an operand: decided at most once an event and binding.
cdef struct Check:
    op_fn compare
    Operand operand
    uint32_t slot
    uint8_t multi
    uint8_t path            # as the slot's
    bint is_for_all         # of several values all must fit: `!=` on both ends of a connection

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
    Slot *slots
    Value *items            # operand values of all checks
    Entry *entries          # by event slot, in rule order
    uint32_t *first_entry   # by event slot, and one more
    uint32_t *outputs       # slots that an alert captures, by rule
    uint32_t *first_output  # by rule, and one more
    uint32_t nnodes
    uint32_t nchecks
    uint32_t nslots
    uint32_t nrules
    uint8_t paths           # PATHS_*, as the rules were compiled

# Called for each rule that matches, with cx.binding set to the binding under which it does.
ctypedef void (*match_fn)(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil

cdef int cx_init(EvalCx *cx, State *state) noexcept nogil
cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil
cdef void cx_free(EvalCx *cx) noexcept nogil
cdef void cx_begin(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil
cdef bint check_holds(const Program *program, EvalCx *cx, uint32_t index) noexcept nogil
cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil
cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil
cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil
cdef bint slot_read(const Program *program, EvalCx *cx, uint32_t slot, int32_t iter, Value *out) noexcept nogil

cdef int field_kind(const FieldRow *row, object arg) except -1


cdef class RuleProgram:
    cdef Program program
    cdef readonly tuple rules
    cdef readonly tuple outputs
    cdef readonly frozenset wanted
    cdef dict slot_ids      # (field id, argument) -> slot
    cdef list keep          # what texts of the program point into

    cdef uint32_t add_slot(self, str name, object arg) except? 0xffff_ffff
    cdef int add_check(self, Check *check, object source, Value *items) except -1
