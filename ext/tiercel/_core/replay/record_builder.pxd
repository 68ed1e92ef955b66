# SPDX-License-Identifier: Apache-2.0
"""Wire records of events in a capture: what the probe would have made of them."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.wire.events_gen cimport ev_hdr


# The one record under construction.
cdef struct Recorder:
    uint8_t *bytes          # EV_RECORD_MAX of them, aligned to 8
    uint32_t used
    uint64_t cut            # records that some text was cut in

cdef int recorder_init(Recorder *recorder) noexcept nogil
cdef void recorder_free(Recorder *recorder) noexcept nogil
cdef int params_check(const ScapEvent *event) noexcept nogil
cdef const ev_hdr *record_make(
    Recorder *recorder, const Tasks *tasks, const Task *task, const ScapEvent *event
) noexcept nogil
