# SPDX-License-Identifier: Apache-2.0
"""Hash indexes of whole values and of networks."""

from tiercel._core.eval.index cimport Index


cdef int exact_build(Index *index) noexcept nogil
cdef void exact_free(Index *index) noexcept nogil
cdef int network_build(Index *index) noexcept nogil
cdef void network_free(Index *index) noexcept nogil
