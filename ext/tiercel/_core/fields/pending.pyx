# SPDX-License-Identifier: Apache-2.0
"""Extractor of unsupported fields, which never have a value; their schema rows have the reason (`pending`)."""


cdef bint field_pending(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return 0
