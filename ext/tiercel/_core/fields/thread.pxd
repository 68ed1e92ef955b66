# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``thread.*``: the thread of the event."""

from libc.stdint cimport uint64_t

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint cx_memory(const EvalCx *cx, uint64_t *size, uint64_t *resident, uint64_t *swapped) noexcept nogil
cdef bint field_thread_cap_effective(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_cap_inheritable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_cap_permitted(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_cgroup(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_cgroups(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_exectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_ismain(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_nametid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_pfmajor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_pfminor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_tid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_totexectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vmrss(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vmrss_b(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vmsize(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vmsize_b(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vtid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
