# SPDX-License-Identifier: Apache-2.0
"""Operations of the live source on processes.

Values come from the record, and from the process table. For an event of the hold queue, the table is replaced with
copies of the processes.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport getenv
from libc.string cimport strncpy

from tiercel._core.fields.proc cimport cx_pidns_start
from tiercel._core.sources.live_fd cimport LIVE_FD_OPS
from tiercel._core.state.container cimport CONTAINER_HOST, Container, container_meta
from tiercel._core.state.process cimport PROC_CHECKS, Proc, proc_current
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.util.slice cimport Slice, slice_ends, slice_none
from tiercel._core.values.value cimport AccountNames, EvalCx, cx_container
from tiercel._core.wire.events_gen cimport EV_NOW_NFDS, EV_NOW_TASK, PART_DETAILS, ev_now
from tiercel._core.wire.view cimport view_comm, view_now, view_text


cdef extern from "<unistd.h>" nogil:
    int gethostname(char *name, size_t size)

cdef enum:
    HOSTNAME_MAX = 256

cdef char[HOSTNAME_MAX] HOSTNAME
cdef const char *CONFIGURED_HOSTNAME = getenv(b"FALCO_HOSTNAME")
if CONFIGURED_HOSTNAME is not NULL and CONFIGURED_HOSTNAME[0]:
    strncpy(HOSTNAME, CONFIGURED_HOSTNAME, HOSTNAME_MAX - 1)
else:
    gethostname(HOSTNAME, HOSTNAME_MAX - 1)


# --- Identity ---------------------------------------------------------------------------------------------------------

cdef int64_t _pid(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.tgid


cdef int64_t _vpid(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.vpid


cdef int64_t _vtid(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.vtid


cdef bint _is_main_thread(const EvalCx *cx) noexcept nogil:
    return cx.event.hdr.tid == cx.event.hdr.tgid


cdef Slice _recorded_comm(const EvalCx *cx) noexcept nogil:
    return view_comm(cx.event.hdr)


cdef int64_t _pid_of(const Proc *proc) noexcept nogil:
    return proc.tgid


cdef int64_t _vpid_of(const Proc *proc) noexcept nogil:
    return proc.vpid if proc.vpid != 0 else -1


# --- Other processes --------------------------------------------------------------------------------------------------

cdef Proc *_parent(const EvalCx *cx, const Proc *proc) noexcept nogil:
    return proc.parent


cdef bint _parent_pid(const EvalCx *cx, int64_t *pid) noexcept nogil:
    """Read it from the table, or else from the record; the first process has none."""
    if cx.event.proc is not NULL and cx.event.proc.parent is not NULL:
        pid[0] = cx.event.proc.parent.tgid
        return 1
    pid[0] = cx.event.hdr.ptgid
    return pid[0] != 0


cdef bint _parent_age(const EvalCx *cx, const Proc *parent, uint64_t *ns) noexcept nogil:
    if parent.start_ns == 0 or cx.event.hdr.time_ns < parent.start_ns:
        return 0
    ns[0] = cx.event.hdr.time_ns - parent.start_ns
    return 1


cdef const Proc *_creator(const EvalCx *cx) noexcept nogil:
    return cx.event.proc_main.parent


cdef const Proc *_proc_numbered(const EvalCx *cx, uint32_t tgid) noexcept nogil:
    """Return the newest process with that id as of the event; NULL if unknown."""
    cdef uint32_t i
    if cx.event.snapshots is NULL:
        return proc_current(cx.state, tgid)
    for i in range(cx.event.snapshot_count):
        if cx.event.snapshots[i].tgid == tgid:
            return &cx.event.snapshots[i]
    return NULL


cdef const Proc *_find(const EvalCx *cx, int64_t id) noexcept nogil:
    return _proc_numbered(cx, <uint32_t>id) if 0 < id <= 0x7fff_ffff else NULL


cdef const Proc *_find_leader(const EvalCx *cx, int64_t id, bint is_virtual) noexcept nogil:
    """Return the process with that id. Ids of another pid namespace do not match."""
    if is_virtual and cx.event.hdr.tid != cx.event.hdr.vtid:
        return NULL
    return _proc_numbered(cx, <uint32_t>id) if 0 <= id <= 0x7fff_ffff else NULL


# --- State ------------------------------------------------------------------------------------------------------------

cdef bint _cwd(EvalCx *cx, Slice *out) noexcept nogil:
    cdef Slice cwd
    cdef Text text
    if not view_text(cx.event.hdr, cx.event.hdr.cwd, &cwd):
        if cx.event.proc is NULL or cx.event.proc.image is NULL or cx.event.proc.image.cwd.ptr is NULL:
            return 0
        cwd = cx.event.proc.image.cwd
    if slice_ends(cwd, b"/", 1):
        out[0] = cwd
        return 1
    text_begin(&text, &cx.memo.arena)
    text_slice(&text, cwd)
    text_char(&text, b'/')
    return text_end(&text, out)


cdef bint _exec_after_ctime(const EvalCx *cx, uint64_t *ns) noexcept nogil:
    cdef uint64_t ctime_ns = cx.event.proc.image.file.ctime_ns
    cdef uint64_t start = cx.event.proc.start_ns + <uint64_t>cx.event.unix_offset_ns
    if cx.event.proc.start_ns == 0 or ctime_ns == 0 or start < ctime_ns:
        return 0
    ns[0] = start - ctime_ns
    return 1


cdef bint _ctime_after_pidns(const EvalCx *cx, uint64_t *ns) noexcept nogil:
    cdef uint64_t ctime_ns = cx.event.proc.image.file.ctime_ns
    cdef uint64_t start
    if not cx_pidns_start(cx, &start) or ctime_ns <= start:
        return 0
    ns[0] = ctime_ns - start
    return 1


cdef bint _thread_count(const EvalCx *cx, uint64_t *all, uint64_t *others) noexcept nogil:
    cdef const ev_now *now = view_now(cx.event.hdr)
    if now is NULL or not now.has & EV_NOW_TASK:
        return 0
    all[0] = now.nthreads
    others[0] = all[0] - 1 if all[0] else 0
    return 1


cdef bint _fd_count(const EvalCx *cx, uint64_t *count) noexcept nogil:
    """Open descriptors; unknown above 65536, and after the end of the process."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    if now is NULL or not now.has & EV_NOW_NFDS:
        return 0
    count[0] = now.nfds
    return 1


# --- Container and machine --------------------------------------------------------------------------------------------

cdef bint _container_start(const EvalCx *cx, uint64_t *unix_ns) noexcept nogil:
    cdef const Container *container = cx_container(cx)
    if container is NULL or container.number == CONTAINER_HOST:
        return 0
    return cx_pidns_start(cx, unix_ns)


cdef bint _health_checks(const EvalCx *cx, uint32_t *flags) noexcept nogil:
    cdef const Container *container = cx.event.proc.container
    if container is NULL:
        return 0
    if container.number != CONTAINER_HOST and container_meta(container, PART_DETAILS) is NULL:
        return 0
    flags[0] = cx.event.proc.flags & PROC_CHECKS
    return 1


cdef void _account_names(const EvalCx *cx, AccountNames *out) noexcept nogil:
    cdef const Container *container = cx.event.proc.container
    out.users = &container.users
    out.groups = &container.groups
    out.homes = &container.homes
    out.shells = &container.shells


cdef const char *_hostname(const EvalCx *cx) noexcept nogil:
    return HOSTNAME


LIVE_OPS.proc.pid = _pid
LIVE_OPS.proc.vpid = _vpid
LIVE_OPS.proc.vtid = _vtid
LIVE_OPS.proc.is_main_thread = _is_main_thread
LIVE_OPS.proc.recorded_comm = _recorded_comm
LIVE_OPS.proc.pid_of = _pid_of
LIVE_OPS.proc.vpid_of = _vpid_of
LIVE_OPS.proc.parent = _parent
LIVE_OPS.proc.parent_pid = _parent_pid
LIVE_OPS.proc.parent_age = _parent_age
LIVE_OPS.proc.creator = _creator
LIVE_OPS.proc.find = _find
LIVE_OPS.proc.find_leader = _find_leader
LIVE_OPS.proc.cwd = _cwd
LIVE_OPS.proc.exec_after_ctime = _exec_after_ctime
LIVE_OPS.proc.ctime_after_pidns = _ctime_after_pidns
LIVE_OPS.proc.thread_count = _thread_count
LIVE_OPS.proc.fd_count = _fd_count
LIVE_OPS.proc.container_start = _container_start
LIVE_OPS.proc.health_checks = _health_checks
LIVE_OPS.proc.account_names = _account_names
LIVE_OPS.proc.hostname = _hostname
LIVE_OPS.fd = LIVE_FD_OPS
LIVE_OPS.reports_unknown = 0
LIVE_OPS.lowest_id = 0
LIVE_OPS.unknown_text = slice_none()
LIVE_OPS.unreadable_text = slice_none()
LIVE_OPS.durations_wrap = 0
