# SPDX-License-Identifier: Apache-2.0
"""Python wrappers of internal C functions, for tests and benches only."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tiercel._core.alerts.buffer cimport alert_buffer_keep
from tiercel._core.alerts.unpack cimport alerts_unpack
from tiercel._core.api.evaluator cimport Evaluator, cx_set_event_mapping
from tiercel._core.api.mapping_event cimport MappingEvent
from tiercel._core.eval.partial_eval cimport TRI_FALSE, TRI_TRUE, TRI_TRUE_EITHER
from tiercel._core.eval.program cimport Program, cx_set_event, entry_partial_eval, prog_begin, prog_eval
from tiercel._core.fields.tables_gen cimport OpRow, op_row
from tiercel._core.live.hold_queue cimport hold_decision
from tiercel._core.scap.writer cimport SCAP_EVENT_MAX, scap_put_record
from tiercel._core.state.cgroup_ids cimport CgroupName, cgroup_container, cgroups_container
from tiercel._core.state.process cimport Proc
from tiercel._core.state.process_events cimport state_lock, state_unlock, process_table_apply
from tiercel._core.util.arena_text cimport Arena, arena_free, arena_init
from tiercel._core.util.hashmap cimport IntMap, intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.path cimport path_join
from tiercel._core.util.slice cimport Slice
from tiercel._core.util.strmatch cimport glob_has, glob_match, path_match
from tiercel._core.values.operand cimport operand_fill, operand_free
from tiercel._core.values.value cimport EvalCx, Operand, Value
from tiercel._core.wire.events_gen cimport (
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_IP,
    KIND_NET,
    KIND_STR,
    KIND_UINT,
    ev_hdr,
    tbl_slot,
)
from tiercel._core.wire.view cimport view_event

from tiercel._core.fields.tables_gen import OP_IDS as _OP_IDS


cdef Slice _slice(bytes text):
    cdef Slice slice
    slice.ptr = <const uint8_t *><const char *>text
    slice.len = <uint32_t>len(text)
    return slice


cdef bytes _bytes(Slice slice):
    return (<const char *>slice.ptr)[:slice.len]


def join(bytes base not None, bytes path not None, *, limit=0):
    cdef Arena arena
    cdef Slice out
    arena_init(&arena, 65536)
    try:
        return _bytes(out) if path_join(_slice(base), _slice(path), limit, &arena, &out) else None
    finally:
        arena_free(&arena)


def glob(bytes pattern not None, bytes text not None, bint fold=False):
    return bool(glob_match(_slice(pattern), _slice(text), fold))


cdef dict _KINDS = {
    "str": KIND_STR,
    "bytes": KIND_BYTES,
    "int": KIND_INT,
    "uint": KIND_UINT,
    "bool": KIND_BOOL,
    "ip": KIND_IP,
    "net": KIND_NET,
    "double": KIND_DOUBLE,
}


def compare(str op not None, str kind not None, value, *constants):
    cdef const OpRow *row = op_row(_OP_IDS[op])
    cdef list keep = []
    cdef Operand left, right
    cdef Value *items = <Value *>calloc(1 + len(constants), sizeof(Value))
    memset(&right, 0, sizeof(right))
    try:
        operand_fill(&left, "eq", _KINDS[kind], (value,), items, keep)
        operand_fill(&right, op, _KINDS[kind], constants, items + 1, keep)
        return bool(row.compare(left.items, &right))
    finally:
        operand_free(&right)
        free(items)


def pmatch(bytes prefix not None, bytes path not None):
    return bool(path_match(_slice(prefix), glob_has(_slice(prefix)), _slice(path)))


def container_id(bytes cgroup not None):
    cdef CgroupName name
    return _bytes(name.id) if cgroup_container(_slice(cgroup), &name) else None


def container_of(bytes cgroups not None):
    cdef CgroupName name
    return _bytes(name.id) if cgroups_container(_slice(cgroups), &name) else None


def int_map(operations):
    cdef IntMap map
    cdef list keys = []
    memset(&map, 0, sizeof(map))
    try:
        for key, value in operations:
            keys.append(key)
            if value is None:
                intmap_remove(&map, key)
            elif intmap_put(&map, key, <void *><uint64_t>value) < 0:
                raise MemoryError
        found = {key: <uint64_t>intmap_get(&map, key) for key in keys}
        return {key: value for key, value in found.items() if value}, map.count
    finally:
        intmap_free(&map)


cdef void _ignore(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    pass


def eval_repeat(Evaluator evaluator not None, bytes record not None, uint64_t times):
    cdef const ev_hdr *hdr = view_event(<const char *>record, len(record))
    cdef EvalCx *cx = &evaluator.cx
    cdef Proc *proc
    cdef uint64_t _, matches = 0
    if hdr is NULL:
        raise ValueError("not one whole event")
    with nogil:
        state_lock(cx.state)
        proc = process_table_apply(cx.state, hdr)
        for _ in range(times):
            cx.event.num += 1
            cx_set_event(cx, hdr, proc)
            matches += prog_eval(&evaluator.program.program, cx, _ignore, NULL)
        state_unlock(cx.state)
    return matches


def apply_repeat(Evaluator evaluator not None, list records not None, uint64_t times):
    cdef const ev_hdr *hdr
    cdef uint64_t _
    cdef bytes record
    for _ in range(times):
        for record in records:
            hdr = view_event(<const char *>record, len(record))
            if hdr is NULL:
                raise ValueError("not one whole event")
            with nogil:
                state_lock(evaluator.cx.state)
                process_table_apply(evaluator.cx.state, hdr)
                state_unlock(evaluator.cx.state)


def capture_block(const unsigned char[::1] record not None, *, int64_t unix_offset_ns=0, uint32_t flags=0, size=None):
    cdef const ev_hdr *hdr = view_event(&record[0], record.shape[0])
    cdef uint32_t room = SCAP_EVENT_MAX if size is None else size
    cdef bytearray out = bytearray(room)
    assert hdr is not NULL
    return bytes(out[:scap_put_record(hdr, unix_offset_ns, flags, <uint8_t *><char *>out, room)])


def outcomes(Evaluator evaluator not None, fields, int unknown):
    cdef Program *program = &evaluator.program.program
    cdef EvalCx *cx = &evaluator.cx
    cdef MappingEvent given = MappingEvent(evaluator.program, fields)
    cdef unsigned int event_index
    cdef uint32_t i
    cdef list found = []
    cx_set_event_mapping(cx, given)
    try:
        event_index = tbl_slot(cx.event.row.code)
        prog_begin(program, cx)
        for i in range(program.first_entry[event_index], program.first_entry[event_index + 1]):
            outcome = entry_partial_eval(program, cx, &program.entries[i], unknown)
            found.append({TRI_FALSE: False, TRI_TRUE: True, TRI_TRUE_EITHER: "either"}.get(outcome))
    finally:
        cx.event.mapping_values = NULL
    return found


def decision(
    Evaluator evaluator not None, fields, int waiting, *, int missing=0, bint behind=False, bint skip=False
):
    cdef EvalCx *cx = &evaluator.cx
    cdef MappingEvent given = MappingEvent(evaluator.program, fields)
    cdef Program *program = &evaluator.program.program
    cx_set_event_mapping(cx, given)
    cx.settings.skips_uncertain = skip
    try:
        return ("nothing", "now", "later")[hold_decision(program, cx, waiting, waiting | missing, behind)]
    finally:
        cx.event.mapping_values = NULL
        cx.settings.skips_uncertain = False


def without(Evaluator evaluator not None, fields, int unknown, *, bint skip=False):
    cdef EvalCx *cx = &evaluator.cx
    cdef MappingEvent given = MappingEvent(evaluator.program, fields)
    cx_set_event_mapping(cx, given)
    cx.event.unknown_parts = unknown
    cx.settings.skips_uncertain = skip
    evaluator.alerts.used = 0
    try:
        prog_eval(&evaluator.program.program, cx, alert_buffer_keep, &evaluator.alerts)
    finally:
        cx.event.mapping_values = NULL
        cx.event.unknown_parts = 0
        cx.settings.skips_uncertain = False
    counters = (
        cx.counters.uncertain_matches, cx.counters.suppressed_matches, cx.counters.alerts_missing_metadata,
    )
    return alerts_unpack(evaluator.alerts.bytes, evaluator.alerts.used), counters
