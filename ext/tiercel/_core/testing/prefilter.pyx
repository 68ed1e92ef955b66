# SPDX-License-Identifier: Apache-2.0
"""Userspace build of the probe's filter for complete records, for tests of its soundness and for explanations.

Tables and decision code are the probe's own (bpf/lib/filter/filter.h). Values that the probe reads from the kernel come
from the record.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc

from tiercel._core.fields.event_access cimport event_param, event_path_param, event_result, param_number, param_path
from tiercel._core.probe.filter_abi cimport (
    filter__allows,
    filter__begin,
    filter__set_call,
    filter__set_file,
    filter__set_cgroup,
    filter__set_open,
    filter__set_ports,
    filter__set_pathsets,
    filter__try,
    filter_bank,
    filter_state,
)
from tiercel._core.probe.filter_tables cimport filter_bank_fill
from tiercel._core.util.slice cimport Slice, slice_is_absolute, slice_of
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport (
    EV_SLOT_MAX,
    ORIGIN_SYSCALL,
    ev_file,
    ev_hdr,
    ev_path,
    TBL_TRAIT_OPEN_FLAGS,
    TBL_TRAIT_OPENS_PATH,
    tbl_event,
    tbl_param,
    tbl_slot,
)
from tiercel._core.wire.view cimport view_event, view_text

from tiercel.errors import EventError

cdef enum:
    ALL_SETS = 0xffff


cdef inline bint _has_path_sets(const EvalCx *cx) noexcept nogil:
    """Return whether the filter tests paths of the event, as `OPENS` of probe/filter_tables."""
    return cx.event.row.traits & (TBL_TRAIT_OPENS_PATH | TBL_TRAIT_OPEN_FLAGS) != 0


cdef uint32_t _flags_param(const EvalCx *cx, const char *name) noexcept nogil:
    """Return a numeric param; 0 if the event has no param of that name."""
    cdef const tbl_param *param = event_param(cx, slice_of(name))
    return <uint32_t>param_number(cx, param) if param is not NULL else 0


cdef uint32_t _path_sets(const filter_bank *bank, const EvalCx *cx, const ev_file *file) noexcept nogil:
    """Return the sets that may contain the paths of an open; of relative names the probe may exclude more sets."""
    cdef const ev_path *path = param_path(cx, event_path_param(cx))
    cdef uint32_t sets
    cdef Slice name
    if not view_text(cx.event.hdr, path.name, &name) or not slice_is_absolute(name):
        return ALL_SETS
    sets = filter__try(&bank.paths, <const char *>name.ptr, name.len, 1)
    if view_text(cx.event.hdr, path.real, &name):
        sets |= filter__try(&bank.paths, <const char *>name.ptr, name.len, 0)
    if file is not NULL and view_text(cx.event.hdr, file.path, &name):
        # The probe derives both from one text.
        sets |= filter__try(&bank.paths, <const char *>name.ptr, name.len, 0)
    return sets


cdef bint _filter_allows(const filter_bank *bank, const ev_hdr *hdr, uint32_t verdict) noexcept nogil:
    """Filter a record that passed `view_event`; `verdict` is the owner of its control groups in the kernel's map."""
    cdef unsigned int slot = tbl_slot(hdr.type)
    cdef const ev_file *file = NULL
    cdef filter_state known
    cdef int64_t result
    cdef EvalCx cx
    if slot >= EV_SLOT_MAX:
        return 1
    cx.event.hdr = hdr
    cx.event.row = tbl_event(hdr.type)
    filter__begin(&known)
    filter__set_cgroup(&known, verdict)
    if cx.event.row.origin == ORIGIN_SYSCALL and event_result(&cx, &result):
        filter__set_call(&known, result, hdr.uid)
    if cx.event.row.file_offset:
        file = <const ev_file *>(<const uint8_t *>hdr + cx.event.row.file_offset)
        filter__set_file(&known, file)
        if not _has_path_sets(&cx):
            filter__set_ports(&known, bank.ports, file)
    if _has_path_sets(&cx):
        filter__set_open(&known, _flags_param(&cx, b"flags"), _flags_param(&cx, b"mode"))
        filter__set_pathsets(&known, _path_sets(bank, &cx, file))
    return filter__allows(&bank.programs[slot], &known)


@cython.final
cdef class Prefilter:
    cdef filter_bank *bank

    def __cinit__(self, filters not None, path_sets=()):
        self.bank = <filter_bank *>malloc(sizeof(filter_bank))
        if self.bank is NULL:
            raise MemoryError
        filter_bank_fill(self.bank, filters, path_sets)

    def __dealloc__(self):
        free(self.bank)

    def allows(self, const uint8_t[::1] record not None, uint32_t verdict=0):
        cdef bytes copy = bytes(record)     # aligned to 8 bytes
        cdef const ev_hdr *hdr = view_event(<const char *>copy, len(copy))
        if hdr is NULL:
            raise EventError("E301", f"{len(copy)} bytes are not one whole event")
        return bool(_filter_allows(self.bank, hdr, verdict))
