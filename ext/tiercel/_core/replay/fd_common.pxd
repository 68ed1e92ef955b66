# SPDX-License-Identifier: Apache-2.0
"""Helpers of the descriptor parsers: params, the event's own descriptor, new entries."""

from libc.stdint cimport int64_t, uint16_t, uint32_t
from libc.string cimport memcpy

from tiercel._core.replay.fd_table cimport Fd
from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.util.slice cimport Slice, slice_none


cdef inline int64_t read_number(Slice bytes, int64_t missing) noexcept nogil:
    """Return a number by its width, `missing` for an empty param; 8-byte numbers are signed."""
    cdef int64_t wide
    cdef uint32_t number
    cdef uint16_t narrow
    if bytes.len == 8:
        memcpy(&wide, bytes.ptr, 8)
        return wide
    if bytes.len == 4:
        memcpy(&number, bytes.ptr, 4)
        return number
    if bytes.len == 2:
        memcpy(&narrow, bytes.ptr, 2)
        return narrow
    return bytes.ptr[0] if bytes.len == 1 else missing

cdef inline Slice event_bytes(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return a param's bytes; empty if the event does not have the param."""
    return event.params[index] if index < event.nparams else slice_none()

cdef inline int64_t event_number(const ScapEvent *event, uint32_t index, int64_t missing) noexcept nogil:
    """Return a param as a number."""
    return read_number(event_bytes(event, index), missing)

cdef Slice read_text(Slice bytes) noexcept nogil

cdef void fd_begin(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
cdef void fd_finish(ThreadTable *threads) noexcept nogil
cdef Fd *fd_make(ThreadTable *threads, ReplayThread *thread, int64_t num, int type, uint32_t flags) noexcept nogil
cdef Fd *fd_duplicate(ThreadTable *threads, ReplayThread *thread, int64_t num, const Fd *source) noexcept nogil
cdef void fd_rename(ThreadTable *threads, Fd *fd, Slice name) noexcept nogil
