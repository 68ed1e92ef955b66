# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.index cimport marks_take
from tiercel._core.eval.partial_eval cimport Node
from tiercel._core.eval.plan cimport Plan
from tiercel._core.eval.slots cimport Slot
from tiercel._core.state.process cimport Proc, State
from tiercel._core.values.value cimport EvalCx, SourceOps, Value
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, ev_hdr, tbl_slot


# A rule that may match one event type; `root` is a node, or EDGE_TRUE if the rule has no other condition.
cdef struct Entry:
    uint32_t rule
    int32_t root
    bint uses_path
    uint8_t depends_on      # PART_*: metadata that its condition depends on
    uint8_t shows           # PART_*: metadata that its output prints

cdef struct Program:
    Node *nodes
    Check *checks
    const Slot *slots
    Value *items            # operand values of all checks
    Entry *entries          # by event index, in rule order
    uint32_t *first_entry   # by event index, and one more
    const Plan **plans      # by event index; NULL: evaluate every entry
    uint8_t *depends_on     # by event index: PART_* that a rule depends on or prints
    uint32_t *outputs       # slots that an alert captures, by rule
    uint32_t *first_output  # by rule, and one more
    uint32_t nnodes
    uint32_t nchecks
    uint32_t nslots
    uint32_t nitems
    uint32_t nrules
    uint32_t max_entries    # of one event type
    uint8_t paths           # PATHS_*, the setting of the compiler

# Callback for each matching rule; cx.binding is the binding of the match.
ctypedef void (*match_fn)(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil

cdef int cx_init(EvalCx *cx, State *state, const SourceOps *source) noexcept nogil
cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil
cdef void cx_free(EvalCx *cx) noexcept nogil
cdef void cx_set_event_again(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef void cx_set_event(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil
cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil
cdef inline uint8_t prog_depends_on(const Program *program, uint16_t type) noexcept nogil:
    """Return the PART_* that rules for events of that type depend on or print."""
    cdef unsigned int event_index = tbl_slot(type)
    return program.depends_on[event_index] if event_index < EV_SLOT_MAX else <uint8_t>0

cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil
cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil
cdef inline uint32_t entry_next(EvalCx *cx, const Plan *plan, uint32_t at, uint32_t count) noexcept nogil:
    """Return the next entry to evaluate, which is `at` without a plan; `count` after the last entry."""
    return at if plan is NULL else marks_take(&cx.memo.marks, (count + 4095) >> 12, count)

cdef uint8_t entry_partial_eval(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil
cdef bint entry_is_sure(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil
cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil
