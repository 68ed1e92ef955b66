# SPDX-License-Identifier: Apache-2.0
"""What the drain thread does with records: through state and rules to the alert queue."""

from tiercel._core.live.drain_thread cimport Drain


cdef enum:
    BATCH = 4096            # records between two looks at the requests

cdef int batch_drain(Drain *drain) noexcept nogil
cdef void batch_release(Drain *drain, bint all) noexcept nogil
cdef void batch_tell(Drain *drain) noexcept nogil
