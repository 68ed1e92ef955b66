# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*`` for resource usage: threads, memory, descriptors, standard streams."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_proc_fdlimit(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_fdopencount(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_fdusage(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_nchilds(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_nthreads(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stderr_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stderr_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stdin_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stdin_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stdout_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_stdout_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vmrss(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vmsize(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vmswap(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
