# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``thread.*``: the thread of the event.

Capabilities, memory, page faults and control groups are current if the record has them. Otherwise they are as of the
process's last exec, or of the start of the sensor. In a capture they come from the events so far.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from tiercel._core.fields.proc cimport field_proc_name
from tiercel._core.state.exec_image cimport next_word, shared_slice
from tiercel._core.state.process cimport PROC_MEASURED, run_times_total
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice, text_uint, text_word
from tiercel._core.util.slice cimport Slice, slice_equal, slice_none, slice_of
from tiercel._core.values.value cimport value_bool, value_int, value_text, value_uint
from tiercel._core.wire.events_gen cimport EV_NOW_MEMORY, EV_NOW_TASK, EV_SWITCH, ev_now, tbl_capability_name
from tiercel._core.wire.view cimport view_now, view_slice

cdef enum:
    SETS = 64


cdef inline const ev_now *_now(const EvalCx *cx, uint32_t has) noexcept nogil:
    """Return the thread state in the record, or NULL."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    return now if now is not NULL and now.has & has else NULL


cdef inline bint _is_measured(const EvalCx *cx) noexcept nogil:
    return cx.event.proc is not NULL and cx.event.proc.flags & PROC_MEASURED != 0


# --- Identity ---------------------------------------------------------------------------------------------------------

cdef bint field_thread_tid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.event.hdr.tid)


cdef bint field_thread_vtid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int64_t id
    if cx.event.lacks_thread:
        return 0
    id = cx.source.proc.vtid(cx)
    return id != -1 and value_int(out, id)


cdef bint field_thread_ismain(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and value_bool(out, cx.source.proc.is_main_thread(cx))


cdef bint field_thread_nametid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice line
    cdef Text text
    if not field_proc_name(cx, arg, out):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_slice(&text, out.text)
    text_uint(&text, cx.event.hdr.tid)
    return text_end(&text, &line) and value_text(out, line)


# --- Capabilities -----------------------------------------------------------------------------------------------------

cdef bint _capabilities(EvalCx *cx, uint64_t bits, Value *out) noexcept nogil:
    """Write the names of a set, separated by blanks."""
    cdef Slice line
    cdef Text text
    cdef const char *name
    cdef uint32_t bit
    cdef bint is_first = 1
    text_begin(&text, &cx.memo.arena)
    for bit in range(<uint32_t>SETS):
        if not bits >> bit & 1:
            continue
        name = tbl_capability_name(bit)
        if name is NULL:
            continue
        if not is_first:
            text_char(&text, b' ')
        is_first = 0
        text_word(&text, name)
    return text_end(&text, &line) and value_text(out, line)


cdef bint field_thread_cap_permitted(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ev_now *now = _now(cx, EV_NOW_TASK)
    if now is not NULL:
        return _capabilities(cx, now.cap_permitted, out)
    return _is_measured(cx) and _capabilities(cx, cx.event.proc.cap_permitted, out)


cdef bint field_thread_cap_inheritable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ev_now *now = _now(cx, EV_NOW_TASK)
    if now is not NULL:
        return _capabilities(cx, now.cap_inheritable, out)
    return _is_measured(cx) and _capabilities(cx, cx.event.proc.cap_inheritable, out)


cdef bint field_thread_cap_effective(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ev_now *now = _now(cx, EV_NOW_TASK)
    if now is not NULL:
        return _capabilities(cx, now.cap_effective, out)
    return _is_measured(cx) and _capabilities(cx, cx.event.proc.cap_effective, out)


# --- Control groups ---------------------------------------------------------------------------------------------------

cdef Slice _cgroups(const EvalCx *cx) noexcept nogil:
    """Return NUL-separated ``subsystem=path`` entries; absent if unknown."""
    cdef const ev_now *now
    cdef Slice cgroups = slice_none()
    now = view_now(cx.event.hdr)
    if now is not NULL and view_slice(cx.event.hdr, now.cgroups, &cgroups):
        return cgroups
    return shared_slice(cx.event.proc.cgroups) if cx.event.proc is not NULL else cgroups


cdef bint _next_cgroup(Slice *rest, Slice *subsystem, Slice *path) noexcept nogil:
    """Read and remove the first of the control groups.

    The kernel's name of a subsystem is replaced with Falco's; the hierarchy without a subsystem is ``unified``.
    """
    cdef Slice word
    cdef uint32_t at
    while next_word(rest, &word):
        at = 0
        while at < word.len and word.ptr[at] != b'=':
            at += 1
        if at == word.len:
            continue
        subsystem.ptr = word.ptr
        subsystem.len = at
        path.ptr = word.ptr + at + 1
        path.len = word.len - at - 1
        if at == 0:
            subsystem[0] = slice_of(b"unified")
        elif slice_equal(subsystem[0], slice_of(b"io")):
            subsystem[0] = slice_of(b"blkio")
        return 1
    return 0


cdef bint field_thread_cgroups(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice rest = _cgroups(cx), subsystem, path, line
    cdef Text text
    cdef bint is_first = 1
    text_begin(&text, &cx.memo.arena)
    while _next_cgroup(&rest, &subsystem, &path):
        if not is_first:
            text_char(&text, b' ')
        is_first = 0
        text_slice(&text, subsystem)
        text_char(&text, b'=')
        text_slice(&text, path)
    return text_end(&text, &line) and not is_first and value_text(out, line)


cdef bint field_thread_cgroup(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice rest = _cgroups(cx), subsystem, path
    while _next_cgroup(&rest, &subsystem, &path):
        if slice_equal(subsystem, arg.key):
            return value_text(out, path)
    return 0


# --- Memory and time --------------------------------------------------------------------------------------------------

cdef bint field_thread_pfmajor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ev_now *now = _now(cx, EV_NOW_TASK)
    if now is not NULL:
        return value_uint(out, now.pgft_maj)
    return _is_measured(cx) and value_uint(out, cx.event.proc.pf_major)


cdef bint field_thread_pfminor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const ev_now *now = _now(cx, EV_NOW_TASK)
    if now is not NULL:
        return value_uint(out, now.pgft_min)
    return _is_measured(cx) and value_uint(out, cx.event.proc.pf_minor)


cdef bint cx_memory(const EvalCx *cx, uint64_t *size, uint64_t *resident, uint64_t *swapped) noexcept nogil:
    """Read the memory of the process in KiB; return 0 if it is unknown, or for a kernel thread."""
    cdef const ev_now *now = _now(cx, EV_NOW_MEMORY)
    if now is not NULL:
        size[0] = now.vm_size
        resident[0] = now.vm_rss
        swapped[0] = now.vm_swap
        return 1
    if not _is_measured(cx):
        return 0
    size[0] = cx.event.proc.vm_size
    resident[0] = cx.event.proc.vm_rss
    swapped[0] = cx.event.proc.vm_swap
    return size[0] != 0 or cx.source.reports_unknown


cdef bint _memory(EvalCx *cx, bint resident, uint32_t unit, Value *out) noexcept nogil:
    """The memory of the process for its first thread, 0 for other threads."""
    cdef uint64_t size, rss, swapped
    if not cx_memory(cx, &size, &rss, &swapped):
        return 0
    return value_uint(out, (rss if resident else size) * unit if cx.source.proc.is_main_thread(cx) else 0)


cdef bint field_thread_vmsize(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _memory(cx, 0, 1, out)


cdef bint field_thread_vmrss(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _memory(cx, 1, 1, out)


cdef bint field_thread_vmsize_b(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _memory(cx, 0, 1024, out)


cdef bint field_thread_vmrss_b(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _memory(cx, 1, 1024, out)


cdef bint field_thread_exectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Run time of the thread that is switched out; 0 in a capture, whose run times are not counted."""
    return value_uint(out, cx.state.run_ns if cx.event.hdr.type == EV_SWITCH else 0)


cdef bint field_thread_totexectime(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx.event.proc is not NULL and value_uint(out, run_times_total(cx.state, cx.event.proc, cx.event.hdr))
