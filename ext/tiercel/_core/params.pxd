# SPDX-License-Identifier: Apache-2.0
"""Params of an event as text, as Falco prints them: the value as it is, and what it means."""

from libc.stdint cimport int64_t

from tiercel._core.events_gen cimport tbl_param
from tiercel._core.value cimport EvalCx, Value
from tiercel._core.view cimport Slice


cdef bint param_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef bint param_value(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil
cdef bint param_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef bint cx_typechar(EvalCx *cx, Slice *out) noexcept nogil
cdef const char *fd_type_char(int type) noexcept nogil
cdef const char *fd_type_word(int type) noexcept nogil
cdef bint errno_text(EvalCx *cx, int64_t result, Slice *out) noexcept nogil
