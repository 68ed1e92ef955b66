# SPDX-License-Identifier: Apache-2.0
"""What events do to the state of a capture: one door to all parsers.

Each event takes three steps. `tasks_begin` does what the event before left to do (a thread or a descriptor that it
ended was still there for the rules) and finds the thread, making up one that is not known. `tasks_apply` changes the
state. When the rules have seen the event, `tasks_end` takes leave of it.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from tiercel._core.replay.fd_common cimport fd_begin, fd_finish
from tiercel._core.replay.fd_events cimport fd_apply
from tiercel._core.replay.initial_tables cimport task_find_container
from tiercel._core.replay.socket_events cimport fds_open
from tiercel._core.replay.thread_clones cimport task_cloned
from tiercel._core.replay.thread_events cimport task_apply
from tiercel._core.replay.thread_execs cimport task_execed
from tiercel._core.replay.thread_table cimport (
    TASK_ACTIVE, TaskEnter, tasks_add_invalid, tasks_find, tasks_link, tasks_remove,
)
from tiercel._core.replay.thread_users cimport tasks_group_event, tasks_user_event
from tiercel._core.scap.params cimport scap_i64
from tiercel._core.wire.events_gen cimport (
    EV_ASYNCEVENT,
    EV_BRK,
    EV_CAPSET,
    EV_CHDIR,
    EV_CHROOT,
    EV_CLONE,
    EV_CLONE3,
    EV_CONNECT_E,
    EV_CONTAINER,
    EV_CPU_HOTPLUG,
    EV_CREAT_E,
    EV_DROP,
    EV_DROP_X,
    EV_EXECVE,
    EV_EXECVEAT,
    EV_FCHDIR,
    EV_FORK,
    EV_GETCWD,
    EV_GETRLIMIT,
    EV_GROUPADDED,
    EV_GROUPDELETED,
    EV_INFRA,
    EV_MMAP,
    EV_MMAP2,
    EV_MUNMAP,
    EV_NOTIFICATION,
    EV_OPEN_E,
    EV_OPENAT2_E,
    EV_OPENAT_E,
    EV_PAGE_FAULT,
    EV_PLUGINEVENT,
    EV_PRCTL,
    EV_PRLIMIT,
    EV_PROCEXIT,
    EV_PROCINFO,
    EV_SCAPEVENT,
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
    EV_USERDELETED,
    EV_VFORK,
)

cdef enum:
    EV_EXECVE_E = 292               # enter events of old captures
    EV_EXECVEAT_E = 330


# --- Before and after -------------------------------------------------------------------------------------------------

cdef void tasks_open(Tasks *tasks) noexcept nogil:
    """The initial tables are complete: threads get groups, parents and containers, connections their direction."""
    cdef uint32_t i
    cdef Task *task
    tasks.is_open = 1
    if tasks.by_tid.cells is not NULL:
        for i in range(tasks.by_tid.mask + 1):
            task = <Task *>tasks.by_tid.cells[i].value
            if task is not NULL:
                tasks_link(tasks, task)
                task_find_container(tasks, task)
    fds_open(tasks)


cdef bint tasks_is_hidden(const ScapEvent *event) noexcept nogil:
    """Tell whether the event only serves the state: what a call got, kept until its exit."""
    return event.type in (
        EV_OPEN_E, EV_CREAT_E, EV_OPENAT_E, EV_OPENAT2_E, EV_CONNECT_E, EV_EXECVE_E, EV_EXECVEAT_E
    )


cdef bint _has_thread(uint16_t type) noexcept nogil:
    """Tell whether an event of that type happens in a thread; the others only name one."""
    return type not in (
        EV_ASYNCEVENT, EV_CONTAINER, EV_CPU_HOTPLUG, EV_DROP, EV_DROP_X, EV_GROUPADDED, EV_GROUPDELETED, EV_INFRA,
        EV_NOTIFICATION, EV_PAGE_FAULT, EV_PLUGINEVENT, EV_PROCINFO, EV_SCAPEVENT, EV_USERADDED, EV_USERDELETED
    )


cdef bint _makes_thread(uint16_t type) noexcept nogil:
    """Tell whether a thread that is not known stays so: it is about to be made, or gone, or only passed by."""
    return type not in (EV_CLONE, EV_CLONE3, EV_FORK, EV_VFORK, EV_SWITCH, EV_PROCEXIT)


cdef void _keep_enter(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil:
    """Keep a copy of an enter event for the exit of its call."""
    cdef TaskEnter *enter = task.enter
    cdef uint32_t i, size = 0
    cdef uint8_t *room
    for i in range(event.nparams):
        size += event.params[i].len
    if enter is NULL or enter.capacity < size:
        free(enter)
        enter = task.enter = <TaskEnter *>malloc(sizeof(TaskEnter) + size)
        if enter is NULL:
            tasks.stats.no_memory += 1
            return
        enter.capacity = size
    enter.event = event[0]
    room = <uint8_t *>(enter + 1)
    for i in range(event.nparams):
        if event.params[i].len:
            memcpy(room, event.params[i].ptr, event.params[i].len)
        enter.event.params[i].ptr = room
        room += event.params[i].len


cdef Task *tasks_begin(Tasks *tasks, const ScapEvent *event) noexcept nogil:
    """Finish the event before and find the thread of this one: NULL where there is none."""
    cdef Task *task = NULL
    if tasks.has_removal:
        tasks.has_removal = 0
        tasks_remove(tasks, tasks.removal_tid)
    fd_finish(tasks)
    tasks.now_ns = event.ts_ns
    tasks.scratch.used = 0
    if _has_thread(event.type):
        task = tasks_find(tasks, event.tid)
        if task is NULL and _makes_thread(event.type):
            task = tasks_add_invalid(tasks, event.tid)
        if task is not NULL:
            task.flags |= TASK_ACTIVE
            if event.type & 1 == 0 and event.type != EV_SWITCH:
                task.last_type = event.type
                if tasks_is_hidden(event):
                    _keep_enter(tasks, task, event)
    else:
        task = tasks_find(tasks, event.tid)
    tasks.task = task
    fd_begin(tasks, task, event)
    return task


cdef void tasks_end(Tasks *tasks, const ScapEvent *event) noexcept nogil:
    """Take leave of the event."""
    if tasks.task is not NULL and event.type != EV_SWITCH:
        tasks.task.last_ns = event.ts_ns
        if event.type & 1:
            tasks.task.last_type = 0


# --- During ----------------------------------------------------------------------------------------------------------

cdef void tasks_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil:
    """Change state. `task`, which `tasks_begin` has found, may be gone afterwards: tasks.task is then the event's."""
    cdef uint16_t type = event.type
    if type == EV_CLONE or type == EV_CLONE3 or type == EV_FORK or type == EV_VFORK:
        task_cloned(tasks, event)
        if tasks.task is not NULL and scap_i64(event, 0) >= 0:
            task_find_container(tasks, tasks.task)
    elif type == EV_USERADDED or type == EV_USERDELETED:
        tasks_user_event(tasks, event)
    elif type == EV_GROUPADDED or type == EV_GROUPDELETED:
        tasks_group_event(tasks, event)
    elif type in (
        EV_BRK, EV_CAPSET, EV_CHDIR, EV_CHROOT, EV_FCHDIR, EV_GETCWD, EV_GETRLIMIT, EV_MMAP, EV_MMAP2, EV_MUNMAP,
        EV_PRCTL, EV_PRLIMIT, EV_PROCEXIT, EV_SETGID, EV_SETNS, EV_SETREGID, EV_SETRESGID, EV_SETRESUID, EV_SETREUID,
        EV_SETRLIMIT, EV_SETSID, EV_SETUID, EV_SWITCH, EV_UNSHARE
    ):
        if task is not NULL:
            task_apply(tasks, task, event)
    elif type == EV_EXECVE or type == EV_EXECVEAT:
        if task is not NULL and scap_i64(event, 0) >= 0:
            task_execed(tasks, task, event)
            task_find_container(tasks, task)
    else:
        fd_apply(tasks, task, event)
