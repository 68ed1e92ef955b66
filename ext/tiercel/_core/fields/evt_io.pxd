# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``evt.*`` about I/O, and of event counts."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_evt_buffer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_file(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_file_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_file_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_net_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_net_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_buflen_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_error(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_error_file(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_error_memory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_error_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_error_other(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_exit(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_procinfo(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_count_threadinfo(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_io_uring(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_io_dir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_io(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_io_read(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_io_write(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_toctou(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_toctou_names(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_syslog(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_wait(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
