# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*`` for resource usage: threads, memory, descriptors, standard streams.

The values come from the record; without them, only memory and the limit of descriptors are known.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.fields.fd_text cimport fd_type_word
from tiercel._core.fields.proc_access cimport cx_thread
from tiercel._core.fields.socket_access cimport AF_INET, Ends, ends_named, ends_of_file, ends_text
from tiercel._core.fields.thread cimport cx_memory
from tiercel._core.replay.fd_table cimport Fd, fd_name, fds_count, fds_find
from tiercel._core.replay.thread_table cimport RTHREAD_CLOSED, ReplayThread, rthread_fds, rthread_main
from tiercel._core.state.process cimport PROC_MEASURED
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport value_double, value_int, value_text, value_uint, value_word
from tiercel._core.wire.events_gen cimport (
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_NOW_NFDS,
    EV_NOW_STDIO,
    EV_NOW_TASK,
    EVF_FILE_KNOWN,
    ev_file,
    ev_now,
)
from tiercel._core.wire.view cimport view_now, view_text

# --- Threads and memory -----------------------------------------------------------------------------------------------

cdef bint _threads(const EvalCx *cx, uint64_t *count) noexcept nogil:
    """Running threads, including the first one."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    if cx.threads is not NULL:
        if cx.event.proc is NULL:
            return 0
        count[0] = cx_thread(cx).group.alive if cx_thread(cx).group is not NULL else 0
        return 1
    if now is NULL or not now.has & EV_NOW_TASK:
        return 0
    count[0] = now.nthreads
    return 1


cdef bint field_proc_nthreads(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t count
    return _threads(cx, &count) and value_uint(out, count)


cdef bint field_proc_nchilds(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Threads without the first one; a first thread that has ended is not counted."""
    cdef uint64_t count
    cdef const ReplayThread *main
    if not _threads(cx, &count):
        return 0
    if cx.threads is not NULL and count:
        main = rthread_main(cx_thread(cx))
        if main is NULL or main.flags & RTHREAD_CLOSED:
            return value_uint(out, count)
    return value_uint(out, count - 1 if count else 0)


cdef bint field_proc_vmsize(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t size, resident, swapped
    return cx_memory(cx, &size, &resident, &swapped) and value_uint(out, size)


cdef bint field_proc_vmrss(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t size, resident, swapped
    return cx_memory(cx, &size, &resident, &swapped) and value_uint(out, resident)


cdef bint field_proc_vmswap(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t size, resident, swapped
    return cx_memory(cx, &size, &resident, &swapped) and value_uint(out, swapped)


# --- Descriptors ------------------------------------------------------------------------------------------------------

cdef bint _open_count(const EvalCx *cx, uint64_t *count) noexcept nogil:
    """Open descriptors; unknown above 65536, and after the end of the process."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    if cx.threads is not NULL:
        if cx.event.proc is NULL:
            return 0
        count[0] = fds_count(rthread_fds(cx_thread(cx)))
        return 1
    if now is NULL or not now.has & EV_NOW_NFDS:
        return 0
    count[0] = now.nfds
    return 1


cdef bint _limit(const EvalCx *cx, int64_t *limit) noexcept nogil:
    cdef const ev_now *now = view_now(cx.event.hdr)
    if now is not NULL and now.has & EV_NOW_TASK:
        limit[0] = <int64_t>now.fdlimit
        return 1
    if cx.event.proc is NULL or (cx.threads is NULL and not cx.event.proc.flags & PROC_MEASURED):
        return 0
    limit[0] = cx.event.proc_main.fdlimit if cx.event.proc_main is not NULL else cx.event.proc.fdlimit
    return 1


cdef bint field_proc_fdopencount(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t count
    return _open_count(cx, &count) and value_uint(out, count)


cdef bint field_proc_fdlimit(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t limit
    return _limit(cx, &limit) and value_int(out, limit)


cdef bint field_proc_fdusage(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In percent, at most 100; 0 without a limit."""
    cdef uint64_t count
    cdef int64_t limit
    if not _open_count(cx, &count) or not _limit(cx, &limit):
        return 0
    if limit <= 0:
        return value_double(out, 0.0)
    return value_double(out, 100.0 if count > <uint64_t>limit else <double>count * 100.0 / <double>limit)


# --- Standard streams -------------------------------------------------------------------------------------------------

cdef const ev_file *_stream(const EvalCx *cx, uint32_t number) noexcept nogil:
    """Return the file of descriptor 0, 1 or 2; NULL if it is closed or unknown."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    cdef const ev_file *files
    if now is NULL or not now.has & EV_NOW_STDIO:
        return NULL
    files = <const ev_file *>(now + 1)
    if <const uint8_t *>(files + 3) > <const uint8_t *>cx.event.hdr + cx.event.hdr.len:
        return NULL
    return &files[number] if files[number].flags & EVF_FILE_KNOWN else NULL


cdef inline const Fd *_captured(const EvalCx *cx, uint32_t number) noexcept nogil:
    """Return the entry of descriptor 0, 1 or 2 in a capture; NULL if it is closed or unknown."""
    return fds_find(rthread_fds(cx_thread(cx)), number) if cx.event.proc is not NULL else NULL


cdef bint _stream_type(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef const ev_file *file = _stream(cx, number)
    cdef const Fd *fd
    cdef Ends ends
    if cx.threads is not NULL:
        fd = _captured(cx, number)
        return fd is not NULL and value_word(out, fd_type_word(fd.type))
    if file is NULL:
        return 0
    if ends_of_file(file, &ends) and ends.family == AF_INET:
        return value_word(out, fd_type_word(EV_FD_IPV4_SOCK if ends.connected else EV_FD_IPV4_SERVSOCK))
    return value_word(out, fd_type_word(file.type))


cdef bint _stream_name(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """Read the resolved path, or the ends of a socket; an empty text if the file has no name."""
    cdef const ev_file *file = _stream(cx, number)
    cdef const Fd *fd
    cdef Slice name
    cdef Ends ends
    if cx.threads is not NULL:
        fd = _captured(cx, number)
        return fd is not NULL and value_text(out, fd_name(fd))
    if file is NULL:
        return 0
    if ends_of_file(file, &ends):
        if ends_named(&ends):
            return ends_text(cx, &ends, &name) and value_text(out, name)
    elif view_text(cx.event.hdr, file.path, &name):
        return value_text(out, name)
    return value_text(out, slice_of(b""))


cdef bint field_proc_stdin_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_type(cx, 0, out)


cdef bint field_proc_stdin_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_name(cx, 0, out)


cdef bint field_proc_stdout_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_type(cx, 1, out)


cdef bint field_proc_stdout_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_name(cx, 1, out)


cdef bint field_proc_stderr_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_type(cx, 2, out)


cdef bint field_proc_stderr_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _stream_name(cx, 2, out)
