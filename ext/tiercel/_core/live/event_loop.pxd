# SPDX-License-Identifier: Apache-2.0
"""Record processing of the drain thread."""

from tiercel._core.live.drain_thread cimport Drain


cdef enum:
    BATCH = 4096            # maximum number of records between two checks for requests

cdef int event_loop_drain(Drain *drain) noexcept nogil
cdef void event_loop_release_held(Drain *drain, bint all) noexcept nogil
cdef void event_loop_container_events(Drain *drain) noexcept nogil
