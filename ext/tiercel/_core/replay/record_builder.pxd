# SPDX-License-Identifier: Apache-2.0
"""Conversion of capture events to wire records."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.wire.events_gen cimport ev_hdr


# The record under construction.
cdef struct RecordBuilder:
    uint8_t *bytes          # EV_RECORD_MAX of them, aligned to 8
    uint32_t used
    uint64_t cut            # records with a truncated text

cdef int record_builder_init(RecordBuilder *builder) noexcept nogil
cdef void record_builder_free(RecordBuilder *builder) noexcept nogil
cdef int params_check(const ScapEvent *event) noexcept nogil
cdef const ev_hdr *record_make(
    RecordBuilder *builder, const ThreadTable *threads, const ReplayThread *thread, const ScapEvent *event
) noexcept nogil
