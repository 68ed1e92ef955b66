# SPDX-License-Identifier: Apache-2.0
"""Alerts as bytes: what is taken from an event when a rule matches, before the event is gone."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.values.value cimport EvalCx


cdef enum:
    ALERT_MAX = 192 * 1024  # room that holds any event and most captured values whole

    TAG_NONE = 0            # what stands in front of each captured value
    TAG_STR = 1             # uint32_t length, bytes
    TAG_BYTES = 2           # the same
    TAG_UINT = 3            # uint64_t
    TAG_INT = 4             # int64_t
    TAG_BOOL = 5            # uint8_t
    TAG_IP = 6              # uint8_t length (4 or 16), bytes
    TAG_DOUBLE = 7          # double
    TAG_LIST = 8            # uint32_t count, that many values, each with its tag

    ALERT_CUT = 1           # some text was shortened or left out for want of room
    ALERT_UNSURE = 2        # the rule matches as something is not known of the container, and might not otherwise

# Front of an alert; the event and then the captured values follow. Host order, no padding.
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
