# SPDX-License-Identifier: Apache-2.0
"""Threads of a capture, their relations, and the users of containers.

An ended thread is removed at the next event. The main thread of a process stays until the last thread is gone, since
the others use its descriptors and its directory.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from tiercel._core.replay.fd_table cimport fds_free
from tiercel._core.state.container cimport names_clear
from tiercel._core.state.exec_image cimport ImageParts, image_drop, image_new, shared_drop, shared_slice
from tiercel._core.state.process cimport (
    PROC_MEASURED, proc_init, proc_set_cgroups, proc_set_image, proc_share_container,
)
from tiercel._core.util.arena_text cimport arena_free, arena_init
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.path cimport PATH_LIMIT
from tiercel._core.util.slice cimport bytes_hash, slice_equal, slice_of

cdef enum:
    GENERATIONS_MAX = 1024          # limit of the search for a reaper: ancestors may be cyclic in a damaged capture
    GROUP_GONE_MAX = 11             # ended threads before Falco compacts the list of a process
    CHILDREN_GONE_MAX = 10          # ended children before Falco compacts their list
    EXITED_NS = 2_000_000_000       # age limit of a remembered pair of child and parent
    SCRATCH_BYTES = 65536

    INIT_PID = 1
    EV_EXECVE = 293
    EV_EXECVEAT_ENTER = 330


# --- The table --------------------------------------------------------------------------------------------------------

cdef ReplayThread *thread_table_find(const ThreadTable *threads, int64_t tid) noexcept nogil:
    return <ReplayThread *>intmap_get(&threads.by_tid, <uint64_t>tid)


cdef void _free(ReplayThread *thread) noexcept nogil:
    image_drop(thread.proc.image)
    proc_set_cgroups(&thread.proc, NULL)
    proc_share_container(&thread.proc, NULL)
    shared_drop(thread.cwd)
    shared_drop(thread.root)
    fds_free(thread.fds)
    free(thread.enter)
    free(thread)


cdef void _erase(ThreadTable *threads, ReplayThread *thread) noexcept nogil:
    # A main thread that ended long ago may have got children since: they keep its id.
    while thread.children is not NULL:
        _leave_parent(thread.children, 0)
    intmap_remove(&threads.by_tid, <uint64_t>thread.tid)
    threads.stats.removed += 1
    if threads.thread is thread:
        threads.thread = NULL
    if thread.fds is not NULL:
        threads.event_fd = NULL
    _free(thread)


cdef ReplayThread *thread_table_insert(ThreadTable *threads, int64_t tid) noexcept nogil:
    """Add an empty thread in place of any other with that id. NULL, and counted, without room."""
    cdef ReplayThread *thread
    cdef ReplayThread *known
    thread_table_remove(threads, tid)
    known = thread_table_find(threads, tid)
    if known is not NULL:
        # The main thread stays while its process has other threads.
        _leave_parent(known, 1)
        _leave_group(known)
        _erase(threads, known)
    if threads.by_tid.count >= threads.capacity:
        threads.stats.refused += 1
        return NULL
    thread = <ReplayThread *>calloc(1, sizeof(ReplayThread))
    if thread is NULL or intmap_put(&threads.by_tid, <uint64_t>tid, thread) < 0:
        free(thread)
        threads.stats.no_memory += 1
        return NULL
    proc_init(&thread.proc)
    thread.proc.flags = PROC_MEASURED  # unknown values count as 0
    proc_share_container(&thread.proc, threads.state.host)
    thread.tid = tid
    thread.pid = thread.ptid = thread.vtid = thread.vpid = thread.reaper_tid = thread.last_fd = -1
    threads.stats.added += 1
    return thread


cdef ReplayThread *thread_table_add_invalid(ThreadTable *threads, int64_t tid) noexcept nogil:
    """Add a thread of which only the id is known."""
    cdef ReplayThread *thread = thread_table_insert(threads, tid)
    cdef ImageParts parts
    if thread is NULL:
        return NULL
    threads.stats.invalid += 1
    memset(&parts, 0, sizeof(parts))
    parts.comm = slice_of(b"<NA>")
    parts.exe = slice_of(b"<NA>")
    parts.exepath = slice_of(b"")
    parts.env = slice_of(b"")
    proc_set_image(threads.state, &thread.proc, image_new(&parts))
    return thread


# --- Groups and children ----------------------------------------------------------------------------------------------

cdef void _join_group(ThreadGroup *group, ReplayThread *thread) noexcept nogil:
    if rthread_is_main(thread):
        thread.group_next = group.first
        if group.first is not NULL:
            group.first.group_prev = thread
        else:
            group.last = thread
        group.first = thread
    else:
        thread.group_prev = group.last
        if group.last is not NULL:
            group.last.group_next = thread
        else:
            group.first = thread
        group.last = thread
    thread.group = group
    group.count += 1
    group.alive += 1


cdef void _leave_group(ReplayThread *thread) noexcept nogil:
    """Count an ended thread: Falco's list counts it until the list is compacted."""
    cdef ThreadGroup *group = thread.group
    if thread.group_prev is NULL:
        group.first = thread.group_next
    else:
        thread.group_prev.group_next = thread.group_next
    if thread.group_next is NULL:
        group.last = thread.group_prev
    else:
        thread.group_next.group_prev = thread.group_prev
    thread.group = NULL
    thread.group_next = NULL
    thread.group_prev = NULL
    group.count -= 1
    group.gone += 1


cdef void _adopt(ReplayThread *parent, ReplayThread *child) noexcept nogil:
    child.ptid = parent.tid
    child.parent = parent
    child.sibling_prev = NULL
    child.sibling_next = parent.children
    if parent.children is not NULL:
        parent.children.sibling_prev = child
    parent.children = child
    parent.child_count += 1


cdef void _leave_parent(ReplayThread *child, bint is_gone) noexcept nogil:
    """Remove the thread from its parent's children; Falco counts an ended one until it compacts the list."""
    cdef ReplayThread *parent = child.parent
    if parent is NULL:
        return
    if child.sibling_prev is NULL:
        parent.children = child.sibling_next
    else:
        child.sibling_prev.sibling_next = child.sibling_next
    if child.sibling_next is not NULL:
        child.sibling_next.sibling_prev = child.sibling_prev
    child.parent = NULL
    child.sibling_next = NULL
    child.sibling_prev = NULL
    parent.child_count -= 1
    if is_gone:
        if parent.child_gone + 1 >= CHILDREN_GONE_MAX:
            parent.child_gone = 0
        parent.child_gone += 1


cdef void thread_table_link(ThreadTable *threads, ReplayThread *thread) noexcept nogil:
    """Link a thread with complete ids to its group and its parent. An unknown parent becomes 0."""
    cdef ThreadGroup *group
    cdef ReplayThread *parent
    if thread.group is not NULL or rthread_is_invalid(thread):
        return
    group = <ThreadGroup *>intmap_get(&threads.groups, <uint64_t>thread.pid)
    if group is NULL:
        group = <ThreadGroup *>calloc(1, sizeof(ThreadGroup))
        if group is NULL or intmap_put(&threads.groups, <uint64_t>thread.pid, group) < 0:
            free(group)
            threads.stats.no_memory += 1
            return
        group.pid = thread.pid
        group.is_reaper = thread.pid == INIT_PID or thread.vpid == INIT_PID
    _join_group(group, thread)
    if thread.pid == INIT_PID:
        return
    parent = thread_table_find(threads, thread.ptid)
    if parent is NULL or parent is thread or rthread_is_invalid(parent):
        thread.ptid = 0
    else:
        _adopt(parent, thread)


cdef ReplayThread *rthread_main(const ReplayThread *thread) noexcept nogil:
    """Return the main thread of its process; NULL if it is not known."""
    cdef ReplayThread *first
    if rthread_is_main(thread):
        return <ReplayThread *>thread
    first = thread.group.first if thread.group is not NULL else NULL
    return first if first is not NULL and rthread_is_main(first) else NULL


cdef ReplayThread *rthread_parent(const ThreadTable *threads, const ReplayThread *thread) noexcept nogil:
    """Return the main thread of its parent; NULL if one of the steps is not known."""
    cdef ReplayThread *found = rthread_main(thread) if thread is not NULL else NULL
    if found is not NULL:
        found = thread_table_find(threads, found.ptid)
    return rthread_main(found) if found is not NULL else NULL


# --- Ends -------------------------------------------------------------------------------------------------------------

cdef void rthread_kill(ReplayThread *thread) noexcept nogil:
    """Mark the thread as ended. It stays in the table."""
    if thread.flags & RTHREAD_CLOSED == 0:
        thread.flags |= RTHREAD_CLOSED
        if thread.group is not NULL:
            thread.group.alive -= 1


cdef void rthread_revive(ReplayThread *thread) noexcept nogil:
    """Clear the ended mark."""
    if thread.flags & RTHREAD_CLOSED:
        thread.flags &= ~<uint32_t>RTHREAD_CLOSED
        if thread.group is not NULL:
            thread.group.alive += 1


cdef ReplayThread *_alive(ThreadGroup *group, const ReplayThread *other_than) noexcept nogil:
    cdef ReplayThread *thread = group.first if group is not NULL and group.alive else NULL
    while thread is not NULL and (thread.flags & RTHREAD_CLOSED or thread is other_than):
        thread = thread.group_next
    return thread


cdef ReplayThread *rthread_find_reaper(const ThreadTable *threads, const ReplayThread *thread) noexcept nogil:
    """Return the new parent of an ending thread's children: a thread of its process, or the nearest reaper."""
    cdef ReplayThread *found = _alive(thread.group, thread)
    cdef const ReplayThread *ancestor
    cdef int _
    if found is not NULL:
        return found
    ancestor = thread_table_find(threads, thread.ptid)
    for _ in range(GENERATIONS_MAX):
        if ancestor is NULL or ancestor is thread or rthread_in_pidns(ancestor) != rthread_in_pidns(thread):
            return NULL
        if ancestor.group is not NULL and ancestor.group.is_reaper:
            found = _alive(ancestor.group, NULL)
            if found is not NULL:
                return found
        ancestor = thread_table_find(threads, ancestor.ptid)
    return NULL


cdef void rthread_give_children(ReplayThread *thread, ReplayThread *reaper) noexcept nogil:
    """Move the children of a thread to another one, or to none."""
    cdef ReplayThread *child
    thread.child_gone = 0
    while thread.children is not NULL:
        child = thread.children
        _leave_parent(child, 0)
        if reaper is not NULL and reaper is not child:
            _adopt(reaper, child)
        else:
            child.ptid = 0


cdef void _reparent(ThreadTable *threads, ReplayThread *thread) noexcept nogil:
    """Move the children of an ending thread to their new parent; as in Falco, if its list still counts any."""
    cdef ReplayThread *reaper = NULL
    if thread.child_count + thread.child_gone == 0:
        return
    if thread.reaper_tid > 0:
        reaper = thread_table_find(threads, thread.reaper_tid)
        if reaper is NULL:
            reaper = thread_table_add_invalid(threads, thread.reaper_tid)
    if reaper is NULL or reaper is thread or rthread_is_invalid(reaper):
        reaper = rthread_find_reaper(threads, thread)
    if reaper is not NULL:
        thread.reaper_tid = reaper.tid
        if reaper.pid != thread.pid and reaper.group is not NULL:
            reaper.group.is_reaper = 1
    rthread_give_children(thread, reaper)


cdef void _remember_exit(ThreadTable *threads, const ReplayThread *thread) noexcept nogil:
    cdef ThreadExit *entry = &threads.exited[threads.exited_next]
    if entry.tid and intmap_get(&threads.exited_by_tid, <uint64_t>entry.tid) == entry:
        intmap_remove(&threads.exited_by_tid, <uint64_t>entry.tid)
    entry.tid = thread.tid
    entry.ptid = thread.ptid
    entry.ns = threads.now_ns
    intmap_put(&threads.exited_by_tid, <uint64_t>thread.tid, entry)
    threads.exited_next = (threads.exited_next + 1) % EXITED_MAX


cdef bint thread_table_has_exited(const ThreadTable *threads, int64_t tid, int64_t ptid) noexcept nogil:
    """Return true if that child of that parent ended a short time ago."""
    cdef const ThreadExit *entry = <const ThreadExit *>intmap_get(&threads.exited_by_tid, <uint64_t>tid)
    return entry is not NULL and entry.ptid == ptid and threads.now_ns - entry.ns < EXITED_NS


cdef void thread_table_remove(ThreadTable *threads, int64_t tid) noexcept nogil:
    """Remove a thread; the last thread of a process takes its main thread and its group with it."""
    cdef ReplayThread *thread = thread_table_find(threads, tid)
    cdef ThreadGroup *group
    cdef ReplayThread *main
    if thread is NULL:
        return
    group = thread.group
    if group is NULL:
        _erase(threads, thread)
        return
    _remember_exit(threads, thread)
    rthread_kill(thread)
    _reparent(threads, thread)
    main = group.first if rthread_is_main(group.first) else NULL
    if thread is not main:
        if group.count + group.gone - group.alive >= GROUP_GONE_MAX:
            group.gone = 0
        _leave_parent(thread, 1)
        _leave_group(thread)
        _erase(threads, thread)
    if group.alive == 0 and (main is not NULL or group.count == 0):
        if main is not NULL:
            _leave_parent(main, 1)
            _leave_group(main)
            _erase(threads, main)
        if group.count == 0:
            intmap_remove(&threads.groups, <uint64_t>group.pid)
            free(group)


# --- What a thread uses -----------------------------------------------------------------------------------------------

cdef Slice rthread_cwd(const ReplayThread *thread) noexcept nogil:
    """Return the directory of its process with a trailing slash: ``./`` without a main thread, empty if unknown."""
    cdef const ReplayThread *main = rthread_main(thread)
    if main is NULL:
        return slice_of(b"./")
    return shared_slice(main.cwd) if main.cwd is not NULL else slice_of(b"")


cdef ReplayThread *rthread_keeper(const ReplayThread *thread) noexcept nogil:
    """Return the thread that holds the descriptors: the main thread, or itself if only its id is known; else NULL."""
    return <ReplayThread *>thread if thread.group is NULL else rthread_main(thread)


cdef FdTable *rthread_fds(const ReplayThread *thread) noexcept nogil:
    """Return the descriptors of its process; NULL without descriptors or main thread."""
    cdef ReplayThread *keeper = rthread_keeper(thread) if thread is not NULL else NULL
    return keeper.fds if keeper is not NULL else NULL


cdef const ScapEvent *rthread_enter(const ReplayThread *thread, const ScapEvent *exit) noexcept nogil:
    """Return the enter event of the call that `exit` ends; NULL if it is missing or not the thread's last event."""
    cdef const EnterEvent *enter = thread.enter if thread is not NULL else NULL
    if enter is NULL or thread.last_type != enter.event.type:
        return NULL
    if enter.event.type + 1 == exit.type or (enter.event.type == EV_EXECVEAT_ENTER and exit.type == EV_EXECVE):
        return &enter.event
    return NULL


# --- Users of containers ----------------------------------------------------------------------------------------------

cdef ContainerUsers *thread_table_users(ThreadTable *threads, Slice container_id, bint make) noexcept nogil:
    """Return users and groups of a container; NULL if there are none, or no room for new ones."""
    cdef uint64_t hash = bytes_hash(container_id.ptr, container_id.len)
    cdef ContainerUsers *first = <ContainerUsers *>intmap_get(&threads.users, hash)
    cdef ContainerUsers *users = first
    while users is not NULL and not slice_equal(users.id, container_id):
        users = users.next
    if users is not NULL or not make:
        return users
    if threads.users_count >= CONTAINER_USERS_MAX:
        threads.stats.users_refused += 1
        return NULL
    users = <ContainerUsers *>malloc(sizeof(ContainerUsers) + container_id.len)
    if users is NULL or intmap_put(&threads.users, hash, users) < 0:
        free(users)
        threads.stats.no_memory += 1
        return NULL
    memset(users, 0, sizeof(ContainerUsers))
    users.next = first
    users.id.ptr = <const uint8_t *>(users + 1)
    users.id.len = container_id.len
    if container_id.len:
        memcpy(users + 1, container_id.ptr, container_id.len)
    threads.users_count += 1
    return users


cdef void _clear_users(ThreadTable *threads) noexcept nogil:
    cdef ContainerUsers *users
    cdef ContainerUsers *next
    cdef uint32_t i
    if threads.users.cells is not NULL:
        for i in range(threads.users.mask + 1):
            users = <ContainerUsers *>threads.users.cells[i].value
            while users is not NULL:
                next = users.next
                names_clear(&users.users)
                names_clear(&users.groups)
                names_clear(&users.homes)
                names_clear(&users.shells)
                free(users)
                users = next
    intmap_free(&threads.users)
    threads.users_count = 0


# --- The whole --------------------------------------------------------------------------------------------------------

cdef ThreadTable *thread_table_new(State *state, uint32_t capacity) noexcept nogil:
    """Create an empty table; `state` has the containers and the users of the host. NULL without memory."""
    cdef ThreadTable *threads = <ThreadTable *>calloc(1, sizeof(ThreadTable))
    if threads is NULL:
        return NULL
    threads.state = state
    threads.capacity = capacity
    threads.path_limit = PATH_LIMIT
    if arena_init(&threads.scratch, SCRATCH_BYTES) < 0:
        free(threads)
        return NULL
    threads.event_fd_num = -1
    return threads


cdef void thread_table_clear(ThreadTable *threads) noexcept nogil:
    """Remove all threads and deferred work of previous events; counters stay."""
    cdef uint32_t i
    if threads.by_tid.cells is not NULL:
        for i in range(threads.by_tid.mask + 1):
            if threads.by_tid.cells[i].value is not NULL:
                _free(<ReplayThread *>threads.by_tid.cells[i].value)
    if threads.groups.cells is not NULL:
        for i in range(threads.groups.mask + 1):
            free(threads.groups.cells[i].value)
    intmap_free(&threads.by_tid)
    intmap_free(&threads.groups)
    intmap_free(&threads.exited_by_tid)
    memset(threads.exited, 0, sizeof(threads.exited))
    threads.exited_next = 0
    _clear_users(threads)
    threads.thread = NULL
    proc_set_cgroups(&threads.sorted, NULL)
    proc_share_container(&threads.sorted, NULL)
    threads.is_open = 0
    threads.has_removal = 0
    threads.has_fd_removal = 0
    threads.event_fd = NULL
    threads.event_fd_num = -1
    threads.interface_count = 0
    threads.hostname[0] = 0


cdef void thread_table_free(ThreadTable *threads) noexcept nogil:
    if threads is NULL:
        return
    thread_table_clear(threads)
    arena_free(&threads.scratch)
    free(threads)
