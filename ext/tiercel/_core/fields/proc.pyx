# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*``: the process of the event.

An extractor returns 0 if there is no value. A process whose exec was not seen has a name and ids, but no executable.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from tiercel._core.fields.event_access cimport cx_cwd
from tiercel._core.fields.proc_access cimport cx_elapsed, cx_known
from tiercel._core.state.exec_image cimport (
    ExecImage,
    image_args,
    image_cmdline,
    image_comm,
    image_env,
    image_exe,
    image_exepath,
    image_text_fn,
    image_variable,
    next_word,
)
from tiercel._core.state.process cimport Proc
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport value_bool, value_int, value_text, value_uint


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_EXECVE_FLAGS_EXE_WRITABLE
    enum: EV_EXECVE_FLAGS_EXE_UPPER_LAYER
    enum: EV_EXECVE_FLAGS_EXE_LOWER_LAYER
    enum: EV_EXECVE_FLAGS_EXE_FROM_MEMFD


cdef inline const ExecImage *_image(const EvalCx *cx) noexcept nogil:
    return cx.event.proc.image if cx.event.proc is not NULL else NULL


cdef bint _own(EvalCx *cx, image_text_fn read, Value *out) noexcept nogil:
    """Read a text of the process's own image."""
    cdef const ExecImage *image = _image(cx)
    return image is not NULL and value_text(out, cx_known(cx, read(image)))


# --- The process itself -----------------------------------------------------------------------------------------------

cdef bint field_proc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if _own(cx, image_comm, out):
        return 1
    return not cx.event.lacks_thread and value_text(out, cx.source.proc.recorded_comm(cx))


cdef bint field_proc_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, image_exe, out)


cdef bint field_proc_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, image_exepath, out)


cdef bint field_proc_cmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, image_cmdline, out)


cdef inline bint _has_args(const EvalCx *cx) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    return image is not NULL and cx_known(cx, image.args).ptr is not NULL


cdef bint field_proc_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """All arguments, or one argument: an empty text if there are fewer."""
    cdef const ExecImage *image = _image(cx)
    cdef Slice rest, word
    cdef int64_t _
    if not _has_args(cx):
        return 0
    if arg.index < 0:
        return value_text(out, cx_known(cx, image_args(image)))
    rest = image.args
    word = slice_of(b"")
    for _ in range(arg.index + 1):
        if rest.len == 0 or not next_word(&rest, &word):
            return value_text(out, slice_of(b""))
    return value_text(out, word)


cdef bint field_proc_exeline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    cdef Slice args
    cdef Text text
    if not _has_args(cx) or cx_known(cx, image.exe).ptr is NULL:
        return 0
    args = image_args(image)
    text_begin(&text, &cx.memo.arena)
    text_slice(&text, image.exe)
    text_char(&text, b' ')
    text_slice(&text, args)
    return text_end(&text, &args) and value_text(out, args)


cdef bint field_proc_cmdnargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    cdef Slice rest, word
    cdef uint64_t count = 0
    if not _has_args(cx):
        return 0
    rest = image.args
    if rest.len:
        while next_word(&rest, &word):
            count += 1
    return value_uint(out, count)


cdef bint field_proc_cmdlenargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    cdef Slice rest, word
    cdef uint64_t bytes = 0
    if not _has_args(cx):
        return 0
    rest = image.args
    while next_word(&rest, &word):
        bytes += word.len
    return value_uint(out, bytes)


cdef bint field_proc_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and value_int(out, cx.source.proc.pid(cx))


cdef bint field_proc_vpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t id
    if cx.event.lacks_thread:
        return 0
    id = cx.source.proc.vpid(cx)
    return id != -1 and value_int(out, id)


cdef bint field_proc_ppid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t pid
    return cx.source.proc.parent_pid(cx, &pid) and value_int(out, pid)


cdef inline bint _id(const EvalCx *cx, int64_t id, Value *out) noexcept nogil:
    """The id of a group or session."""
    return id >= cx.source.lowest_id and value_int(out, id)


cdef inline bint _leads(const EvalCx *cx, int64_t id, int64_t own, Value *out) noexcept nogil:
    return id >= cx.source.lowest_id and value_bool(out, id == own)


cdef bint field_proc_pgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _id(cx, cx.event.proc.pgid, out)


cdef bint field_proc_vpgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _id(cx, cx.event.proc.vpgid, out)


cdef bint field_proc_sid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _id(cx, cx.event.proc.sid, out)


cdef bint field_proc_is_sid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _leads(cx, cx.event.proc.sid, cx.source.proc.vpid(cx), out)


cdef bint field_proc_is_vpgid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _leads(cx, cx.event.proc.vpgid, cx.source.proc.vpid(cx), out)


cdef bint field_proc_is_pgid_leader(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and _leads(cx, cx.event.proc.pgid, cx.source.proc.pid(cx), out)


cdef bint field_proc_tty(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *proc = cx.event.proc
    return proc is not NULL and proc.sid >= cx.source.lowest_id and value_uint(out, proc.tty)


cdef bint field_proc_cwd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice cwd
    return cx_cwd(cx, &cwd) and value_text(out, cwd)


cdef bint _is_number(Slice text) noexcept nogil:
    cdef uint32_t i
    for i in range(text.len):
        if not b'0' <= text.ptr[i] <= b'9':
            return 0
    return text.len > 0


cdef bint field_proc_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """All variables (also with a number, as in Falco), or the value of one: an empty text if it is unset."""
    cdef const ExecImage *image = cx.event.proc_main.image if cx.event.proc_main is not NULL else NULL
    cdef Slice text
    if cx.event.proc is NULL:
        return 0
    if image is NULL or image.env.ptr is NULL:
        return value_text(out, cx.source.unknown_text)
    if arg.key.ptr is not NULL and not _is_number(arg.key):
        return value_text(out, image_variable(image, arg.key))
    return image_env(image, &cx.memo.arena, &text) and value_text(out, text)


cdef bint field_proc_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t ns
    return cx_elapsed(cx, cx.event.hdr.start_ns, &ns) and value_uint(out, ns)


cdef bint field_proc_pid_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start_ns = cx.event.hdr.start_ns
    return start_ns != 0 and value_uint(out, start_ns + <uint64_t>cx.event.unix_offset_ns)


cdef bint field_proc_exe_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    return image is not NULL and image.file.ino != 0 and value_int(out, image.file.ino)


cdef bint _time_known(uint64_t ns, Value *out) noexcept nogil:
    return ns != 0 and value_uint(out, ns)


cdef bint field_proc_exe_ino_ctime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    return image is not NULL and _time_known(image.file.ctime_ns, out)


cdef bint field_proc_exe_ino_mtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ExecImage *image = _image(cx)
    return image is not NULL and _time_known(image.file.mtime_ns, out)


cdef bint field_proc_exe_ino_ctime_duration_proc_start(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t ns
    return _image(cx) is not NULL and cx.source.proc.exec_after_ctime(cx, &ns) and value_uint(out, ns)


cdef bint field_proc_exe_ino_ctime_duration_pidns_start(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t ns
    return _image(cx) is not NULL and cx.source.proc.ctime_after_pidns(cx, &ns) and value_uint(out, ns)


cdef bint cx_pidns_start(const EvalCx *cx, uint64_t *unix_ns) noexcept nogil:
    """Start time of the first process of the pid namespace; 0 if unknown."""
    if cx.event.proc is NULL or cx.event.proc.pidns_start_ns == 0:
        return 0
    unix_ns[0] = cx.event.proc.pidns_start_ns + <uint64_t>cx.event.unix_offset_ns
    return 1


cdef bint field_proc_pidns_init_start_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start
    return cx_pidns_start(cx, &start) and value_uint(out, start)


cdef bint _flag(EvalCx *cx, uint32_t flag, Value *out) noexcept nogil:
    """Read a flag of the executable, whose path must be known unless the source reports unknown values."""
    cdef const ExecImage *image = _image(cx)
    cdef bint is_known = image is not NULL and image.exepath.ptr is not NULL
    if cx.event.proc is NULL or not (is_known or cx.source.reports_unknown):
        return 0
    return value_bool(out, image is not NULL and image.flags & flag != 0)


cdef bint field_proc_is_exe_writable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_WRITABLE, out)


cdef bint field_proc_is_exe_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_UPPER_LAYER, out)


cdef bint field_proc_is_exe_lower_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_LOWER_LAYER, out)


cdef bint field_proc_is_exe_from_memfd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_FROM_MEMFD, out)
