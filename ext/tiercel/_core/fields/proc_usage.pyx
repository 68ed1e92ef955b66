# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*`` for resource usage: threads, memory, descriptors, standard streams.

The values come from the record; without them, only memory and the limit of descriptors are known.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from tiercel._core.fields.fd_text cimport fd_type_word
from tiercel._core.fields.thread cimport cx_memory
from tiercel._core.state.process cimport PROC_MEASURED
from tiercel._core.values.value cimport FdInfo, value_double, value_int, value_text, value_uint, value_word
from tiercel._core.wire.events_gen cimport EV_NOW_TASK, ev_now
from tiercel._core.wire.view cimport view_now

# --- Threads and memory -----------------------------------------------------------------------------------------------

cdef bint field_proc_nthreads(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Running threads, including the first one."""
    cdef uint64_t all, others
    return not cx.event.lacks_thread and cx.source.proc.thread_count(cx, &all, &others) and value_uint(out, all)


cdef bint field_proc_nchilds(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Running threads without the first one."""
    cdef uint64_t all, others
    return not cx.event.lacks_thread and cx.source.proc.thread_count(cx, &all, &others) and value_uint(out, others)


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

cdef inline bint _open_count(const EvalCx *cx, uint64_t *count) noexcept nogil:
    return not cx.event.lacks_thread and cx.source.proc.fd_count(cx, count)


cdef bint _limit(const EvalCx *cx, int64_t *limit) noexcept nogil:
    cdef const ev_now *now = view_now(cx.event.hdr)
    if now is not NULL and now.has & EV_NOW_TASK:
        limit[0] = <int64_t>now.fdlimit
        return 1
    if cx.event.proc is NULL or not cx.event.proc.flags & PROC_MEASURED:
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

cdef bint _stream_type(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef FdInfo fd
    if cx.event.lacks_thread or not cx.source.fd.stream(cx, number, &fd):
        return 0
    return value_word(out, fd_type_word(fd.type))


cdef bint _stream_name(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """An empty text if the file has no name."""
    cdef FdInfo fd
    return not cx.event.lacks_thread and cx.source.fd.stream(cx, number, &fd) and value_text(out, fd.name)


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
