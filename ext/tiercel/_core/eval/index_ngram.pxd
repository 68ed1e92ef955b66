# SPDX-License-Identifier: Apache-2.0
"""N-gram indexes of substrings, with and without case."""

from tiercel._core.eval.index cimport Index


cdef int grams_build(Index *index) noexcept nogil
cdef void grams_free(Index *index) noexcept nogil
