# SPDX-License-Identifier: Apache-2.0
"""The thread table of a capture: threads, their groups and children, the users of containers, what an event is about."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.fds cimport Fd, FdTable
from tiercel._core.intmap cimport IntMap
from tiercel._core.procs cimport Container, Proc, State
from tiercel._core.scap cimport ScapEvent, ScapGroup, ScapInterface, ScapThread, ScapUser
from tiercel._core.text cimport Arena
from tiercel._core.view cimport Slice


cdef enum:
    # Task.flags: as in the clone params of captures, with what Falco's own engine adds.
    TASK_CLONE_FILES = 0x1
    TASK_CLONE_NEWPID = 0x20
    TASK_CLONE_NEWUSER = 0x80
    TASK_CLONE_PARENT = 0x100
    TASK_CLONE_THREAD = 0x2000
    TASK_CLONE_VFORK = 0x8000
    TASK_NAME_CHANGED = 0x10000
    TASK_CLOSED = 0x20000           # it has ended
    TASK_ACTIVE = 0x40000           # it had an event
    TASK_PIPE_SRC = 0x100000        # its standard output was replaced
    TASK_PIPE_DST = 0x200000        # its standard input was
    TASK_CLONE_INVERTED = 0x8000000 # made by the child's side of a clone
    TASK_CHILD_IN_PIDNS = 0x10000000
    TASK_IS_MAIN = 0x20000000

    TASKS_MAX = 262144              # Falco's falco_libs.thread_table_size
    TASKS_EXITED = 8192             # pairs of child and parent remembered after an exit
    TASKS_INTERFACES = 256
    TASKS_CONTAINERS = 4096         # containers whose users are kept

# A text that several threads may share; the bytes lie behind it.
cdef struct TaskText:
    uint32_t refs
    uint32_t len

# An enter event that was kept for the exit: what a program passed before it could change it.
cdef struct TaskEnter:
    uint16_t type
    uint16_t nparams
    uint32_t size
    Slice params[8]                 # into the block behind this struct

# One thread. A `Proc *` of a capture is a `Task *`: extractors read the one, parsers write the other.
cdef struct Task:
    Proc proc                       # tgid, start_ns (the clone's time), uid, gid, loginuid, vpid, image, container, ...
    int64_t tid                     # the key
    int64_t pid                     # -1 with ptid -1: invalid, only a tid is known
    int64_t ptid                    # of the parent thread or process; 0 none
    int64_t vtid
    int64_t vpid
    int64_t reaper_tid              # who gets the children, as the kernel said; -1 not said
    uint32_t flags                  # TASK_*
    uint16_t last_type              # of its last event
    uint64_t last_ns
    TaskGroup *group                # NULL for an invalid thread
    Task *group_next                # the main thread first
    Task *group_prev
    Task *parent                    # in whose list of children it is
    Task *children                  # the youngest first
    uint32_t child_count
    uint32_t child_gone             # entries of Falco's list that point to nobody any more
    Task *sibling_next
    Task *sibling_prev
    TaskText *cwd                   # with a slash at its end; NULL none. Only a main thread's counts
    TaskText *root
    TaskText *cgroups               # `subsystem=path`, NUL between them
    FdTable *fds                    # only a main thread's counts; NULL empty
    int64_t last_fd                 # the descriptor that it worked on last; -1 none
    TaskEnter *enter                # NULL none

# The threads of one process.
cdef struct TaskGroup:
    int64_t pid
    uint32_t alive
    uint32_t count                  # linked, dead ones too
    uint32_t gone                   # entries of Falco's list that point to nobody any more
    bint is_reaper
    Task *first
    Task *last

cdef struct TaskExit:
    int64_t tid
    int64_t ptid
    uint64_t ns

cdef struct TaskInterface:
    uint8_t family                  # AF_INET, AF_INET6
    bint is_loopback
    uint8_t addr[16]
    uint8_t mask[16]

# Users and groups of one container; those of the host are in State.
cdef struct TaskUsers:
    TaskUsers *next                 # of the same hash
    Container *container
    IntMap users                    # id -> Name
    IntMap groups
    IntMap homes
    IntMap shells

cdef struct TaskStats:
    uint64_t events
    uint64_t added
    uint64_t removed
    uint64_t refused                # threads that a full table had no room for
    uint64_t invalid                # threads of which an event told no more than the tid
    uint64_t no_memory
    uint64_t fds_refused            # descriptors that a full table had no room for

cdef struct Tasks:
    State *state                    # containers and the host's users; its process table stays empty
    IntMap by_tid
    IntMap groups                   # pid -> TaskGroup
    IntMap users                    # hash of a container's id -> TaskUsers
    uint32_t users_count
    uint32_t count
    uint32_t capacity
    bint is_open                    # the initial tables are complete
    uint64_t boot_ns                # Unix time
    uint64_t now_ns                 # of the event
    int64_t self_pid
    TaskInterface interfaces[TASKS_INTERFACES]
    uint32_t interface_count
    TaskExit exited[TASKS_EXITED]
    uint32_t exited_next
    bint has_removal                # what the event before asked to be done before this one
    int64_t removal_tid
    bint has_fd_removal
    int64_t fd_removal_tid
    int64_t fd_removal_num
    Task *task                      # of this event; NULL none
    Task *main                      # its main thread; NULL none
    Fd *event_fd                    # what the event's descriptor refers to; NULL unknown
    int64_t event_fd_num            # -1 none
    bint name_changed               # fd.name_changed of this event
    Arena scratch                   # emptied by tasks_begin
    TaskStats stats

# --- tasks.pyx ---
cdef Tasks *tasks_new(State *state, uint32_t capacity) noexcept nogil
cdef void tasks_free(Tasks *tasks) noexcept nogil
cdef Task *tasks_find(const Tasks *tasks, int64_t tid) noexcept nogil
cdef Task *tasks_insert(Tasks *tasks, int64_t tid) noexcept nogil
cdef void tasks_link(Tasks *tasks, Task *task) noexcept nogil
cdef void tasks_remove(Tasks *tasks, int64_t tid) noexcept nogil
cdef Task *task_main(const Task *task) noexcept nogil
cdef Task *task_parent(const Tasks *tasks, const Task *task) noexcept nogil
cdef Task *tasks_find_reaper(const Tasks *tasks, Task *task) noexcept nogil
cdef Slice task_cwd(const Task *task) noexcept nogil
cdef Slice task_text(const TaskText *text) noexcept nogil
cdef TaskText *task_text_new(Slice text) noexcept nogil
cdef void task_text_set(Tasks *tasks, TaskText **place, Slice text) noexcept nogil
cdef void task_text_share(TaskText **place, TaskText *text) noexcept nogil
cdef TaskUsers *tasks_users(Tasks *tasks, const Container *container, bint make) noexcept nogil

cdef inline bint task_is_main(const Task *task) noexcept nogil:
    return task.tid == task.pid or task.flags & TASK_IS_MAIN != 0

cdef inline bint task_is_invalid(const Task *task) noexcept nogil:
    return task.tid < 0 or task.pid < 0 or task.ptid < 0

cdef inline bint task_in_pidns(const Task *task) noexcept nogil:
    return task.flags & TASK_CHILD_IN_PIDNS != 0 or (task.vtid >= 0 and task.vtid != task.tid)

cdef inline FdTable *task_fds(const Task *task) noexcept nogil:
    """The descriptors that the thread uses; NULL none."""
    cdef const Task *main = task_main(task) if task is not NULL else NULL
    return main.fds if main is not NULL else NULL
