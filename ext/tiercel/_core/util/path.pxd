# SPDX-License-Identifier: Apache-2.0
"""Path joining and normalization as in Falco."""

from libc.stdint cimport uint32_t

from tiercel._core.util.arena_text cimport Arena
from tiercel._core.util.slice cimport Slice


cdef enum:
    PATH_LIMIT = 1024       # Falco's limit of base and path together

cdef bint path_has_run(Slice path) noexcept nogil
cdef bint path_join(Slice base, Slice path, uint32_t limit, Arena *arena, Slice *out) noexcept nogil
