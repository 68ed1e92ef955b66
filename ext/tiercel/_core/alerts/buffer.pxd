# SPDX-License-Identifier: Apache-2.0
"""Alerts that wait for Python: packed, one behind the other."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.values.value cimport EvalCx


# Packed alerts, each behind its length, padded to 8 bytes. All zero: none.
cdef struct Batch:
    uint8_t *bytes
    size_t used
    size_t size
    uint64_t lost           # alerts for which there was no memory

cdef void batch_keep(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil
cdef void batch_free(Batch *batch) noexcept nogil
