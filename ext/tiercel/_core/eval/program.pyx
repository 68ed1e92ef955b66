# SPDX-License-Identifier: Apache-2.0
"""Evaluation of the compiled rules.

Evaluation follows edges from an entry's root until an edge leaves the graph.  Edges point forward, so the number of
steps is at most the number of nodes.  Results of checks and values of fields are cached for the current event, once
for each binding that can make a difference.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tiercel._core.eval.checks cimport check_holds
from tiercel._core.eval.partial_eval cimport EDGE_TRUE, TRI_UNKNOWN, partial_eval
from tiercel._core.eval.plan cimport plan_mark
from tiercel._core.fields.event_access cimport cx_paths_differ
from tiercel._core.state.process cimport run_times_switch
from tiercel._core.util.arena_text cimport arena_free, arena_init, arena_take_aligned
from tiercel._core.values.value cimport (
    BINDING_REQUESTED,
    BINDING_RESOLVED,
    PATHS_BOTH,
    PATHS_REQUESTED,
    PATHS_RESOLVED,
    Value,
    Values,
)
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, EV_SWITCH, EVF_FILE_KNOWN, ev_file, tbl_event, tbl_slot

cdef enum:
    ARENA_BYTES = 256 * 1024
    GENERATIONS = 0x7fff_ffff


# --- The state of evaluations -----------------------------------------------------------------------------------------

cdef int cx_init(EvalCx *cx, State *state, const SourceOps *source) noexcept nogil:
    """Initialize for evaluations of events of a source; return -1 without memory. The caller sets the options."""
    memset(cx, 0, sizeof(EvalCx))
    cx.state = state
    cx.source = source
    return arena_init(&cx.memo.arena, ARENA_BYTES)


cdef void _detach(EvalCx *cx) noexcept nogil:
    free(cx.memo.check_cache)
    free(cx.memo.filled)
    free(cx.memo.values)
    free(cx.memo.lists)
    free(cx.memo.evaluations)
    free(cx.memo.marks.words)
    free(cx.memo.marks.groups)
    cx.memo.marks.words = NULL
    cx.memo.marks.groups = NULL
    cx.memo.check_cache = NULL
    cx.memo.filled = NULL
    cx.memo.values = NULL
    cx.memo.lists = NULL
    cx.memo.evaluations = NULL


cdef int cx_attach(EvalCx *cx, const Program *program) noexcept nogil:
    """Allocate the caches for a program, and free the previous ones; return -1 without memory."""
    cdef uint32_t cell, words = (program.max_entries + 63) >> 6
    _detach(cx)
    cx.memo.generation = 0
    cx.memo.check_cache = <uint32_t *>calloc(2 * <size_t>program.nchecks + 1, sizeof(uint32_t))
    cx.memo.filled = <uint32_t *>calloc(2 * <size_t>program.nslots + 1, sizeof(uint32_t))
    cx.memo.values = <Value *>calloc(2 * <size_t>program.nslots + 1, sizeof(Value))
    cx.memo.lists = <Values *>calloc(2 * <size_t>program.nslots + 1, sizeof(Values))
    cx.memo.evaluations = <uint64_t *>calloc(<size_t>program.nrules + 1, sizeof(uint64_t))
    cx.memo.marks.words = <uint64_t *>calloc(words + 1, sizeof(uint64_t))
    cx.memo.marks.groups = <uint64_t *>calloc((words + 63) // 64 + 1, sizeof(uint64_t))
    if (
        cx.memo.check_cache is NULL or cx.memo.filled is NULL or cx.memo.values is NULL or cx.memo.lists is NULL
        or cx.memo.evaluations is NULL or cx.memo.marks.words is NULL or cx.memo.marks.groups is NULL
    ):
        _detach(cx)
        return -1
    for cell in range(2 * program.nslots):
        cx.memo.lists[cell].count = 1
        cx.memo.lists[cell].items = &cx.memo.values[cell]
    return 0


cdef void cx_free(EvalCx *cx) noexcept nogil:
    _detach(cx)
    arena_free(&cx.memo.arena)
    free(cx.memo.param_buffer)
    cx.memo.param_buffer = NULL


cdef void prog_begin(const Program *program, EvalCx *cx) noexcept nogil:
    """Start a new cache generation, which invalidates all cached results."""
    cx.memo.generation += 1
    if cx.memo.generation == GENERATIONS:
        memset(cx.memo.check_cache, 0, 2 * <size_t>program.nchecks * sizeof(uint32_t))
        memset(cx.memo.filled, 0, 2 * <size_t>program.nslots * sizeof(uint32_t))
        cx.memo.generation = 1


cdef void cx_set_event_again(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil:
    """Set the current event, which passed `view_event`, and its process, without accounting of run time."""
    cdef const ev_file *file
    cx.event.hdr = hdr
    cx.event.row = tbl_event(hdr.type)
    cx.event.file = NULL
    if cx.event.row.file_offset:
        file = <const ev_file *>(<const uint8_t *>hdr + cx.event.row.file_offset)
        if file.flags & EVF_FILE_KNOWN:
            cx.event.file = file
    cx.event.proc = proc
    cx.event.proc_main = proc
    cx.event.lacks_thread = 0
    cx.event.container = NULL
    cx.memo.ancestor = NULL
    cx.binding = BINDING_REQUESTED
    cx.event.paths_differ = -1
    cx.event.mapping_values = NULL
    cx.event.snapshots = NULL
    cx.event.snapshot_count = 0
    cx.event.unknown_parts = 0
    cx.memo.arena.used = 0


cdef void cx_set_event(EvalCx *cx, const ev_hdr *hdr, Proc *proc) noexcept nogil:
    """Set the current event, which passed `view_event`, and its process, and account run time on EV_SWITCH."""
    cx_set_event_again(cx, hdr, proc)
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
    """Return whether the rule matches; cx.binding is the binding of the match, requested first."""
    if not entry.uses_path or cx.settings.paths == PATHS_REQUESTED:
        return _holds(program, cx, entry.root, BINDING_REQUESTED)
    if cx.settings.paths == PATHS_BOTH:
        if _holds(program, cx, entry.root, BINDING_REQUESTED):
            return 1
        if not cx_paths_differ(cx):
            return 0
    return _holds(program, cx, entry.root, BINDING_RESOLVED)


cdef uint8_t entry_bindings(const Entry *entry, EvalCx *cx) noexcept nogil:
    """Return the bindings to try for an entry, in order until one matches: one bit each."""
    if not entry.uses_path or cx.settings.paths == PATHS_REQUESTED:
        return 1 << BINDING_REQUESTED
    if cx.settings.paths == PATHS_RESOLVED:
        return 1 << BINDING_RESOLVED
    return 1 << BINDING_REQUESTED | cx_paths_differ(cx) << BINDING_RESOLVED


cdef bint prog_wants(const Program *program, uint16_t type) noexcept nogil:
    """Return whether a rule may match events of that type."""
    cdef unsigned int event_index = tbl_slot(type)
    return event_index < EV_SLOT_MAX and program.first_entry[event_index] < program.first_entry[event_index + 1]


cdef uint8_t entry_partial_eval(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil:
    """Return the possible results of the rule (TRI_*) while the metadata in `unknown` (PART_*) is missing."""
    cdef uint8_t bindings = entry_bindings(entry, cx)
    return partial_eval(
        program.nodes, program.checks, program.slots, cx, entry.root, bindings, entry.depends_on & unknown
    )


cdef bint entry_is_sure(const Program *program, EvalCx *cx, const Entry *entry, uint8_t unknown) noexcept nogil:
    """Return whether a matching rule would match with any value of the `unknown` metadata."""
    return not entry.depends_on & unknown or entry_partial_eval(program, cx, entry, unknown) != TRI_UNKNOWN


cdef bint _passes(const Program *program, EvalCx *cx, const Entry *entry) noexcept nogil:
    """Return whether a matching rule alerts, and count matches that depend on missing metadata."""
    cx.is_uncertain = 0
    if cx.event.unknown_parts == 0:
        return 1
    if not entry_is_sure(program, cx, entry, cx.event.unknown_parts):
        if cx.settings.skips_uncertain:
            cx.counters.suppressed_matches += 1
            return 0
        cx.is_uncertain = 1
        cx.counters.uncertain_matches += 1
    if entry.shows & cx.event.unknown_parts:
        cx.counters.alerts_missing_metadata += 1
    return 1


cdef uint32_t prog_eval(const Program *program, EvalCx *cx, match_fn on_match, void *context) noexcept nogil:
    """Evaluate the current event, call `on_match` in the order of rules, and return the number of matching rules.

    `cx` must be attached to this program.
    """
    cdef unsigned int event_index = tbl_slot(cx.event.row.code)
    cdef const Plan *plan
    cdef const Entry *entries
    cdef uint32_t i, count, matches = 0
    if event_index >= EV_SLOT_MAX:
        return 0
    prog_begin(program, cx)
    plan = program.plans[event_index]
    entries = &program.entries[program.first_entry[event_index]]
    count = program.first_entry[event_index + 1] - program.first_entry[event_index]
    if plan is not NULL:
        plan_mark(plan, program.checks, program.slots, cx)
    if cx.settings.checks_first:
        return _eval_all(program, cx, plan, entries, count, on_match, context)
    i = entry_next(cx, plan, 0, count)
    while i < count:
        cx.memo.evaluations[entries[i].rule] += 1
        if _entry_holds(program, cx, &entries[i]) and _passes(program, cx, &entries[i]):
            matches += 1
            on_match(cx, program, entries[i].rule, context)
            if cx.settings.first_only:
                break
        i = entry_next(cx, plan, i + 1, count)
    while plan is not NULL and i < count:  # clear the marks after the first match
        i = entry_next(cx, plan, i, count)
    return matches


cdef uint32_t _eval_all(
    const Program *program, EvalCx *cx, const Plan *plan, const Entry *entries, uint32_t count,
    match_fn on_match, void *context,
) noexcept nogil:
    """Check all rules before the first callback."""
    cdef uint32_t *matched = <uint32_t *>arena_take_aligned(&cx.memo.arena, count * sizeof(uint32_t))
    cdef uint32_t i, matches = 0
    i = entry_next(cx, plan, 0, count)
    while i < count:
        cx.memo.evaluations[entries[i].rule] += 1
        if matched is not NULL and _entry_holds(program, cx, &entries[i]):
            matched[matches] = i << 1 | cx.binding
            matches += 1
        i = entry_next(cx, plan, i + 1, count)
    for i in range(matches):
        cx.binding = matched[i] & 1
        on_match(cx, program, entries[matched[i] >> 1].rule, context)
    return matches
