# SPDX-License-Identifier: Apache-2.0
"""The threads of a capture: who runs, who made whom, and the users of containers.

A capture has what the calls said and no more, so that its threads are kept as Falco keeps its own: by thread id, with
the parents, names and gaps that follow from the events alone.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.replay.fd_table cimport Fd, FdTable
from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.state.container cimport Container
from tiercel._core.state.exec_image cimport Shared
from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice
from tiercel._core.util.text cimport Arena
from tiercel._core.wire.events_gen cimport ev_file


cdef enum:
    # ReplayThread.flags: those of a clone, in Falco's numbers, and what its engine adds to them.
    RTHREAD_CLONE_FILES = 0x1
    RTHREAD_CLONE_NEWPID = 0x40
    RTHREAD_CLONE_PARENT = 0x100
    RTHREAD_CLONE_THREAD = 0x2000
    RTHREAD_CLONE_INVERTED = 0x10000   # made by the child's side of a clone
    RTHREAD_NAME_CHANGED = 0x20000     # ran another program
    RTHREAD_CLOSED = 0x40000           # has ended
    RTHREAD_ACTIVE = 0x80000           # had an event
    RTHREAD_CLONE_NEWUSER = 0x100000
    RTHREAD_PIPE_SRC = 0x200000        # its standard output was replaced
    RTHREAD_PIPE_DST = 0x400000        # its standard input was
    RTHREAD_CLONE_VFORK = 0x8000000
    RTHREAD_CHILD_IN_PIDNS = 0x20000000
    RTHREAD_IS_MAIN = 0x40000000

    THREADS_MAX = 262144              # Falco's limit of threads
    EXITED_MAX = 8192             # ended threads that are remembered with their parents
    CONTAINER_USERS_MAX = 4096         # containers whose users are kept
    INTERFACES_MAX = 256          # addresses of the machine that are kept
    HOSTNAME_SIZE = 129            # bytes of the machine's name, with its NUL

# The enter event of a call: what the program passed before anybody could change it. The bytes lie behind the struct.
cdef struct EnterEvent:
    uint32_t capacity               # bytes of room behind the struct
    ScapEvent event

# One thread. A `Proc *` of a capture is a `ReplayThread *`: extractors read the one, parsers write the other.
cdef struct ReplayThread:
    Proc proc
    int64_t tid                     # the key
    int64_t pid                     # -1, with ptid: no more than the tid is known
    int64_t ptid                    # the parent thread or process; 0 none
    int64_t vtid
    int64_t vpid
    int64_t reaper_tid              # who gets its children, as the kernel said; -1 not said
    int64_t last_fd                 # the descriptor that it worked on last; -1 none
    uint64_t last_ns                # time of its last event
    uint32_t flags                  # RTHREAD_*
    uint16_t last_type              # of its last event
    ThreadGroup *group                # NULL for one of which only the tid is known
    ReplayThread *group_next
    ReplayThread *group_prev
    ReplayThread *parent                    # whose child it is
    ReplayThread *children                  # the youngest first
    ReplayThread *sibling_next
    ReplayThread *sibling_prev
    uint32_t child_count
    uint32_t child_gone             # children that have ended and that Falco's list still counts
    Shared *cwd                     # with a slash at its end. That of the main thread counts
    Shared *root
    FdTable *fds                    # those of the main thread count; NULL none
    EnterEvent *enter                # NULL none

# The threads of one process, the main thread first.
cdef struct ThreadGroup:
    int64_t pid
    uint32_t alive
    uint32_t count                  # dead ones too
    uint32_t gone                   # threads that have ended and that Falco's list still counts
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

# Users and groups of one container; those of the host are in State.
cdef struct ContainerUsers:
    ContainerUsers *next                 # of the same hash
    Slice id                        # behind the struct
    IntMap users                    # id -> Name
    IntMap groups
    IntMap homes
    IntMap shells

cdef struct ThreadTableStats:
    uint64_t added
    uint64_t removed
    uint64_t refused                # threads that a full table had no room for
    uint64_t invalid                # threads that an event named and nothing else is known of
    uint64_t users_refused          # users and groups of more containers than are kept
    uint64_t interfaces_refused
    uint64_t fds_refused            # descriptors that a full table had no room for
    uint64_t no_memory

cdef struct ThreadTable:
    State *state                    # containers and the users of the host
    IntMap by_tid
    IntMap groups                   # pid -> ThreadGroup
    IntMap users                    # hash of a container's id -> ContainerUsers
    uint32_t users_count
    uint32_t capacity
    uint32_t path_limit             # longest path and base together, as Falco has one; 0 none
    uint32_t fds_total              # descriptors of all threads
    bint is_open                    # the initial tables are complete
    char hostname[HOSTNAME_SIZE]   # of the machine that the capture is of; empty where it is not told
    uint64_t now_ns                 # of the event at hand
    ReplayThread *thread                      # of the event at hand; NULL none
    bint has_removal
    int64_t removal_tid             # who ended in the event before this one
    uint32_t exited_next
    IntMap exited_by_tid            # tid -> its last entry in `exited`
    ThreadExit exited[EXITED_MAX]
    Fd *event_fd                    # what the descriptor of the event refers to; NULL not known
    int64_t event_fd_num            # -1 none
    bint name_changed               # the event gave it another name
    bint has_fd_removal             # what the event before closed
    int64_t fd_removal_tid
    int64_t fd_removal_num
    HostInterface interfaces[INTERFACES_MAX]
    uint32_t interface_count
    Arena scratch                   # emptied for each event
    Proc sorted                     # control groups and container of the thread whose container was found last
    ThreadTableStats stats
    ev_file turned_to               # what the event's descriptor was taken for on the way, see cx_turn_to

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
