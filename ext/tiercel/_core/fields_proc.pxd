# SPDX-License-Identifier: Apache-2.0
"""``proc.*`` and ``thread.*``: the process and the thread that the event happened in."""

from tiercel._core.value cimport EvalCx, FieldArg, Value


cdef bint field_proc_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdlenargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdnargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cwd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exeline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_from_memfd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_lower_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_exe_writable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_pgid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_sid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_vpgid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_pid_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_ppid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_sid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_tty(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_vpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_exectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_ismain(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_nametid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_tid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_totexectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_thread_vtid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
