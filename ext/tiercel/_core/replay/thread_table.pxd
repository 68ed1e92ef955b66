# SPDX-License-Identifier: Apache-2.0
"""Threads of a capture, their relations, and the users of containers.

A capture only has the params of calls. So its threads are kept as in Falco: by thread id, with the parents, names and
gaps that follow from events alone.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.replay.fd_table cimport Fd, FdTable
from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.state.container cimport Container
from tiercel._core.state.exec_image cimport Shared
from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.arena_text cimport Arena
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_file


cdef enum:
    # ReplayThread.flags: clone flags in Falco's numbers, and flags that its engine adds.
    RTHREAD_CLONE_FILES = 0x1
    RTHREAD_CLONE_NEWPID = 0x40
    RTHREAD_CLONE_PARENT = 0x100
    RTHREAD_CLONE_THREAD = 0x2000
    RTHREAD_CLONE_INVERTED = 0x10000   # created by the child's event of a clone
    RTHREAD_NAME_CHANGED = 0x20000     # had an exec
    RTHREAD_CLOSED = 0x40000           # has ended
    RTHREAD_ACTIVE = 0x80000           # had an event
    RTHREAD_CLONE_NEWUSER = 0x100000
    RTHREAD_PIPE_SRC = 0x200000        # its standard output was replaced
    RTHREAD_PIPE_DST = 0x400000        # its standard input was replaced
    RTHREAD_CLONE_VFORK = 0x8000000
    RTHREAD_CHILD_IN_PIDNS = 0x20000000
    RTHREAD_IS_MAIN = 0x40000000

    THREADS_MAX = 262144          # Falco's limit of threads
    EXITED_MAX = 8192             # remembered pairs of ended threads and parents
    CONTAINER_USERS_MAX = 4096    # containers with users
    INTERFACES_MAX = 256          # addresses of the machine
    HOSTNAME_SIZE = 129           # limit of the machine's name in bytes, with its NUL

# Enter event of a call: params before other threads can change them. The bytes follow the struct.
cdef struct EnterEvent:
    uint32_t capacity               # bytes after the struct
    ScapEvent event

# One thread. A `Proc *` of a capture is a `ReplayThread *`: extractors read the first, parsers write the second.
cdef struct ReplayThread:
    Proc proc
    int64_t tid                     # the key
    int64_t pid                     # -1, like ptid, if only the tid is known
    int64_t ptid                    # the parent thread or process; 0 none
    int64_t vtid
    int64_t vpid
    int64_t reaper_tid              # new parent of its children, as reported by the kernel; -1 not reported
    int64_t last_fd                 # descriptor of its last event with one; -1 none
    uint64_t last_ns                # time of its last event
    uint32_t flags                  # RTHREAD_*
    uint16_t last_type              # type of the last event
    ThreadGroup *group              # NULL if only the tid is known
    ReplayThread *group_next
    ReplayThread *group_prev
    ReplayThread *parent
    ReplayThread *children          # youngest first
    ReplayThread *sibling_next
    ReplayThread *sibling_prev
    uint32_t child_count
    uint32_t child_gone             # ended children that Falco's list still counts
    Shared *cwd                     # with a trailing slash; the main thread's is the one in use
    Shared *root
    FdTable *fds                    # the main thread's are the ones in use; NULL none
    EnterEvent *enter               # NULL none

# The threads of one process, the main thread first.
cdef struct ThreadGroup:
    int64_t pid
    uint32_t alive
    uint32_t count                  # ended threads included
    uint32_t gone                   # ended threads that Falco's list still counts
    bint is_reaper
    ReplayThread *first
    ReplayThread *last

cdef struct ThreadExit:
    int64_t tid
    int64_t ptid
    uint64_t ns

# An address of the machine.
cdef struct HostInterface:
    uint8_t family                  # AF_INET, AF_INET6
    bint is_loopback
    uint8_t addr[16]                # IPv4 in the first four bytes
    uint8_t mask[16]

# Users and groups of one container; the host's are in State.
cdef struct ContainerUsers:
    ContainerUsers *next            # next entry of the same hash
    Slice id                        # after the struct
    IntMap users                    # id -> Name
    IntMap groups
    IntMap homes
    IntMap shells

cdef struct ThreadTableStats:
    uint64_t added
    uint64_t removed
    uint64_t refused                # threads without room in a full table
    uint64_t invalid                # threads of which only the id is known
    uint64_t users_refused          # users and groups of containers over the limit
    uint64_t interfaces_refused
    uint64_t fds_refused            # descriptors without room in a full table
    uint64_t no_memory

cdef struct ThreadTable:
    State *state                    # containers and the users of the host
    IntMap by_tid
    IntMap groups                   # pid -> ThreadGroup
    IntMap users                    # hash of a container's id -> ContainerUsers
    uint32_t users_count
    uint32_t capacity
    uint32_t path_limit             # Falco's limit of path and base together; 0 none
    uint32_t fds_total              # descriptors of all threads
    bint is_open                    # the initial tables are complete
    char hostname[HOSTNAME_SIZE]    # of the captured machine; empty if the capture does not have it
    uint64_t now_ns                 # time of the current event
    ReplayThread *thread            # thread of the current event; NULL none
    bint has_removal
    int64_t removal_tid             # thread that the previous event ended
    uint32_t exited_next
    IntMap exited_by_tid            # tid -> its last entry in `exited`
    ThreadExit exited[EXITED_MAX]
    Fd *event_fd                    # object of the current event's descriptor; NULL not known
    int64_t event_fd_num            # -1 none
    bint name_changed               # the event renamed it
    bint has_fd_removal             # the previous event closed a descriptor
    int64_t fd_removal_tid
    int64_t fd_removal_num
    HostInterface interfaces[INTERFACES_MAX]
    uint32_t interface_count
    Arena scratch                   # reset for each event
    Proc sorted                     # cgroups and container of the latest container lookup
    ThreadTableStats stats
    ev_file turned_to               # object that replaces the event's descriptor, see sources/replay_fd.pyx

cdef inline bint rthread_is_main(const ReplayThread *thread) noexcept nogil:
    return thread.tid == thread.pid or thread.flags & RTHREAD_IS_MAIN != 0

cdef inline bint rthread_is_invalid(const ReplayThread *thread) noexcept nogil:
    return thread.tid < 0 or thread.pid < 0 or thread.ptid < 0

cdef inline bint rthread_in_pidns(const ReplayThread *thread) noexcept nogil:
    return thread.flags & RTHREAD_CHILD_IN_PIDNS != 0 or (thread.vtid >= 0 and thread.vtid != thread.tid)

cdef ThreadTable *thread_table_new(State *state, uint32_t capacity) noexcept nogil
cdef void thread_table_free(ThreadTable *threads) noexcept nogil
cdef void thread_table_clear(ThreadTable *threads) noexcept nogil
cdef ReplayThread *thread_table_find(const ThreadTable *threads, int64_t tid) noexcept nogil
cdef ReplayThread *thread_table_insert(ThreadTable *threads, int64_t tid) noexcept nogil
cdef ReplayThread *thread_table_add_invalid(ThreadTable *threads, int64_t tid) noexcept nogil
cdef void thread_table_link(ThreadTable *threads, ReplayThread *thread) noexcept nogil
cdef void thread_table_remove(ThreadTable *threads, int64_t tid) noexcept nogil
cdef bint thread_table_has_exited(const ThreadTable *threads, int64_t tid, int64_t ptid) noexcept nogil
cdef ReplayThread *rthread_main(const ReplayThread *thread) noexcept nogil
cdef ReplayThread *rthread_parent(const ThreadTable *threads, const ReplayThread *thread) noexcept nogil
cdef ReplayThread *rthread_find_reaper(const ThreadTable *threads, const ReplayThread *thread) noexcept nogil
cdef void rthread_give_children(ReplayThread *thread, ReplayThread *reaper) noexcept nogil
cdef void rthread_kill(ReplayThread *thread) noexcept nogil
cdef void rthread_revive(ReplayThread *thread) noexcept nogil
cdef Slice rthread_cwd(const ReplayThread *thread) noexcept nogil
cdef ReplayThread *rthread_keeper(const ReplayThread *thread) noexcept nogil
cdef FdTable *rthread_fds(const ReplayThread *thread) noexcept nogil
cdef const ScapEvent *rthread_enter(const ReplayThread *thread, const ScapEvent *exit) noexcept nogil
cdef ContainerUsers *thread_table_users(ThreadTable *threads, Slice container_id, bint make) noexcept nogil
