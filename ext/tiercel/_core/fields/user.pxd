# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``user.*`` and ``group.*``."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_homedir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_loginname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_shell(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
