# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*``: the process of the event."""

from libc.stdint cimport uint64_t

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_proc_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdlenargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cmdnargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_cwd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint cx_pidns_start(const EvalCx *cx, uint64_t *unix_ns) noexcept nogil
cdef bint field_proc_pidns_init_start_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino_ctime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino_ctime_duration_pidns_start(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino_ctime_duration_proc_start(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_exe_ino_mtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
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
