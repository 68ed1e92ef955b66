# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fdlist.*``: the descriptors of poll and ppoll."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_fdlist_cips(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fdlist_cports(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fdlist_names(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fdlist_nums(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fdlist_sips(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fdlist_sports(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
