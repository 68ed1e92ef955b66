# SPDX-License-Identifier: Apache-2.0
"""Alerts that wait for Python: packed, one behind the other."""

from libc.stdlib cimport free, realloc

from tiercel._core.alerts.pack cimport ALERT_MAX, alert_pack


cdef void batch_keep(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """Append the alert of a rule that matched; `context` is the Batch."""
    cdef Batch *batch = <Batch *>context
    cdef uint8_t *bigger
    cdef uint32_t length
    if batch.size - batch.used < ALERT_MAX + 8:
        bigger = <uint8_t *>realloc(batch.bytes, 2 * batch.size + ALERT_MAX + 8)
        if bigger is NULL:
            batch.lost += 1
            return
        batch.bytes = bigger
        batch.size = 2 * batch.size + ALERT_MAX + 8
    length = alert_pack(program, cx, rule, batch.bytes + batch.used + 8, ALERT_MAX)
    if length == 0:
        batch.lost += 1
        return
    (<uint64_t *>(batch.bytes + batch.used))[0] = length
    batch.used += 8 + ((length + 7) & ~<uint32_t>7)


cdef void batch_free(Batch *batch) noexcept nogil:
    free(batch.bytes)
    batch.bytes = NULL
    batch.used = 0
    batch.size = 0
