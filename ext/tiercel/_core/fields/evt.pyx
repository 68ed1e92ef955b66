# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``evt.*``. An extractor returns 0 if the event has no value."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from tiercel._core.fields.event_access cimport (
    cx_fd_type,
    cx_has_paths,
    cx_path,
    cx_under,
    event_name,
    event_param,
    event_path_param,
    event_result,
    param_absent,
    param_path,
)
from tiercel._core.fields.param_text cimport param_meaning, param_raw, param_shown, param_text, param_value
from tiercel._core.util.arena_text cimport (
    TIME_DATE,
    TIME_DATE_S,
    TIME_ISO8601,
    TIME_OF_DAY,
    TIME_OF_DAY_S,
    Text,
    TimeStyle,
    text_begin,
    text_char,
    text_end,
    text_put,
    text_slice,
    text_time,
)
from tiercel._core.util.slice cimport Slice, slice_equal, slice_of, slice_starts
from tiercel._core.values.value cimport (
    BINDING_RESOLVED, ITER_PRINT, value_bool, value_int, value_text, value_uint, value_word,
)
from tiercel._core.wire.events_gen cimport (
    CATEGORY_IO_OTHER,
    CATEGORY_IO_READ,
    CATEGORY_IO_WRITE,
    CATEGORY_IPC,
    EV_CREAT,
    EV_FCHMODAT,
    EV_FCHOWNAT,
    EV_FD_DIRECTORY,
    EV_FD_EVENT,
    EV_FD_FILE,
    EV_FD_INOTIFY,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_FD_PIPE,
    EV_FD_SIGNALFD,
    EV_FD_UNIX,
    EV_FD_USERFAULTFD,
    EV_LINKAT,
    EV_MKDIRAT,
    EV_OPEN,
    EV_OPENAT,
    EV_OPENAT2,
    EV_OPEN_BY_HANDLE_AT,
    EV_RENAMEAT,
    EV_RENAMEAT2,
    EV_SYMLINKAT,
    EV_SYSCALL,
    EV_UNLINKAT,
    KIND_INT,
    KIND_UINT,
    ORIGIN_META,
    ORIGIN_SYSCALL,
    ev_creat,
    ev_open,
    ev_open_by_handle_at,
    ev_openat,
    ev_openat2,
    ev_path,
    tbl_param,
)
from tiercel._core.wire.view cimport view_text


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_FILE_FLAGS_O_RDONLY
    enum: EV_FILE_FLAGS_O_WRONLY
    enum: EV_FILE_FLAGS_O_CREAT
    enum: EV_FILE_FLAGS_O_TMPFILE
    enum: EV_FILE_FLAGS_O_F_CREATED

cdef enum:
    MODE_EXEC = 0o111

# --- Time and place ---------------------------------------------------------------------------------------------------

cdef bint field_evt_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, cx.event.num)


cdef inline uint64_t _unix_ns(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.time_ns + <uint64_t>cx.event.unix_offset_ns


cdef bint _time(EvalCx *cx, TimeStyle style, Value *out) noexcept nogil:
    cdef Text text
    cdef Slice slice
    text_begin(&text, &cx.memo.arena)
    text_time(&text, _unix_ns(cx), style)
    return text_end(&text, &slice) and value_text(out, slice)


cdef bint field_evt_time(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_OF_DAY, out)


cdef bint field_evt_time_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_OF_DAY_S, out)


cdef bint field_evt_time_iso8601(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_ISO8601, out)


cdef bint field_evt_datetime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_DATE, out)


cdef bint field_evt_datetime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_DATE_S, out)


cdef bint field_evt_rawtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _unix_ns(cx))


cdef bint field_evt_rawtime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _unix_ns(cx) // 1_000_000_000)


cdef bint field_evt_rawtime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _unix_ns(cx) % 1_000_000_000)


cdef bint field_evt_outputtime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _time(cx, TIME_OF_DAY, out)


cdef bint field_evt_around(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Milliseconds between the event and that time, rounded up; the compiler turns `=` into `<=`."""
    cdef uint64_t there = <uint64_t>arg.index, here = _unix_ns(cx)
    return value_uint(out, ((here - there if here > there else there - here) + 999_999) // 1_000_000)


cdef inline uint64_t _since_first(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.time_ns - cx.event.first_ns if cx.event.first_ns else 0


cdef bint field_evt_reltime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_first(cx))


cdef bint field_evt_reltime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_first(cx) // 1_000_000_000)


cdef bint field_evt_reltime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_first(cx) % 1_000_000_000)


cdef inline uint64_t _since_previous(const EvalCx *cx, const FieldArg *arg) noexcept nogil:
    """As Falco prints it: it reads outputs twice, and the second time the difference is 0."""
    if arg.iter == ITER_PRINT and cx.settings.prints_as_falco:
        return 0
    return cx.event.hdr.time_ns - cx.event.previous_ns if cx.event.previous_ns else 0


cdef bint field_evt_deltatime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_previous(cx, arg))


cdef bint field_evt_deltatime_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_previous(cx, arg) // 1_000_000_000)


cdef bint field_evt_deltatime_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, _since_previous(cx, arg) % 1_000_000_000)


cdef bint field_evt_cpu(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.event.hdr.cpu)


cdef bint field_evt_latency(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Calls are reported once, at their end; the duration is unknown."""
    return value_uint(out, 0)


cdef bint field_evt_latency_s(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, 0)


cdef bint field_evt_latency_ns(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, 0)


cdef bint field_evt_latency_quantized(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, 0)


cdef bint field_evt_latency_human(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_word(out, b"0ns")


cdef bint field_evt_wait_latency(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, 0)


# --- Kind -------------------------------------------------------------------------------------------------------------

cdef bint field_evt_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_text(out, event_name(cx.event.hdr, cx.event.row))


cdef bint field_evt_type_is(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """As in Falco, compared but never printed."""
    if arg.iter == ITER_PRINT and cx.settings.prints_as_falco:
        return 0
    return value_uint(out, slice_equal(event_name(cx.event.hdr, cx.event.row), arg.key))


cdef bint field_syscall_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return (
        cx.event.row.origin == ORIGIN_SYSCALL and cx.event.row.direction == b'<'
        and value_text(out, event_name(cx.event.hdr, cx.event.row))
    )


cdef bint field_evt_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_word(out, b"syscall")


cdef bint field_evt_hostname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In a capture, the value of the recorded machine."""
    cdef const char *name = cx.source.proc.hostname(cx)
    return name is not NULL and value_word(out, name)


cdef bint _is_async(const EvalCx *cx) noexcept nogil:
    """Return if the event comes from a plugin or the engine, not from the kernel or another source."""
    return cx.event.row.origin == ORIGIN_META


cdef bint field_evt_is_async(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, _is_async(cx))


cdef bint field_evt_asynctype(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_async(cx) and value_text(out, event_name(cx.event.hdr, cx.event.row))


cdef bint field_evt_dir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_word(out, b"<" if cx.event.row.direction == b'<' else b">")


cdef const char *_io_category(int type) noexcept nogil:
    """Category of reads, writes and similar calls: depends on the descriptor."""
    if type == EV_FD_FILE or type == EV_FD_DIRECTORY:
        return b"file"
    if (
        type == EV_FD_IPV4 or type == EV_FD_IPV6 or type == EV_FD_IPV4_SERVER or type == EV_FD_IPV6_SERVER
    ):
        return b"net"
    if (
        type == EV_FD_PIPE or type == EV_FD_UNIX or type == EV_FD_EVENT or type == EV_FD_SIGNALFD
        or type == EV_FD_INOTIFY or type == EV_FD_USERFAULTFD
    ):
        return b"ipc"
    return b"unknown"


cdef bint field_evt_category(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int category = cx.event.row.category
    if category == CATEGORY_IO_READ or category == CATEGORY_IO_WRITE or category == CATEGORY_IO_OTHER:
        return value_word(out, _io_category(cx_fd_type(cx)))
    if category == CATEGORY_IPC:
        return value_word(out, b"IPC")
    return value_word(out, cx.event.row.category_name)


# --- Result -----------------------------------------------------------------------------------------------------------

cdef bint field_evt_res(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t result
    cdef Slice name
    if not event_result(cx, &result):
        return 0
    if result >= 0:
        return value_word(out, b"SUCCESS")
    # As in Falco: only error and descriptor params print a name.
    return param_text(cx, &cx.event.row.params[cx.event.row.res_param], &name) and value_text(out, name)


cdef bint field_evt_rawres(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t result
    return event_result(cx, &result) and value_int(out, result)


cdef bint field_evt_failed(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t result
    return event_result(cx, &result) and value_bool(out, result < 0)


# --- Opening ----------------------------------------------------------------------------------------------------------

cdef inline uint32_t _open_flags(const EvalCx *cx) noexcept nogil:
    """Return the flags of an open event; 0 for other events."""
    cdef int type = cx.event.hdr.type
    if type == EV_OPENAT:
        return (<const ev_openat *>cx.event.hdr).flags
    if type == EV_OPEN:
        return (<const ev_open *>cx.event.hdr).flags
    if type == EV_OPEN_BY_HANDLE_AT:
        return (<const ev_open_by_handle_at *>cx.event.hdr).flags
    return (<const ev_openat2 *>cx.event.hdr).flags if type == EV_OPENAT2 else 0


cdef inline uint32_t _open_mode(const EvalCx *cx) noexcept nogil:
    """Read the permission bits of a created file; return 0 if the event creates none."""
    cdef int type = cx.event.hdr.type
    if type == EV_CREAT:
        return (<const ev_creat *>cx.event.hdr).mode
    if not _open_flags(cx) & <uint32_t>(EV_FILE_FLAGS_O_CREAT | EV_FILE_FLAGS_O_TMPFILE):
        return 0
    if type == EV_OPENAT:
        return (<const ev_openat *>cx.event.hdr).mode
    if type == EV_OPEN_BY_HANDLE_AT:
        return 0
    return (<const ev_open *>cx.event.hdr).mode if type == EV_OPEN else (<const ev_openat2 *>cx.event.hdr).mode


cdef bint field_evt_is_open_read(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, _open_flags(cx) & EV_FILE_FLAGS_O_RDONLY != 0)


cdef bint field_evt_is_open_write(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, _open_flags(cx) & EV_FILE_FLAGS_O_WRONLY != 0)


cdef bint field_evt_is_open_exec(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, _open_mode(cx) & MODE_EXEC != 0)


cdef bint field_evt_is_open_create(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Return if the kernel marked the file as created; a successful O_TMPFILE open always creates one."""
    cdef uint32_t flags = _open_flags(cx)
    cdef int64_t result
    if flags & <uint32_t>EV_FILE_FLAGS_O_TMPFILE and event_result(cx, &result) and result >= 0:
        return value_bool(out, 1)
    return value_bool(out, flags & <uint32_t>EV_FILE_FLAGS_O_F_CREATED != 0)


# --- Params -----------------------------------------------------------------------------------------------------------

cdef bint field_evt_arg(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The param's meaning if known, else its value."""
    cdef const tbl_param *param = NULL
    cdef Slice text
    if arg.key.ptr is not NULL:
        param = event_param(cx, arg.key)
    elif 0 <= arg.index < cx.event.row.nparams:
        param = &cx.event.row.params[arg.index]
    if param is NULL:
        return 0
    return param_text(cx, param, &text) and value_text(out, text)


cdef inline bint _is_number(int kind) noexcept nogil:
    return kind == KIND_INT or kind == KIND_UINT


cdef bint field_evt_rawarg(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The raw param, compared if its kind matches the kind in the rule; numbers may differ in the sign.

    Outputs print it with any kind. In a capture an empty number prints as 0, and as in Falco no check matches it.
    """
    cdef const tbl_param *param = event_param(cx, arg.key)
    if param is NULL:
        return 0
    if arg.iter == ITER_PRINT:
        return param_shown(cx, param, arg.fmt, out)
    return param_value(cx, param, out) and (out.kind == arg.kind or (_is_number(out.kind) and _is_number(arg.kind)))


cdef bint field_evt_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """``name=value`` or ``name=value(meaning)`` for each param, in order; empty if `evt.type` has all information."""
    cdef const tbl_param *param
    cdef Slice parts[2 * 32]
    cdef Slice line
    cdef Text text
    cdef int i
    if cx.event.hdr.type == EV_SYSCALL:
        return value_word(out, b"")
    for i in range(cx.event.row.nparams):
        param = &cx.event.row.params[i]
        if not param_raw(cx, param, &parts[2 * i]):
            return 0
        if not param_meaning(cx, param, &parts[2 * i + 1]):
            parts[2 * i + 1].len = 0
    text_begin(&text, &cx.memo.arena)
    for i in range(cx.event.row.nparams):
        param = &cx.event.row.params[i]
        if i:
            text_char(&text, b' ')
        text_put(&text, param.name, param.len)
        text_char(&text, b'=')
        text_slice(&text, parts[2 * i])
        if parts[2 * i + 1].len:
            text_char(&text, b'(')
            text_slice(&text, parts[2 * i + 1])
            text_char(&text, b')')
    return text_end(&text, &line) and value_text(out, line)


cdef bint field_evt_info(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return field_evt_args(cx, arg, out)


cdef const tbl_param *_at_path(const EvalCx *cx, Slice end) noexcept nogil:
    """Return the path that is relative to the directory descriptor of that end; NULL for other events."""
    cdef int type = cx.event.hdr.type
    if type == EV_RENAMEAT or type == EV_RENAMEAT2 or type == EV_LINKAT:
        return event_param(cx, slice_of(b"newpath" if slice_equal(end, slice_of(b"dst")) else b"oldpath"))
    if (
        type == EV_OPENAT or type == EV_OPENAT2 or type == EV_UNLINKAT or type == EV_MKDIRAT or type == EV_FCHMODAT
        or type == EV_FCHOWNAT or type == EV_SYMLINKAT
    ):
        return event_path_param(cx)
    if type == EV_OPEN_BY_HANDLE_AT and (<const ev_open_by_handle_at *>cx.event.hdr).fd > 0:
        return event_path_param(cx)
    return NULL


cdef bint field_evt_abspath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The absolute path; as in Falco, prefixed with ``<UNKNOWN>/`` if the directory is unknown."""
    cdef const tbl_param *param = _at_path(cx, arg.key)
    cdef const ev_path *path
    cdef Slice text, name
    if param is NULL or cx.event.lacks_thread:
        return 0
    if param.dirfd >= 0 and param_absent(cx, &cx.event.row.params[param.dirfd]):
        return 0
    path = param_path(cx, param)
    if not cx_path(cx, path, cx.binding, &text):
        return 0
    cx.source.fd.turn_to_base(cx, param)
    if slice_starts(text, slice_of(b"<UNKNOWN>")) and view_text(cx.event.hdr, path.name, &name):
        return cx_under(cx, slice_of(b"<UNKNOWN>/"), name, &text) and value_text(out, text)
    return value_text(out, text)


cdef bint field_evt_path_binding(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if not cx_has_paths(cx):
        return 0
    return value_word(out, b"resolved" if cx.binding == BINDING_RESOLVED else b"requested")
