# SPDX-License-Identifier: Apache-2.0
"""Transformers of the rule language: one function for each row of the schema's transformers.

Each gets the values of its arguments, none of which is missing, and sets `out`; 0 if there is no result.  On entry,
`out.items` points to room for one value.  The result is valid for the current event.
"""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.arena_text cimport Arena
from tiercel._core.values.value cimport EvalCx, FieldArg, Value, Values


cdef bint value_as_text(Arena *arena, const Value *value, uint8_t fmt, Value *out) noexcept nogil

cdef bint transform_tolower(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_toupper(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_b64(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_basename(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_len(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_join(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_concat(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
cdef bint transform_getopt(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil
