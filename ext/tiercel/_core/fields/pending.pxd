# SPDX-License-Identifier: Apache-2.0
"""The one extractor of fields that the schema knows but that no event has a value of yet."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_pending(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
