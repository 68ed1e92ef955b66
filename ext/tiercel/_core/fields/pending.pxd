# SPDX-License-Identifier: Apache-2.0
"""Extractor of unsupported fields, which never have a value."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_pending(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
