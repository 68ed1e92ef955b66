# SPDX-License-Identifier: Apache-2.0
"""The one extractor of fields that the schema knows but that no event has a value of yet; rows say why (`pending`)."""


cdef bint field_pending(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return 0
