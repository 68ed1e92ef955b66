# SPDX-License-Identifier: Apache-2.0
"""The threads of a capture: who runs, who made whom, and the users of containers.

A thread that has ended goes with the event after the one that ended it. The main thread of a process stays until the
last thread of the process has gone, for the others use its descriptors and its directory.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from tiercel._core.replay.fd_table cimport fds_free
from tiercel._core.state.container cimport names_clear
from tiercel._core.state.exec_image cimport ImageParts, image_drop, image_new, shared_drop, shared_slice
from tiercel._core.state.process cimport proc_init, proc_set_cgroups, proc_set_image, proc_share_container
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.path cimport PATH_LIMIT
from tiercel._core.util.slice cimport bytes_hash, slice_equal, slice_of
from tiercel._core.util.text cimport arena_free, arena_init

cdef enum:
    GENERATIONS_MAX = 1024          # ancestors looked at for a reaper: a damaged capture may have a circle of them
    GROUP_GONE_MAX = 11             # ended threads before Falco tidies the list of a process
    CHILDREN_GONE_MAX = 10          # the same for children
    EXITED_NS = 2_000_000_000       # how long a pair of child and parent counts as recent
    SCRATCH_BYTES = 65536

    INIT_PID = 1
    EV_EXECVE = 293
    EV_EXECVEAT_ENTER = 330


# --- The table --------------------------------------------------------------------------------------------------------

cdef Task *tasks_find(const Tasks *tasks, int64_t tid) noexcept nogil:
    return <Task *>intmap_get(&tasks.by_tid, <uint64_t>tid)


cdef void _free(Task *task) noexcept nogil:
    image_drop(task.proc.image)
    proc_set_cgroups(&task.proc, NULL)
    proc_share_container(&task.proc, NULL)
    shared_drop(task.cwd)
    shared_drop(task.root)
    fds_free(task.fds)
    free(task.enter)
    free(task)


cdef void _erase(Tasks *tasks, Task *task) noexcept nogil:
    # A main thread that had ended long ago may have got children since: they keep its id.
    while task.children is not NULL:
        _leave_parent(task.children, 0)
    intmap_remove(&tasks.by_tid, <uint64_t>task.tid)
    tasks.stats.removed += 1
    if tasks.task is task:
        tasks.task = NULL
    if task.fds is not NULL:
        tasks.event_fd = NULL
    _free(task)


cdef Task *tasks_insert(Tasks *tasks, int64_t tid) noexcept nogil:
    """Add a thread of which nothing is known, in place of any other of that id. NULL, and counted, where none fits."""
    cdef Task *task
    cdef Task *known
    tasks_remove(tasks, tid)
    known = tasks_find(tasks, tid)
    if known is not NULL:
        # The main thread of a process that others of its threads keep.
        _leave_parent(known, 1)
        _leave_group(known)
        _erase(tasks, known)
    if tasks.by_tid.count >= tasks.capacity:
        tasks.stats.refused += 1
        return NULL
    task = <Task *>calloc(1, sizeof(Task))
    if task is NULL or intmap_put(&tasks.by_tid, <uint64_t>tid, task) < 0:
        free(task)
        tasks.stats.no_memory += 1
        return NULL
    proc_init(&task.proc)
    proc_share_container(&task.proc, tasks.state.host)
    task.tid = tid
    task.pid = task.ptid = task.vtid = task.vpid = task.reaper_tid = task.last_fd = -1
    tasks.stats.added += 1
    return task


cdef Task *tasks_add_invalid(Tasks *tasks, int64_t tid) noexcept nogil:
    """Add a thread of which an event told the id and nothing else is known."""
    cdef Task *task = tasks_insert(tasks, tid)
    cdef ImageParts parts
    if task is NULL:
        return NULL
    tasks.stats.invalid += 1
    memset(&parts, 0, sizeof(parts))
    parts.comm = slice_of(b"<NA>")
    parts.exe = slice_of(b"<NA>")
    parts.exepath = slice_of(b"")
    parts.env = slice_of(b"")
    proc_set_image(tasks.state, &task.proc, image_new(&parts))
    return task


# --- Groups and children ----------------------------------------------------------------------------------------------

cdef void _join_group(TaskGroup *group, Task *task) noexcept nogil:
    if task_is_main(task):
        task.group_next = group.first
        if group.first is not NULL:
            group.first.group_prev = task
        else:
            group.last = task
        group.first = task
    else:
        task.group_prev = group.last
        if group.last is not NULL:
            group.last.group_next = task
        else:
            group.first = task
        group.last = task
    task.group = group
    group.count += 1
    group.alive += 1


cdef void _leave_group(Task *task) noexcept nogil:
    """Falco's list goes on counting the thread until it is tidied."""
    cdef TaskGroup *group = task.group
    if task.group_prev is NULL:
        group.first = task.group_next
    else:
        task.group_prev.group_next = task.group_next
    if task.group_next is NULL:
        group.last = task.group_prev
    else:
        task.group_next.group_prev = task.group_prev
    task.group = NULL
    task.group_next = NULL
    task.group_prev = NULL
    group.count -= 1
    group.gone += 1


cdef void _adopt(Task *parent, Task *child) noexcept nogil:
    child.ptid = parent.tid
    child.parent = parent
    child.sibling_prev = NULL
    child.sibling_next = parent.children
    if parent.children is not NULL:
        parent.children.sibling_prev = child
    parent.children = child
    parent.child_count += 1


cdef void _leave_parent(Task *child, bint is_gone) noexcept nogil:
    """Take the thread from its parent's children; one that has gone stays in Falco's count until the list is tidied."""
    cdef Task *parent = child.parent
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


cdef void tasks_link(Tasks *tasks, Task *task) noexcept nogil:
    """Give a thread whose ids are complete its group and its parent. A parent that is not known is 0."""
    cdef TaskGroup *group
    cdef Task *parent
    if task.group is not NULL or task_is_invalid(task):
        return
    group = <TaskGroup *>intmap_get(&tasks.groups, <uint64_t>task.pid)
    if group is NULL:
        group = <TaskGroup *>calloc(1, sizeof(TaskGroup))
        if group is NULL or intmap_put(&tasks.groups, <uint64_t>task.pid, group) < 0:
            free(group)
            tasks.stats.no_memory += 1
            return
        group.pid = task.pid
        group.is_reaper = task.pid == INIT_PID or task.vpid == INIT_PID
    _join_group(group, task)
    if task.pid == INIT_PID:
        return
    parent = tasks_find(tasks, task.ptid)
    if parent is NULL or parent is task or task_is_invalid(parent):
        task.ptid = 0
    else:
        _adopt(parent, task)


cdef Task *task_main(const Task *task) noexcept nogil:
    """The main thread of its process; NULL where it is not known."""
    cdef Task *first
    if task_is_main(task):
        return <Task *>task
    first = task.group.first if task.group is not NULL else NULL
    return first if first is not NULL and task_is_main(first) else NULL


cdef Task *task_parent(const Tasks *tasks, const Task *task) noexcept nogil:
    """The main thread of its parent; NULL where one of the steps is not known."""
    cdef Task *found = task_main(task) if task is not NULL else NULL
    if found is not NULL:
        found = tasks_find(tasks, found.ptid)
    return task_main(found) if found is not NULL else NULL


# --- Ends -------------------------------------------------------------------------------------------------------------

cdef void task_kill(Task *task) noexcept nogil:
    """Mark the thread as ended. It stays in the table."""
    if task.flags & TASK_CLOSED == 0:
        task.flags |= TASK_CLOSED
        if task.group is not NULL:
            task.group.alive -= 1


cdef void task_revive(Task *task) noexcept nogil:
    """Take back that it has ended."""
    if task.flags & TASK_CLOSED:
        task.flags &= ~<uint32_t>TASK_CLOSED
        if task.group is not NULL:
            task.group.alive += 1


cdef Task *_alive(TaskGroup *group, const Task *other_than) noexcept nogil:
    cdef Task *task = group.first if group is not NULL and group.alive else NULL
    while task is not NULL and (task.flags & TASK_CLOSED or task is other_than):
        task = task.group_next
    return task


cdef Task *task_find_reaper(const Tasks *tasks, const Task *task) noexcept nogil:
    """Who gets the children of a thread that ends: another one of its process, else the nearest reaper above it."""
    cdef Task *found = _alive(task.group, task)
    cdef const Task *ancestor
    cdef int _
    if found is not NULL:
        return found
    ancestor = tasks_find(tasks, task.ptid)
    for _ in range(GENERATIONS_MAX):
        if ancestor is NULL or ancestor is task or task_in_pidns(ancestor) != task_in_pidns(task):
            return NULL
        if ancestor.group is not NULL and ancestor.group.is_reaper:
            found = _alive(ancestor.group, NULL)
            if found is not NULL:
                return found
        ancestor = tasks_find(tasks, ancestor.ptid)
    return NULL


cdef void task_give_children(Task *task, Task *reaper) noexcept nogil:
    """Hand the children of a thread to another one, or to none."""
    cdef Task *child
    task.child_gone = 0
    while task.children is not NULL:
        child = task.children
        _leave_parent(child, 0)
        if reaper is not NULL and reaper is not child:
            _adopt(reaper, child)
        else:
            child.ptid = 0


cdef void _reparent(Tasks *tasks, Task *task) noexcept nogil:
    """Hand the children of a thread that ends to their new parent. Falco looks for one for children it still lists."""
    cdef Task *reaper = NULL
    if task.child_count + task.child_gone == 0:
        return
    if task.reaper_tid > 0:
        reaper = tasks_find(tasks, task.reaper_tid)
        if reaper is NULL:
            reaper = tasks_add_invalid(tasks, task.reaper_tid)
    if reaper is NULL or reaper is task or task_is_invalid(reaper):
        reaper = task_find_reaper(tasks, task)
    if reaper is not NULL:
        task.reaper_tid = reaper.tid
        if reaper.pid != task.pid and reaper.group is not NULL:
            reaper.group.is_reaper = 1
    task_give_children(task, reaper)


cdef void _remember_exit(Tasks *tasks, const Task *task) noexcept nogil:
    cdef TaskExit *entry = &tasks.exited[tasks.exited_next]
    if entry.tid and intmap_get(&tasks.exited_by_tid, <uint64_t>entry.tid) == entry:
        intmap_remove(&tasks.exited_by_tid, <uint64_t>entry.tid)
    entry.tid = task.tid
    entry.ptid = task.ptid
    entry.ns = tasks.now_ns
    intmap_put(&tasks.exited_by_tid, <uint64_t>task.tid, entry)
    tasks.exited_next = (tasks.exited_next + 1) % TASKS_EXITED


cdef bint tasks_has_exited(const Tasks *tasks, int64_t tid, int64_t ptid) noexcept nogil:
    """Tell whether that child of that parent has gone a short time ago."""
    cdef const TaskExit *entry = <const TaskExit *>intmap_get(&tasks.exited_by_tid, <uint64_t>tid)
    return entry is not NULL and entry.ptid == ptid and tasks.now_ns - entry.ns < EXITED_NS


cdef void tasks_remove(Tasks *tasks, int64_t tid) noexcept nogil:
    """Remove a thread; with the last one of a process go its main thread and its group."""
    cdef Task *task = tasks_find(tasks, tid)
    cdef TaskGroup *group
    cdef Task *main
    if task is NULL:
        return
    group = task.group
    if group is NULL:
        _erase(tasks, task)
        return
    _remember_exit(tasks, task)
    task_kill(task)
    _reparent(tasks, task)
    main = group.first if task_is_main(group.first) else NULL
    if task is not main:
        if group.count + group.gone - group.alive >= GROUP_GONE_MAX:
            group.gone = 0
        _leave_parent(task, 1)
        _leave_group(task)
        _erase(tasks, task)
    if group.alive == 0 and (main is not NULL or group.count == 0):
        if main is not NULL:
            _leave_parent(main, 1)
            _leave_group(main)
            _erase(tasks, main)
        if group.count == 0:
            intmap_remove(&tasks.groups, <uint64_t>group.pid)
            free(group)


# --- What a thread uses -----------------------------------------------------------------------------------------------

cdef Slice task_cwd(const Task *task) noexcept nogil:
    """The directory of its process, a slash at the end: ``./`` without a main thread, empty where it is not known."""
    cdef const Task *main = task_main(task)
    if main is NULL:
        return slice_of(b"./")
    return shared_slice(main.cwd) if main.cwd is not NULL else slice_of(b"")


cdef Task *task_keeper(const Task *task) noexcept nogil:
    """Who keeps the thread's descriptors: its main thread, or itself if no more than its number is known; NULL nobody.
    """
    return <Task *>task if task.group is NULL else task_main(task)


cdef FdTable *task_fds(const Task *task) noexcept nogil:
    """The descriptors of its process; NULL where it has none or no main thread."""
    cdef Task *keeper = task_keeper(task) if task is not NULL else NULL
    return keeper.fds if keeper is not NULL else NULL


cdef const ScapEvent *task_enter(const Task *task, const ScapEvent *exit) noexcept nogil:
    """The enter event of the call that `exit` ends; NULL where it is not known or another event came between."""
    cdef const TaskEnter *enter = task.enter if task is not NULL else NULL
    if enter is NULL or task.last_type != enter.event.type:
        return NULL
    if enter.event.type + 1 == exit.type or (enter.event.type == EV_EXECVEAT_ENTER and exit.type == EV_EXECVE):
        return &enter.event
    return NULL


# --- Users of containers ----------------------------------------------------------------------------------------------

cdef TaskUsers *tasks_users(Tasks *tasks, Slice container_id, bint make) noexcept nogil:
    """Users and groups of a container; NULL where none are known, or where there is no room for new ones."""
    cdef uint64_t hash = bytes_hash(container_id.ptr, container_id.len)
    cdef TaskUsers *first = <TaskUsers *>intmap_get(&tasks.users, hash)
    cdef TaskUsers *users = first
    while users is not NULL and not slice_equal(users.id, container_id):
        users = users.next
    if users is not NULL or not make:
        return users
    if tasks.users_count >= TASKS_CONTAINERS:
        tasks.stats.users_refused += 1
        return NULL
    users = <TaskUsers *>malloc(sizeof(TaskUsers) + container_id.len)
    if users is NULL or intmap_put(&tasks.users, hash, users) < 0:
        free(users)
        tasks.stats.no_memory += 1
        return NULL
    memset(users, 0, sizeof(TaskUsers))
    users.next = first
    users.id.ptr = <const uint8_t *>(users + 1)
    users.id.len = container_id.len
    if container_id.len:
        memcpy(users + 1, container_id.ptr, container_id.len)
    tasks.users_count += 1
    return users


cdef void _clear_users(Tasks *tasks) noexcept nogil:
    cdef TaskUsers *users
    cdef TaskUsers *next
    cdef uint32_t i
    if tasks.users.cells is not NULL:
        for i in range(tasks.users.mask + 1):
            users = <TaskUsers *>tasks.users.cells[i].value
            while users is not NULL:
                next = users.next
                names_clear(&users.users)
                names_clear(&users.groups)
                names_clear(&users.homes)
                names_clear(&users.shells)
                free(users)
                users = next
    intmap_free(&tasks.users)
    tasks.users_count = 0


# --- The whole --------------------------------------------------------------------------------------------------------

cdef Tasks *tasks_new(State *state, uint32_t capacity) noexcept nogil:
    """An empty table that has containers and the users of the host in `state`; NULL without memory."""
    cdef Tasks *tasks = <Tasks *>calloc(1, sizeof(Tasks))
    if tasks is NULL:
        return NULL
    tasks.state = state
    tasks.capacity = capacity
    tasks.path_limit = PATH_LIMIT
    if arena_init(&tasks.scratch, SCRATCH_BYTES) < 0:
        free(tasks)
        return NULL
    tasks.event_fd_num = -1
    return tasks


cdef void tasks_clear(Tasks *tasks) noexcept nogil:
    """Forget every thread and what the events before have left to do; what was counted stays."""
    cdef uint32_t i
    if tasks.by_tid.cells is not NULL:
        for i in range(tasks.by_tid.mask + 1):
            if tasks.by_tid.cells[i].value is not NULL:
                _free(<Task *>tasks.by_tid.cells[i].value)
    if tasks.groups.cells is not NULL:
        for i in range(tasks.groups.mask + 1):
            free(tasks.groups.cells[i].value)
    intmap_free(&tasks.by_tid)
    intmap_free(&tasks.groups)
    intmap_free(&tasks.exited_by_tid)
    memset(tasks.exited, 0, sizeof(tasks.exited))
    tasks.exited_next = 0
    _clear_users(tasks)
    tasks.task = NULL
    proc_set_cgroups(&tasks.sorted, NULL)
    proc_share_container(&tasks.sorted, NULL)
    tasks.is_open = 0
    tasks.has_removal = 0
    tasks.has_fd_removal = 0
    tasks.event_fd = NULL
    tasks.event_fd_num = -1
    tasks.interface_count = 0
    tasks.hostname[0] = 0


cdef void tasks_free(Tasks *tasks) noexcept nogil:
    if tasks is NULL:
        return
    tasks_clear(tasks)
    arena_free(&tasks.scratch)
    free(tasks)
