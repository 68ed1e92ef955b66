# SPDX-License-Identifier: Apache-2.0
"""Growable buffer of packed alerts, between evaluation and the queue or Python."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.queue cimport Queue
from tiercel._core.eval.program cimport Program
from tiercel._core.values.value cimport EvalCx


# Packed alerts, each after its length as uint64_t, padded to 8 bytes. All zero: empty, without a limit.
cdef struct AlertBuffer:
    uint8_t *bytes
    size_t used
    size_t size
    size_t limit            # maximum of `used` before an alert is added; 0: none
    uint64_t lost           # alerts dropped by `alert_buffer_keep`: no memory
    uint64_t owner          # of the alerts, see `alert_owner`

cdef uint64_t alert_owner(const EvalCx *cx) noexcept nogil
cdef bint alert_buffer_add(AlertBuffer *alerts, const Program *program, EvalCx *cx, uint32_t rule) noexcept nogil
cdef void alert_buffer_keep(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil
cdef uint64_t alert_buffer_push(AlertBuffer *alerts, Queue *queue, uint32_t generation) noexcept nogil
cdef void alert_buffer_free(AlertBuffer *alerts) noexcept nogil
