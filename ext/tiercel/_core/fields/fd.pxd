# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fd.*``: the file descriptor of the event."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_fd_connected(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_containerdirectory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_containername(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_dev(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_dev_major(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_dev_minor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_directory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_filename(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_is_lower_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_is_server(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_is_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_l4proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_name_changed(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_name_requested(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_name_resolved(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_nameraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_sockfamily(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_typechar(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_types(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
