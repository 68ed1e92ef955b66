# SPDX-License-Identifier: Apache-2.0
"""Shell patterns: on whole texts, and on paths component by component."""

from tiercel._core.view cimport Slice


cdef bint glob_has(Slice pattern) noexcept nogil
cdef bint glob_match(Slice pattern, Slice text) noexcept nogil
cdef bint path_match(Slice prefix, bint has_glob, Slice path) noexcept nogil
