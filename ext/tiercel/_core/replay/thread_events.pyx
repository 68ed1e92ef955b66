# SPDX-License-Identifier: Apache-2.0
"""Updates of threads from capture events: directories, identities, limits, memory, exit; and of users and groups."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from tiercel._core.replay.fd_table cimport fd_name
from tiercel._core.replay.initial_tables cimport rthread_find_container, thread_table_add_group, thread_table_add_user
from tiercel._core.replay.thread_table cimport (
    RTHREAD_CLONE_NEWUSER,
    ContainerUsers,
    rthread_cwd,
    rthread_kill,
    rthread_main,
    thread_table_add_invalid,
    thread_table_find,
    thread_table_users,
)
from tiercel._core.scap.params cimport scap_bytes, scap_has, scap_i64, scap_text, scap_u32, scap_u64
from tiercel._core.scap.reader cimport ScapGroup, ScapUser
from tiercel._core.state.exec_image cimport Shared, shared_drop, shared_new, shared_slice
from tiercel._core.state.process cimport Proc
from tiercel._core.util.arena_text cimport arena_take
from tiercel._core.util.hashmap cimport IntMap, intmap_get, intmap_remove
from tiercel._core.util.path cimport path_join
from tiercel._core.util.slice cimport Slice, slice_text
from tiercel._core.wire.events_gen cimport (
    EV_BRK,
    EV_CAPSET,
    EV_CHDIR,
    EV_CHROOT,
    EV_FCHDIR,
    EV_GETCWD,
    EV_GETRLIMIT,
    EV_GROUPADDED,
    EV_MMAP,
    EV_MMAP2,
    EV_MUNMAP,
    EV_PRCTL,
    EV_PRLIMIT,
    EV_PROCEXIT,
    EV_SETGID,
    EV_SETNS,
    EV_SETREGID,
    EV_SETRESGID,
    EV_SETRESUID,
    EV_SETREUID,
    EV_SETRLIMIT,
    EV_SETSID,
    EV_SETUID,
    EV_SWITCH,
    EV_UNSHARE,
    EV_USERADDED,
)

cdef enum:
    RLIMIT_NOFILE = 7
    PR_SET_CHILD_SUBREAPER = 36
    PR_GET_CHILD_SUBREAPER = 37
    CAPABILITIES = 41


# --- Directories ------------------------------------------------------------------------------------------------------

cdef void _set(ThreadTable *threads, Shared **place, Slice text) noexcept nogil:
    cdef Shared *shared = shared_new(text)
    if shared is NULL:
        threads.stats.no_memory += 1
        return
    shared_drop(place[0])
    place[0] = shared


cdef void _change_directory(ThreadTable *threads, ReplayThread *thread, Slice path) noexcept nogil:
    """Change the directory. As in Falco the base is the thread's *own* directory, which only main threads have."""
    cdef ReplayThread *main = rthread_main(thread)
    cdef Slice joined
    cdef uint8_t *room
    if main is NULL:
        return
    if not path_join(shared_slice(thread.cwd), path, threads.path_limit, &threads.scratch, &joined):
        return
    if joined.len == 0 or joined.ptr[joined.len - 1] != b'/':
        room = <uint8_t *>arena_take(&threads.scratch, joined.len + 1)
        if room is NULL:
            return
        if joined.len:
            memcpy(room, joined.ptr, joined.len)
        room[joined.len] = b'/'
        joined.ptr = room
        joined.len += 1
    _set(threads, &main.cwd, joined)


cdef void _change_root(ThreadTable *threads, ReplayThread *thread, Slice path) noexcept nogil:
    cdef Slice joined
    if path_join(rthread_cwd(thread), path, threads.path_limit, &threads.scratch, &joined):
        _set(threads, &thread.root, joined)


# --- Identities and limits --------------------------------------------------------------------------------------------

cdef void _all_capabilities(Proc *proc) noexcept nogil:
    proc.cap_inheritable = proc.cap_permitted = proc.cap_effective = (<uint64_t>1 << CAPABILITIES) - 1


cdef void _set_limit(ReplayThread *thread, uint32_t resource, int64_t limit) noexcept nogil:
    cdef ReplayThread *main = rthread_main(thread) if thread is not NULL else NULL
    if main is not NULL and resource == RLIMIT_NOFILE and limit != -1:
        main.proc.fdlimit = limit


cdef void _set_limit_of(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle prlimit, which may name another process."""
    cdef int64_t tid = scap_i64(event, 5) if scap_i64(event, 5) else event.tid
    cdef ReplayThread *target
    if scap_u32(event, 6) != RLIMIT_NOFILE or not scap_has(event, 1) or scap_i64(event, 1) == -1:
        return
    target = thread_table_find(threads, tid)
    if target is NULL:
        target = thread_table_add_invalid(threads, tid)
    _set_limit(target, RLIMIT_NOFILE, scap_i64(event, 1))


cdef inline void _set_memory(Proc *proc, const ScapEvent *event, uint32_t first) noexcept nogil:
    proc.vm_size = scap_u32(event, first)
    proc.vm_rss = scap_u32(event, first + 1)
    proc.vm_swap = scap_u32(event, first + 2)


cdef void _set_reaper(ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Set or clear the reaper flag. Falco treats the query as a set: its argument is a pointer, which is not 0."""
    cdef uint32_t option = scap_u32(event, 1)
    if thread.group is not NULL and (option == PR_SET_CHILD_SUBREAPER or option == PR_GET_CHILD_SUBREAPER):
        thread.group.is_reaper = scap_i64(event, 3) != 0


cdef void _exited(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    rthread_kill(thread)
    if thread.child_count + thread.child_gone:
        thread.reaper_tid = scap_i64(event, 4) if scap_has(event, 4) else -1
    threads.has_removal = 1
    threads.removal_tid = thread.tid


# --- The dispatch -----------------------------------------------------------------------------------------------------

cdef inline void _set_uid(Proc *proc, const ScapEvent *event, uint32_t index) noexcept nogil:
    if scap_has(event, index):
        proc.uid = scap_u32(event, index)


cdef inline void _set_gid(Proc *proc, const ScapEvent *event, uint32_t index) noexcept nogil:
    if scap_has(event, index):
        proc.gid = scap_u32(event, index)


cdef void rthread_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Apply an event to its thread; a failed call changes nothing but memory counters."""
    cdef uint16_t type = event.type
    cdef ReplayThread *main
    if type == EV_BRK or type == EV_MMAP or type == EV_MMAP2 or type == EV_MUNMAP:
        _set_memory(&thread.proc, event, 1)
    elif type == EV_SWITCH:
        thread.proc.pf_major = scap_u64(event, 1)
        thread.proc.pf_minor = scap_u64(event, 2)
        main = rthread_main(thread)
        if main is not NULL:
            _set_memory(&main.proc, event, 3)
    elif type == EV_PROCEXIT:
        _exited(threads, thread, event)
    elif scap_i64(event, 0) < 0:
        return
    elif type == EV_CHDIR or type == EV_GETCWD:
        _change_directory(threads, thread, scap_text(event, 1))
    elif type == EV_FCHDIR:
        if threads.event_fd is not NULL:
            _change_directory(threads, thread, fd_name(threads.event_fd))
    elif type == EV_CHROOT:
        _change_root(threads, thread, scap_text(event, 1))
        rthread_find_container(threads, thread)
    elif type == EV_SETSID:
        thread.proc.sid = scap_i64(event, 0)
    elif type == EV_SETUID:
        _set_uid(&thread.proc, event, 1)
    elif type == EV_SETGID:
        _set_gid(&thread.proc, event, 1)
    elif type == EV_SETREUID or type == EV_SETRESUID:
        _set_uid(&thread.proc, event, 2)
    elif type == EV_SETREGID or type == EV_SETRESGID:
        _set_gid(&thread.proc, event, 2)
    elif type == EV_CAPSET:
        thread.proc.cap_inheritable = scap_u64(event, 1)
        thread.proc.cap_permitted = scap_u64(event, 2)
        thread.proc.cap_effective = scap_u64(event, 3)
    elif type == EV_UNSHARE:
        if scap_u32(event, 1) & RTHREAD_CLONE_NEWUSER:
            _all_capabilities(&thread.proc)
    elif type == EV_SETNS:
        if scap_u32(event, 2) & RTHREAD_CLONE_NEWUSER:
            _all_capabilities(&thread.proc)
    elif type == EV_PRCTL:
        _set_reaper(thread, event)
    elif type == EV_GETRLIMIT or type == EV_SETRLIMIT:
        if scap_has(event, 1):
            _set_limit(thread, scap_u32(event, 3), scap_i64(event, 1))
    elif type == EV_PRLIMIT:
        _set_limit_of(threads, event)


# --- Users and groups -------------------------------------------------------------------------------------------------

cdef inline Slice _plain(const ScapEvent *event, uint32_t index) noexcept nogil:
    return slice_text(scap_bytes(event, index))


cdef void _forget(IntMap *names, uint32_t id) noexcept nogil:
    cdef void *name = intmap_get(names, id)
    intmap_remove(names, id)
    free(name)


cdef void thread_table_user_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle useradded, userdeleted: uid, gid, name, home, shell, container."""
    cdef Slice container_id = _plain(event, 5)
    cdef ContainerUsers *users
    cdef ScapUser user
    user.uid = scap_u32(event, 0)
    if event.type == EV_USERADDED:
        user.gid = scap_u32(event, 1)
        user.name = _plain(event, 2)
        user.home = _plain(event, 3)
        user.shell = _plain(event, 4)
        thread_table_add_user(threads, container_id, &user)
        return
    if container_id.len == 0:
        _forget(&threads.state.users, user.uid)
        _forget(&threads.state.homes, user.uid)
        _forget(&threads.state.shells, user.uid)
        return
    users = thread_table_users(threads, container_id, 0)
    if users is not NULL:
        _forget(&users.users, user.uid)
        _forget(&users.homes, user.uid)
        _forget(&users.shells, user.uid)


cdef void thread_table_group_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle groupadded, groupdeleted: gid, name, container."""
    cdef Slice container_id = _plain(event, 2)
    cdef ContainerUsers *users
    cdef ScapGroup group
    group.gid = scap_u32(event, 0)
    if event.type == EV_GROUPADDED:
        group.name = _plain(event, 1)
        thread_table_add_group(threads, container_id, &group)
        return
    if container_id.len == 0:
        _forget(&threads.state.groups, group.gid)
        return
    users = thread_table_users(threads, container_id, 0)
    if users is not NULL:
        _forget(&users.groups, group.gid)
