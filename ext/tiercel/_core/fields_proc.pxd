# SPDX-License-Identifier: Apache-2.0
"""``proc.*``: the process that the event happened in, and its ancestors."""

from tiercel._core.value cimport EvalCx, FieldArg, Value


cdef bint field_proc_acmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_aname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_apid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cwd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_from_memfd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_writable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pcmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_ppid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_sid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_tty(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
