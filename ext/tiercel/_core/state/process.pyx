# SPDX-License-Identifier: Apache-2.0
"""Table of processes with their ancestry and container, and run times of threads.

A hash table by tgid holds the newest process of that id and links to older ones. Each process has a list of its
children, so that an exit can move them to their new parent. Callers hold `state.lock`.

Removal. An exited process stays for EXIT_GRACE_NS, so that late records find it, and for as long as it has children
without another known parent. A full table evicts an exited process first, then the longest-idle process without
children. If it must evict a process with children, the children move to its parent. Both kinds of eviction are counted.

Run times. The event names the thread that leaves the CPU. Its slice began at the previous switch on the same CPU; the
first switch seen on a CPU yields no time.
"""

from libc.stdlib cimport calloc, free, malloc

from tiercel._core.state.container cimport (
    container_drop,
    container_host,
    container_keep,
    container_make,
    containers_clear_groups,
    containers_clear_keys,
    containers_free,
    containers_init,
    containers_of_key,
    containers_set_key,
    names_clear,
)
from tiercel._core.state.exec_image cimport image_drop, shared_drop
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.posix cimport pthread_mutex_destroy, pthread_mutex_init

cdef enum:
    SECOND_CHANCES = 128    # running processes that are skipped before one is evicted regardless of activity
    CYCLE_STEPS = 65536     # generations that are checked before a link counts as a possible cycle
    RUN_TIMES_MAX = 65536   # threads with a run time; a full table is cleared


# --- Lists ------------------------------------------------------------------------------------------------------------

cdef inline void _append(ProcList *list, Proc *proc) noexcept nogil:
    proc.next = NULL
    proc.prev = list.last
    if list.last is NULL:
        list.first = proc
    else:
        list.last.next = proc
    list.last = proc


cdef inline void _remove(ProcList *list, Proc *proc) noexcept nogil:
    if proc.prev is NULL:
        list.first = proc.next
    else:
        proc.prev.next = proc.next
    if proc.next is NULL:
        list.last = proc.prev
    else:
        proc.next.prev = proc.prev
    proc.next = NULL
    proc.prev = NULL


# --- Containers -------------------------------------------------------------------------------------------------------

cdef void proc_share_container(Proc *proc, Container *container) noexcept nogil:
    """Put the process into the container; NULL for an unknown one."""
    container_keep(container)
    container_drop(proc.container)
    proc.container = container


cdef void proc_set_container(State *state, Proc *proc, uint64_t key, const CgroupName *name) noexcept nogil:
    """Put a process with known cgroup names into the container `name`; on the host if that is NULL.

    The key represents all its cgroups; it is 0 in a capture, which has no keys.
    """
    cdef Container *container = container_keep(state.containers.static_container)
    proc.cgroup_id = key
    if container is NULL and name is NULL:
        container = container_keep(state.host)
    elif container is NULL:
        container = container_make(&state.containers, name)
        if container is NULL:
            state.stats.no_memory += 1
            return
    proc_share_container(proc, container)
    if key:
        containers_set_key(&state.containers, key, container)
    container_drop(container)


cdef void proc_move_cgroup(State *state, Proc *proc, uint64_t key) noexcept nogil:
    """Set the cgroup id of a process; its container changes if the container of the cgroup is known."""
    cdef Container *known = containers_of_key(&state.containers, key)
    if proc.cgroup_id and proc.cgroup_id != key:
        proc_set_cgroups(proc, NULL)
    proc.cgroup_id = key
    if known is not NULL:
        proc_share_container(proc, known)


# --- Processes --------------------------------------------------------------------------------------------------------

cdef Proc *proc_current(const State *state, uint32_t tgid) noexcept nogil:
    """Return the newest process with that id, or NULL."""
    return <Proc *>intmap_get(&state.by_tgid, tgid)


cdef Proc *proc_find(const State *state, uint32_t tgid, uint64_t start_ns) noexcept nogil:
    """Return the process with that id and start, or NULL. A start of 0, here or in the table, matches any."""
    cdef Proc *proc = proc_current(state, tgid)
    while proc is not NULL:
        if proc.start_ns == start_ns or start_ns == 0 or proc.start_ns == 0:
            return proc
        if proc.flags & PROC_COARSE and proc.start_ns // TICK_NS == start_ns // TICK_NS:
            proc.start_ns = start_ns
            proc.flags &= ~<uint32_t>PROC_COARSE
            return proc
        proc = proc.older
    return NULL


cdef void _leave_parent(Proc *proc) noexcept nogil:
    """Remove the process from its parent's list of children."""
    if proc.parent is NULL:
        return
    if proc.prev_sibling is NULL:
        proc.parent.children = proc.next_sibling
    else:
        proc.prev_sibling.next_sibling = proc.next_sibling
    if proc.next_sibling is not NULL:
        proc.next_sibling.prev_sibling = proc.prev_sibling
    proc.parent = NULL
    proc.next_sibling = NULL
    proc.prev_sibling = NULL


cdef inline bint _is_idle(const Proc *proc) noexcept nogil:
    """Return true if an exited process was kept only for its children and has none left."""
    return proc is not NULL and proc.children is NULL and proc.flags & PROC_LINGERS != 0


cdef void _forget(State *state, Proc *proc, const Proc *keep) noexcept nogil:
    """Remove a process from all tables and free it; its children move to its parent.

    Also remove exited ancestors that were kept only for it, up to `keep`.
    """
    cdef Proc *parent
    cdef Proc *other
    while True:
        parent = proc.parent
        while proc.children is not NULL:
            other = proc.children
            _leave_parent(other)
            if parent is not NULL:
                proc_adopt(parent, other)
        _leave_parent(proc)
        other = proc_current(state, proc.tgid)
        if other is not proc:
            while other.older is not proc:
                other = other.older
            other.older = proc.older
        elif proc.older is NULL:
            intmap_remove(&state.by_tgid, proc.tgid)
        else:
            intmap_put(&state.by_tgid, proc.tgid, proc.older)
        if not proc.flags & PROC_LINGERS:
            _remove(&state.ended if proc.flags & PROC_EXITED else &state.running, proc)
        image_drop(proc.image)
        shared_drop(proc.cgroups)
        container_drop(proc.container)
        free(proc)
        state.count -= 1
        if not _is_idle(parent) or parent is keep:
            return
        proc = parent


cdef void _evict(State *state, const Proc *keep) noexcept nogil:
    """Make room for one process without evicting `keep`."""
    cdef Proc *proc = state.ended.first
    cdef int _
    state.stats.evicted += 1
    while proc is not NULL and (proc is keep or proc.children is not NULL):
        proc = proc.next
    if proc is not NULL:
        _forget(state, proc, keep)
        return
    for _ in range(SECOND_CHANCES):
        proc = state.running.first
        if proc is NULL:
            break
        if proc is not keep and not proc.flags & PROC_SEEN and proc.children is NULL:
            _forget(state, proc, keep)
            return
        proc.flags &= ~<uint32_t>PROC_SEEN
        _remove(&state.running, proc)
        _append(&state.running, proc)
    proc = state.running.first if state.running.first is not NULL else state.ended.first
    if proc is keep and proc is not NULL:
        proc = proc.next
    if proc is not NULL:
        _forget(state, proc, keep)


cdef Proc *proc_new(State *state, uint32_t tgid, uint64_t start_ns, const Proc *keep) noexcept nogil:
    """Add a process without parent and program as the newest of its id. `keep` is not evicted for it.

    Returns NULL, counted, without memory.
    """
    cdef Proc *proc
    if state.count >= state.capacity:
        _evict(state, keep)
    proc = <Proc *>malloc(sizeof(Proc))
    if proc is NULL:
        state.stats.no_memory += 1
        return NULL
    proc_init(proc)
    proc.tgid = tgid
    proc.start_ns = start_ns
    proc.older = proc_current(state, tgid)
    if intmap_put(&state.by_tgid, tgid, proc) < 0:
        state.stats.no_memory += 1
        free(proc)
        return NULL
    proc_share_container(proc, state.containers.static_container)
    _append(&state.running, proc)
    state.count += 1
    state.stats.created += 1
    return proc


cdef bint proc_descends(const Proc *proc, const Proc *ancestor) noexcept nogil:
    """Return true if `proc` is `ancestor`, a descendant of it, or too deep to decide."""
    cdef int _
    for _ in range(CYCLE_STEPS):
        if proc is NULL:
            return 0
        if proc is ancestor:
            return 1
        proc = proc.parent
    return 1


cdef void proc_adopt(Proc *parent, Proc *child) noexcept nogil:
    """Make a process without parent the youngest child of `parent`, which must not be its descendant."""
    child.parent = parent
    child.prev_sibling = NULL
    child.next_sibling = parent.children
    if parent.children is not NULL:
        parent.children.prev_sibling = child
    parent.children = child


cdef void proc_move(State *state, Proc *parent, Proc *child) noexcept nogil:
    """Move the process to another parent unless that creates a cycle."""
    cdef Proc *before = child.parent
    if before is parent or proc_descends(parent, child):
        return
    _leave_parent(child)
    proc_adopt(parent, child)
    if _is_idle(before):
        _forget(state, before, parent)


cdef void proc_set_image(State *state, Proc *proc, ExecImage *image) noexcept nogil:
    """Set the program of the process and take the caller's reference; NULL counts as an allocation failure."""
    if image is NULL:
        state.stats.no_memory += 1
        return
    image_drop(proc.image)
    proc.image = image


cdef void proc_set_cgroups(Proc *proc, Shared *cgroups) noexcept nogil:
    """Set the cgroup names of the process and take the caller's reference; NULL: not known."""
    shared_drop(proc.cgroups)
    proc.cgroups = cgroups


cdef void proc_end(State *state, Proc *proc, uint64_t now_ns, Proc *reaper) noexcept nogil:
    """Mark the process as exited; its children move to `reaper`, or stay if that is NULL."""
    cdef Proc *child
    if reaper is not NULL and not proc_descends(reaper, proc):
        while proc.children is not NULL:
            child = proc.children
            _leave_parent(child)
            proc_adopt(reaper, child)
    if proc.flags & PROC_EXITED:
        return
    _remove(&state.running, proc)
    proc.flags |= PROC_EXITED
    proc.exit_ns = now_ns
    _append(&state.ended, proc)
    state.stats.exits += 1


cdef void proc_revive(State *state, Proc *proc, uint64_t now_ns) noexcept nogil:
    """Clear the exited mark, for an event of another thread. The exit of the last thread is final: the thread still
    causes one context switch."""
    if proc.flags & PROC_GONE or now_ns <= proc.exit_ns:
        return
    if proc.flags & PROC_LINGERS == 0:
        _remove(&state.ended, proc)
    proc.flags &= ~<uint32_t>(PROC_EXITED | PROC_LINGERS)
    _append(&state.running, proc)


cdef void state_reap(State *state, uint64_t now_ns) noexcept nogil:
    """Remove processes whose grace period is over; those with children linger."""
    cdef Proc *proc = state.ended.first
    while proc is not NULL and proc.exit_ns + EXIT_GRACE_NS <= now_ns:
        if proc.children is NULL:
            _forget(state, proc, NULL)
        else:
            _remove(&state.ended, proc)
            proc.flags |= PROC_LINGERS
        proc = state.ended.first


# --- The whole --------------------------------------------------------------------------------------------------------

cdef State *state_new(uint32_t capacity) noexcept nogil:
    """Create an empty table; NULL without memory."""
    cdef State *state = <State *>calloc(1, sizeof(State))
    if state is NULL:
        return NULL
    pthread_mutex_init(&state.lock, NULL)
    state.capacity = capacity
    containers_init(&state.containers)
    state.host = container_host(&state.containers)
    if state.host is NULL:
        state_free(state)
        return NULL
    return state


cdef void state_clear(State *state) noexcept nogil:
    """Remove all processes and cgroups; names of the host's users stay."""
    while state.running.first is not NULL:
        _forget(state, state.running.first, NULL)
    while state.ended.first is not NULL:
        _forget(state, state.ended.first, NULL)
    containers_clear_groups(&state.containers)
    containers_clear_keys(&state.containers)


cdef void state_free(State *state) noexcept nogil:
    if state is NULL:
        return
    state_clear(state)
    names_clear(&state.run_times)
    names_clear(&state.users)
    names_clear(&state.groups)
    names_clear(&state.homes)
    names_clear(&state.shells)
    intmap_free(&state.by_tgid)
    container_drop(state.host)
    containers_free(&state.containers)
    pthread_mutex_destroy(&state.lock)
    free(state)


# --- Run times --------------------------------------------------------------------------------------------------------

cdef void run_times_switch(State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Handle a switch; `state.run_ns` is then the run time of the thread."""
    cdef RunTime *sum
    state.run_ns = 0
    if hdr.cpu >= CPUS_MAX:
        return
    if state.switched_ns[hdr.cpu] and hdr.time_ns >= state.switched_ns[hdr.cpu]:
        state.run_ns = hdr.time_ns - state.switched_ns[hdr.cpu]
    state.switched_ns[hdr.cpu] = hdr.time_ns
    if proc is NULL or state.run_ns == 0:
        return
    sum = <RunTime *>intmap_get(&state.run_times, hdr.tid)
    if sum is NULL:
        if state.run_times.count >= RUN_TIMES_MAX:
            names_clear(&state.run_times)
        sum = <RunTime *>calloc(1, sizeof(RunTime))
        if sum is NULL or intmap_put(&state.run_times, hdr.tid, sum) < 0:
            free(sum)
            return
    if sum.start_ns != proc.start_ns:
        sum.start_ns = proc.start_ns
        sum.ns = 0
    sum.ns += state.run_ns


cdef uint64_t run_times_total(const State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Return the total run time of the thread."""
    cdef const RunTime *sum = <const RunTime *>intmap_get(&state.run_times, hdr.tid)
    return sum.ns if sum is not NULL and sum.start_ns == proc.start_ns else 0
