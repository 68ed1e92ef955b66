# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*`` for parent, ancestors, session leader and process group leader."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_proc_aargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_acmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aenv(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aexe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_apid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_loginshellid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pcmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pexe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pgid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pgid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pgid_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_ppid_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_ppid_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pvpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_sid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_sid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_sname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpgid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpgid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpgid_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
