# SPDX-License-Identifier: Apache-2.0
"""Operations of a capture on its threads. `EvalCx.source_data` is the thread table.

Values come from the thread table, as in Falco. A `Proc *` of a capture is a `ReplayThread *`.
"""

from libc.stdint cimport INT64_MIN, int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.fields.proc cimport cx_pidns_start
from tiercel._core.replay.fd_table cimport fds_count
from tiercel._core.replay.thread_table cimport (
    RTHREAD_CLOSED,
    ContainerUsers,
    ReplayThread,
    ThreadTable,
    rthread_cwd,
    rthread_fds,
    rthread_in_pidns,
    rthread_is_main,
    rthread_main,
    rthread_parent,
    thread_table_find,
    thread_table_users,
)
from tiercel._core.sources.replay_fd cimport REPLAY_FD_OPS
from tiercel._core.state.process cimport Proc
from tiercel._core.util.slice cimport Slice, slice_none, slice_of
from tiercel._core.values.value cimport AccountNames, EvalCx


cdef inline const ThreadTable *_table(const EvalCx *cx) noexcept nogil:
    return <const ThreadTable *>cx.source_data


cdef inline const ReplayThread *_thread(const EvalCx *cx) noexcept nogil:
    return <const ReplayThread *>cx.event.proc


# --- Identity ---------------------------------------------------------------------------------------------------------

cdef int64_t _pid(const EvalCx *cx) noexcept nogil:
    return _thread(cx).pid


cdef int64_t _vpid(const EvalCx *cx) noexcept nogil:
    return _thread(cx).vpid


cdef int64_t _vtid(const EvalCx *cx) noexcept nogil:
    return _thread(cx).vtid


cdef bint _is_main_thread(const EvalCx *cx) noexcept nogil:
    return rthread_is_main(_thread(cx))


cdef Slice _recorded_comm(const EvalCx *cx) noexcept nogil:
    return slice_none()


cdef int64_t _pid_of(const Proc *proc) noexcept nogil:
    return (<const ReplayThread *>proc).pid


cdef int64_t _vpid_of(const Proc *proc) noexcept nogil:
    return (<const ReplayThread *>proc).vpid


# --- Other threads ----------------------------------------------------------------------------------------------------

cdef Proc *_parent(const EvalCx *cx, const Proc *proc) noexcept nogil:
    return <Proc *>rthread_parent(_table(cx), <const ReplayThread *>proc)


cdef bint _parent_pid(const EvalCx *cx, int64_t *pid) noexcept nogil:
    cdef const Proc *parent = _parent(cx, cx.event.proc) if cx.event.proc is not NULL else NULL
    if parent is NULL:
        return 0
    pid[0] = _pid_of(parent)
    return 1


cdef bint _parent_age(const EvalCx *cx, const Proc *parent, uint64_t *ns) noexcept nogil:
    """As in Falco, the number of open descriptors if the parent's start is unknown."""
    if parent.start_ns == 0:
        ns[0] = fds_count(rthread_fds(_thread(cx)))
    else:
        ns[0] = cx.event.hdr.time_ns - parent.start_ns
    return 1


cdef const Proc *_creator(const EvalCx *cx) noexcept nogil:
    """As in Falco, the thread that created the process."""
    return <const Proc *>thread_table_find(_table(cx), (<const ReplayThread *>cx.event.proc_main).ptid)


cdef const Proc *_find(const EvalCx *cx, int64_t id) noexcept nogil:
    return <const Proc *>thread_table_find(_table(cx), id)


cdef const Proc *_find_leader(const EvalCx *cx, int64_t id, bint is_virtual) noexcept nogil:
    """Return the thread with that id. Ids of another pid namespace do not match."""
    if is_virtual and rthread_in_pidns(_thread(cx)):
        return NULL
    return _find(cx, id)


# --- State ------------------------------------------------------------------------------------------------------------

cdef bint _cwd(EvalCx *cx, Slice *out) noexcept nogil:
    if cx.event.proc is NULL:
        return 0
    out[0] = rthread_cwd(_thread(cx))
    return 1


cdef bint _exec_after_ctime(const EvalCx *cx, uint64_t *ns) noexcept nogil:
    """The value as of the exec; it wraps around if the process is older than the file."""
    ns[0] = cx.event.proc.image.file.older_ns
    return ns[0] != 0


cdef bint _ctime_after_pidns(const EvalCx *cx, uint64_t *ns) noexcept nogil:
    ns[0] = cx.event.proc.image.file.newer_ns
    return ns[0] != 0


cdef bint _thread_count(const EvalCx *cx, uint64_t *all, uint64_t *others) noexcept nogil:
    """A first thread that has ended is not counted among all."""
    cdef const ReplayThread *main
    all[0] = _thread(cx).group.alive if _thread(cx).group is not NULL else 0
    others[0] = all[0]
    if all[0]:
        main = rthread_main(_thread(cx))
        if main is not NULL and not main.flags & RTHREAD_CLOSED:
            others[0] -= 1
    return 1


cdef bint _fd_count(const EvalCx *cx, uint64_t *count) noexcept nogil:
    count[0] = fds_count(rthread_fds(_thread(cx)))
    return 1


# --- Container and machine --------------------------------------------------------------------------------------------

cdef bint _container_start(const EvalCx *cx, uint64_t *unix_ns) noexcept nogil:
    """As in Falco, also on the host."""
    return cx_pidns_start(cx, unix_ns)


cdef bint _health_checks(const EvalCx *cx, uint32_t *flags) noexcept nogil:
    return 0


cdef void _account_names(const EvalCx *cx, AccountNames *out) noexcept nogil:
    cdef const ContainerUsers *inside
    cdef Slice id
    id.ptr = <const uint8_t *>cx.event.proc.container.id
    id.len = cx.event.proc.container.len
    inside = thread_table_users(<ThreadTable *>cx.source_data, id, 0)
    if inside is NULL:
        out.users = out.groups = out.homes = out.shells = NULL
        return
    out.users = &inside.users
    out.groups = &inside.groups
    out.homes = &inside.homes
    out.shells = &inside.shells


cdef const char *_hostname(const EvalCx *cx) noexcept nogil:
    """The name of the recorded machine."""
    cdef const ThreadTable *threads = _table(cx)
    if threads.hostname[0] == 0:
        return NULL
    return threads.hostname


REPLAY_OPS.proc.pid = _pid
REPLAY_OPS.proc.vpid = _vpid
REPLAY_OPS.proc.vtid = _vtid
REPLAY_OPS.proc.is_main_thread = _is_main_thread
REPLAY_OPS.proc.recorded_comm = _recorded_comm
REPLAY_OPS.proc.pid_of = _pid_of
REPLAY_OPS.proc.vpid_of = _vpid_of
REPLAY_OPS.proc.parent = _parent
REPLAY_OPS.proc.parent_pid = _parent_pid
REPLAY_OPS.proc.parent_age = _parent_age
REPLAY_OPS.proc.creator = _creator
REPLAY_OPS.proc.find = _find
REPLAY_OPS.proc.find_leader = _find_leader
REPLAY_OPS.proc.cwd = _cwd
REPLAY_OPS.proc.exec_after_ctime = _exec_after_ctime
REPLAY_OPS.proc.ctime_after_pidns = _ctime_after_pidns
REPLAY_OPS.proc.thread_count = _thread_count
REPLAY_OPS.proc.fd_count = _fd_count
REPLAY_OPS.proc.container_start = _container_start
REPLAY_OPS.proc.health_checks = _health_checks
REPLAY_OPS.proc.account_names = _account_names
REPLAY_OPS.proc.hostname = _hostname
REPLAY_OPS.fd = REPLAY_FD_OPS
REPLAY_OPS.reports_unknown = 1
REPLAY_OPS.lowest_id = INT64_MIN
REPLAY_OPS.unknown_text = slice_of(b"")
REPLAY_OPS.unreadable_text = slice_of(b"<NA>")
REPLAY_OPS.durations_wrap = 1
