# SPDX-License-Identifier: Apache-2.0
"""Packed alerts: the values of a match as bytes."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.values.value cimport EvalCx


cdef enum:
    ALERT_MAX = 192 * 1024  # enough for any event and its captured values in most cases

    TAG_NONE = 0            # precedes each captured value
    TAG_STR = 1             # uint32_t length, bytes
    TAG_BYTES = 2           # uint32_t length, bytes
    TAG_UINT = 3            # uint64_t
    TAG_INT = 4             # int64_t
    TAG_BOOL = 5            # uint8_t
    TAG_IP = 6              # uint8_t length (4 or 16), bytes
    TAG_DOUBLE = 7          # double
    TAG_LIST = 8            # uint32_t count, that many values, each with its tag

    ALERT_CUT = 1           # a text was shortened or omitted to fit
    ALERT_UNCERTAIN = 2        # the match depends on missing container metadata

# Header of an alert, followed by the event and the captured values. Host byte order, no padding.
cdef struct AlertHead:
    uint64_t time_ns        # Unix time of the event
    uint64_t num            # evt.num
    uint32_t rule
    uint32_t event_len
    uint32_t values_len
    uint16_t nvalues
    uint8_t binding         # BINDING_*
    uint8_t flags           # ALERT_*

cdef uint32_t prog_capture(
    const Program *program, EvalCx *cx, uint32_t rule, uint8_t *out, uint32_t size, uint8_t *is_cut
) noexcept nogil
cdef uint32_t slot_capture(
    const Program *program, EvalCx *cx, uint32_t slot, uint8_t *out, uint32_t size
) noexcept nogil
cdef uint32_t alert_pack(const Program *program, EvalCx *cx, uint32_t rule, uint8_t *out, uint32_t size) noexcept nogil
