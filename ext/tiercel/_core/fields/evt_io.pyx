# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``evt.*`` about I/O, and of event counts."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from tiercel._core.fields.event_access cimport (
    cx_fd_name, cx_fd_type, cx_is_open, event_param, event_result, param_slice,
)
from tiercel._core.fields.param_text cimport param_raw
from tiercel._core.util.slice cimport Slice, slice_find, slice_of, slice_text
from tiercel._core.values.value cimport ITER_PRINT, value_bool, value_text, value_uint, value_word
from tiercel._core.wire.events_gen cimport (
    CATEGORY_IO_OTHER,
    CATEGORY_IO_READ,
    CATEGORY_IO_WRITE,
    CATEGORY_MEMORY,
    EVF_IO_URING,
    EVF_TOCTOU,
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_CONNECT,
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4,
    EV_FD_IPV6_SERVER,
    EV_FD_UNIX,
    EV_PROCINFO,
    KIND_BYTES,
    TBL_EVENT_READS,
    TBL_EVENT_WAITS,
    TBL_EVENT_WRITES,
    tbl_param,
)
from tiercel._core.wire.view cimport view_others


# --- Reading and writing ----------------------------------------------------------------------------------------------

cdef bint field_evt_is_io(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.row.flags & (TBL_EVENT_READS | TBL_EVENT_WRITES) != 0)


cdef bint field_evt_is_io_read(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.row.flags & TBL_EVENT_READS != 0)


cdef bint field_evt_is_io_write(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.row.flags & TBL_EVENT_WRITES != 0)


cdef bint field_evt_is_io_uring(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.hdr.flags & EVF_IO_URING != 0)


cdef bint field_evt_is_toctou(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.hdr.flags & EVF_TOCTOU != 0)


cdef bint field_evt_toctou_names(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Read one of the NUL-terminated texts of a list in the record."""
    cdef int32_t at = arg.iter if arg.iter > 0 else 0
    cdef Slice rest, text
    if not view_others(cx.event.hdr, &rest):
        return 0
    while rest.len:
        text = slice_text(rest)
        if at == 0:
            return value_text(out, text)
        at -= 1
        if text.len + 1 >= rest.len:
            return 0
        rest.ptr += text.len + 1
        rest.len -= text.len + 1
    return 0


cdef bint field_evt_io_dir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx.event.row.flags & TBL_EVENT_WRITES:
        return value_word(out, b"write")
    return cx.event.row.flags & TBL_EVENT_READS != 0 and value_word(out, b"read")


cdef bint field_evt_is_syslog(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    if not cx.event.row.flags & TBL_EVENT_WRITES or not cx_fd_name(cx, cx.binding, &name):
        return value_bool(out, 0)
    return value_bool(out, slice_find(name, slice_of(b"/dev/log")) >= 0)


cdef bint field_evt_buffer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The transferred data. Without data, Falco prints stale bytes of its buffer."""
    cdef const tbl_param *param = event_param(cx, slice_of(b"data"))
    cdef Slice text
    out.kind = KIND_BYTES
    if param is NULL:
        return 0
    if arg.iter != ITER_PRINT or not cx.settings.prints_as_falco:
        return param_slice(cx, param, &out.text) and out.text.len > 0
    if not param_raw(cx, param, &text):
        return 0
    if param_slice(cx, param, &out.text) and out.text.len:
        return 1
    out.text.ptr = cx.memo.param_buffer
    out.text.len = cx.memo.param_buffer_len
    if cx.memo.param_buffer is NULL:
        out.text = slice_of(b"")
    return 1


cdef bint _moved(EvalCx *cx, bint reads, bint writes, Value *out) noexcept nogil:
    """Bytes transferred through a known descriptor: the result of the call."""
    cdef int category = cx.event.row.category
    cdef int64_t result
    if cx.event.file is NULL or not (
        (reads and category == CATEGORY_IO_READ) or (writes and category == CATEGORY_IO_WRITE)
        or (reads and writes and category == CATEGORY_IO_OTHER)
    ):
        return 0
    return event_result(cx, &result) and result >= 0 and value_uint(out, <uint64_t>result)


cdef inline bint _is_ip(int type) noexcept nogil:
    return EV_FD_IPV4 <= type <= EV_FD_IPV6_SERVER


cdef bint field_evt_buflen(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _moved(cx, 1, 1, out)


cdef bint field_evt_buflen_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _moved(cx, 1, 0, out)


cdef bint field_evt_buflen_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _moved(cx, 0, 1, out)


cdef bint field_evt_buflen_file(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_fd_type(cx) == EV_FD_FILE and _moved(cx, 1, 1, out)


cdef bint field_evt_buflen_file_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_fd_type(cx) == EV_FD_FILE and _moved(cx, 1, 0, out)


cdef bint field_evt_buflen_file_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_fd_type(cx) == EV_FD_FILE and _moved(cx, 0, 1, out)


cdef bint field_evt_buflen_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_ip(cx_fd_type(cx)) and _moved(cx, 1, 1, out)


cdef bint field_evt_buflen_net_in(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_ip(cx_fd_type(cx)) and _moved(cx, 1, 0, out)


cdef bint field_evt_buflen_net_out(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_ip(cx_fd_type(cx)) and _moved(cx, 0, 1, out)


# --- Counting ---------------------------------------------------------------------------------------------------------

cdef bint field_evt_is_wait(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_bool(out, cx.event.row.flags & TBL_EVENT_WAITS != 0)


cdef bint field_evt_count(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, 1)


cdef bint field_evt_count_exit(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.row.direction == b'<' and value_uint(out, 1)


cdef bint field_evt_count_procinfo(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Only for the first thread of a process."""
    return value_uint(out, cx.event.hdr.type == EV_PROCINFO and cx.event.hdr.tid == cx.event.hdr.tgid)


cdef bint field_evt_count_threadinfo(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, cx.event.hdr.type == EV_PROCINFO)


cdef bint field_evt_count_error(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t result
    return event_result(cx, &result) and value_uint(out, result < 0)


cdef bint _is_of_file(const EvalCx *cx) noexcept nogil:
    """Return if the event uses a file or directory; includes failed opens."""
    cdef int type = cx_fd_type(cx)
    if cx.event.file is NULL:
        return cx_is_open(cx)
    return type == EV_FD_FILE or type == EV_FD_DIRECTORY


cdef bint _is_of_socket(const EvalCx *cx) noexcept nogil:
    cdef int type = cx_fd_type(cx)
    if cx.event.file is NULL:
        return cx.event.hdr.type == EV_ACCEPT or cx.event.hdr.type == EV_ACCEPT4 or cx.event.hdr.type == EV_CONNECT
    return _is_ip(type) or type == EV_FD_UNIX


cdef bint field_evt_count_error_file(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_of_file(cx) and field_evt_count_error(cx, arg, out)


cdef bint field_evt_count_error_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_of_socket(cx) and field_evt_count_error(cx, arg, out)


cdef bint field_evt_count_error_memory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.row.category == CATEGORY_MEMORY and field_evt_count_error(cx, arg, out)


cdef bint field_evt_count_error_other(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Other I/O: not of a file, a socket or memory, unless the event uses another kind of descriptor."""
    if _is_of_file(cx) or _is_of_socket(cx) or (cx.event.file is NULL and cx.event.row.category == CATEGORY_MEMORY):
        return 0
    return field_evt_count_error(cx, arg, out)
