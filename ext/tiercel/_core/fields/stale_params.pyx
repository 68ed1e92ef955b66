# SPDX-License-Identifier: Apache-2.0
"""Emulation of Falco's param buffer, whose stale bytes Falco prints for a transfer without data."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc
from libc.string cimport memcpy

from tiercel._core.fields.event_access cimport param_absent, param_number, param_slice
from tiercel._core.util.arena_text cimport TIME_DATE_ZONE, Text, text_begin, text_end, text_time
from tiercel._core.wire.events_gen cimport PT_ABSTIME, PT_BYTEBUF

cdef enum:
    SHOWN_BYTES = 65536


cdef void cx_remember(EvalCx *cx, const tbl_param *param, Slice text) noexcept nogil:
    """Update the emulated buffer: each text overwrites the start of earlier texts."""
    cdef Slice value
    cdef Text zoned
    cdef uint32_t size = text.len if text.len < SHOWN_BYTES else <uint32_t>SHOWN_BYTES
    if cx.memo.param_buffer is NULL:
        cx.memo.param_buffer = <uint8_t *>calloc(1, SHOWN_BYTES + 1)
        if cx.memo.param_buffer is NULL:
            return
    if param.type == PT_ABSTIME and not param_absent(cx, param):
        # Falco writes times with their zone, and truncates the zone afterwards.
        text_begin(&zoned, &cx.memo.arena)
        text_time(&zoned, <uint64_t>param_number(cx, param), TIME_DATE_ZONE)
        if text_end(&zoned, &value):
            memcpy(cx.memo.param_buffer, value.ptr, value.len)
            cx.memo.param_buffer[value.len] = 0
    if size:
        memcpy(cx.memo.param_buffer, text.ptr, size)
    cx.memo.param_buffer[size] = 0
    if param.type == PT_BYTEBUF and param_slice(cx, param, &value) and value.len:
        cx.memo.param_buffer_len = size
