# SPDX-License-Identifier: Apache-2.0
"""Dispatch of capture events to the state parsers.

Each event takes three steps. `thread_table_begin` applies the deferred removals of the previous event (rules could
still see the thread or descriptor that it ended) and looks up the thread, creating an entry for an unknown one.
`thread_table_apply` changes the state. `thread_table_end` runs after the rules.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from tiercel._core.replay.fd_common cimport fd_begin, fd_finish
from tiercel._core.replay.fd_events cimport fd_apply
from tiercel._core.replay.initial_tables cimport rthread_find_container
from tiercel._core.replay.socket_events cimport fds_open
from tiercel._core.replay.thread_clones cimport rthread_cloned
from tiercel._core.replay.thread_events cimport rthread_apply, thread_table_group_event, thread_table_user_event
from tiercel._core.replay.thread_execs cimport rthread_execed
from tiercel._core.replay.thread_table cimport (
    RTHREAD_ACTIVE, EnterEvent, thread_table_add_invalid, thread_table_find, thread_table_link, thread_table_remove,
)
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

cdef void thread_table_open(ThreadTable *threads) noexcept nogil:
    """Finish the initial tables: link threads to groups, parents and containers; set directions of connections."""
    cdef uint32_t i
    cdef ReplayThread *thread
    threads.is_open = 1
    if threads.by_tid.cells is not NULL:
        for i in range(threads.by_tid.mask + 1):
            thread = <ReplayThread *>threads.by_tid.cells[i].value
            if thread is not NULL:
                thread_table_link(threads, thread)
                rthread_find_container(threads, thread)
    fds_open(threads)


cdef bint thread_table_is_hidden(const ScapEvent *event) noexcept nogil:
    """Return true if no rule sees the event: an enter event that is kept until the exit."""
    return event.type in (
        EV_OPEN_E, EV_CREAT_E, EV_OPENAT_E, EV_OPENAT2_E, EV_CONNECT_E, EV_EXECVE_E, EV_EXECVEAT_E
    )


cdef bint _has_thread(uint16_t type) noexcept nogil:
    """Return true if an event of that type happens in a thread; other events only name one."""
    return type not in (
        EV_ASYNCEVENT, EV_CONTAINER, EV_CPU_HOTPLUG, EV_DROP, EV_DROP_X, EV_GROUPADDED, EV_GROUPDELETED, EV_INFRA,
        EV_NOTIFICATION, EV_PAGE_FAULT, EV_PLUGINEVENT, EV_PROCINFO, EV_SCAPEVENT, EV_USERADDED, EV_USERDELETED
    )


cdef bint _makes_thread(uint16_t type) noexcept nogil:
    """Return false if an unknown thread gets no entry: it is about to be created, has ended, or only leaves the CPU."""
    return type not in (EV_CLONE, EV_CLONE3, EV_FORK, EV_VFORK, EV_SWITCH, EV_PROCEXIT)


cdef void _keep_enter(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Keep a copy of an enter event for the exit of its call."""
    cdef EnterEvent *enter = thread.enter
    cdef uint32_t i, size = 0
    cdef uint8_t *room
    for i in range(event.nparams):
        size += event.params[i].len
    if enter is NULL or enter.capacity < size:
        free(enter)
        enter = thread.enter = <EnterEvent *>malloc(sizeof(EnterEvent) + size)
        if enter is NULL:
            threads.stats.no_memory += 1
            return
        enter.capacity = size
    enter.event = event[0]
    room = <uint8_t *>(enter + 1)
    for i in range(event.nparams):
        if event.params[i].len:
            memcpy(room, event.params[i].ptr, event.params[i].len)
        enter.event.params[i].ptr = room
        room += event.params[i].len


cdef ReplayThread *thread_table_begin(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Finish the previous event and return the thread of this one; NULL if it has no thread."""
    cdef ReplayThread *thread = NULL
    if threads.has_removal:
        threads.has_removal = 0
        thread_table_remove(threads, threads.removal_tid)
    fd_finish(threads)
    threads.now_ns = event.ts_ns
    threads.scratch.used = 0
    if _has_thread(event.type):
        thread = thread_table_find(threads, event.tid)
        if thread is NULL and _makes_thread(event.type):
            thread = thread_table_add_invalid(threads, event.tid)
        if thread is not NULL:
            thread.flags |= RTHREAD_ACTIVE
            if event.type & 1 == 0 and event.type != EV_SWITCH:
                thread.last_type = event.type
                if thread_table_is_hidden(event):
                    _keep_enter(threads, thread, event)
    else:
        thread = thread_table_find(threads, event.tid)
    threads.thread = thread
    fd_begin(threads, thread, event)
    return thread


cdef void thread_table_end(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Finish the event after rules have seen it."""
    if threads.thread is not NULL and event.type != EV_SWITCH:
        threads.thread.last_ns = event.ts_ns
        if event.type & 1:
            threads.thread.last_type = 0


# --- During ----------------------------------------------------------------------------------------------------------

cdef void thread_table_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Apply an event to the tables. `thread`, from `thread_table_begin`, may be freed; then use `threads.thread`."""
    cdef uint16_t type = event.type
    if type == EV_CLONE or type == EV_CLONE3 or type == EV_FORK or type == EV_VFORK:
        rthread_cloned(threads, event)
        if threads.thread is not NULL and scap_i64(event, 0) >= 0:
            rthread_find_container(threads, threads.thread)
    elif type == EV_USERADDED or type == EV_USERDELETED:
        thread_table_user_event(threads, event)
    elif type == EV_GROUPADDED or type == EV_GROUPDELETED:
        thread_table_group_event(threads, event)
    elif type in (
        EV_BRK, EV_CAPSET, EV_CHDIR, EV_CHROOT, EV_FCHDIR, EV_GETCWD, EV_GETRLIMIT, EV_MMAP, EV_MMAP2, EV_MUNMAP,
        EV_PRCTL, EV_PRLIMIT, EV_PROCEXIT, EV_SETGID, EV_SETNS, EV_SETREGID, EV_SETRESGID, EV_SETRESUID, EV_SETREUID,
        EV_SETRLIMIT, EV_SETSID, EV_SETUID, EV_SWITCH, EV_UNSHARE
    ):
        if thread is not NULL:
            rthread_apply(threads, thread, event)
    elif type == EV_EXECVE or type == EV_EXECVEAT:
        if thread is not NULL and scap_i64(event, 0) >= 0:
            rthread_execed(threads, thread, event)
            rthread_find_container(threads, thread)
    else:
        fd_apply(threads, thread, event)
