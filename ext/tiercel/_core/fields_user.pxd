# SPDX-License-Identifier: Apache-2.0
"""``thread.*``, ``user.*``, ``group.*`` and ``container.*``: who acts, and where."""

from tiercel._core.value cimport EvalCx, FieldArg, Value


cdef bint field_container_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_tid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vtid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_user_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
