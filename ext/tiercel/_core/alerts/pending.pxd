# SPDX-License-Identifier: Apache-2.0
"""The alerts of one event, between its evaluation and the queue."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.queue cimport Queue
from tiercel._core.eval.program cimport Program
from tiercel._core.values.value cimport EvalCx

cdef struct Pending:
    uint8_t *data           # {uint64_t length; bytes}, padded to 8
    size_t used
    size_t size
    uint64_t owner          # control group of the event

cdef bint pending_add(Pending *pending, const Program *program, EvalCx *cx, uint32_t rule) noexcept nogil
cdef uint64_t pending_push(Pending *pending, Queue *queue, uint32_t generation) noexcept nogil
cdef void pending_free(Pending *pending) noexcept nogil
