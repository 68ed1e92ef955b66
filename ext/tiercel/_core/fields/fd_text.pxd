# SPDX-License-Identifier: Apache-2.0
"""Text of descriptors: type letters and words, and their targets."""

from libc.stdint cimport int64_t, uint16_t

from tiercel._core.util.arena_text cimport Text
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport tbl_param


# Iterator of an FDLIST; `num` and `flags` belong to the current descriptor.
cdef struct FdList:
    Slice rest
    uint16_t left
    uint16_t flags
    int64_t num

cdef const char *fd_type_word(int type) noexcept nogil
cdef bint cx_typechar(EvalCx *cx, Slice *out) noexcept nogil

cdef bint fd_meaning(EvalCx *cx, const tbl_param *param, int64_t num, Slice *out) noexcept nogil

cdef void fdlist_begin(FdList *list, Slice value) noexcept nogil
cdef bint fdlist_next(FdList *list) noexcept nogil
cdef void text_fdlist(EvalCx *cx, Text *text, Slice value) noexcept nogil
