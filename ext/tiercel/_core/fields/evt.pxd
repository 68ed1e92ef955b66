# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``evt.*``."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_evt_abspath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_arg(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_around(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_asynctype(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_category(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_cpu(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_datetime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_datetime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_deltatime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_deltatime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_deltatime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_dir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_failed(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_hostname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_info(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_async(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_open_create(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_open_exec(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_open_read(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_is_open_write(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_latency(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_latency_human(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_latency_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_latency_quantized(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_latency_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_outputtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_path_binding(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_rawarg(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_rawres(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_rawtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_rawtime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_rawtime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_reltime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_reltime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_reltime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_res(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_time(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_time_iso8601(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_time_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_type_is(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_evt_wait_latency(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_syscall_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
