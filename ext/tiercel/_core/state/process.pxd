# SPDX-License-Identifier: Apache-2.0
"""Table of processes, their ancestry and container, and the names of host users and groups."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from tiercel._core.state.cgroup_ids cimport CgroupName
from tiercel._core.state.container cimport Container, Containers
from tiercel._core.state.exec_image cimport ExecImage, Shared
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.posix cimport pthread_mutex_t
from tiercel._core.wire.events_gen cimport ev_hdr


cdef enum:
    PROC_EXITED = 1         # its last thread has ended
    PROC_INCOMPLETE = 2     # first seen without its fork or exec: the program is not known
    PROC_SEEN = 4           # had an event since the last eviction scan
    PROC_COARSE = 8         # start_ns comes from /proc and is exact to a clock tick only
    PROC_LINGERS = 16       # exited past its grace period, kept for its children
    PROC_MEASURED = 32      # memory, page faults, limit and capabilities are known, from the last record with them
    PROC_HEALTHCHECK = 64   # a health check that the engine started in the container, or its child
    PROC_LIVENESS_PROBE = 128
    PROC_READINESS_PROBE = 256
    PROC_CHECKS = 448       # mask of the three check flags
    PROC_GONE = 512         # its last thread has reported its exit: no thread can follow

    CPUS_MAX = 1024
    TICK_NS = 10_000_000    # clock tick of /proc/PID/stat
    EXIT_GRACE_NS = 2_000_000_000   # time that late records can still find an exited process

# A process; in a capture, the part that each thread has for itself. proc_init sets the unknown values.
cdef struct Proc:
    uint64_t start_ns       # with tgid, the key; 0 unknown. In a capture the time of the clone
    uint64_t exit_ns
    uint64_t cgroup_id      # of its last event
    uint64_t moved_ns       # time of the first event with that cgroup_id, if known
    uint32_t tgid
    uint32_t flags          # PROC_*
    uint32_t vpid
    uint32_t pid_ns
    uint32_t uid            # effective ids and login user as of its last life-cycle event
    uint32_t gid
    uint32_t loginuid
    uint32_t tty            # encoded device number, 0 for none
    uint32_t nthreads       # running threads, 0 unknown
    int64_t sid             # session in the process's own pid namespace; -1 unknown
    int64_t pgid            # process group; -1 unknown
    int64_t vpgid           # process group in the process's own pid namespace
    int64_t fdlimit         # limit of open descriptors, -1 unknown
    uint64_t exec_ns        # time of its last exec, 0 none
    uint64_t pidns_start_ns  # start of the first process of its pid namespace, clock of start_ns, 0 unknown
    uint64_t cap_inheritable
    uint64_t cap_permitted
    uint64_t cap_effective
    uint64_t vm_size        # KiB, as of its last exec, clone or change of mappings
    uint64_t vm_rss
    uint64_t vm_swap
    uint64_t pf_major       # page faults
    uint64_t pf_minor
    Shared *cgroups         # "subsystem=path", NUL between them; NULL not known
    ExecImage *image
    Container *container    # NULL: not known
    Proc *older             # the previous process with this tgid
    Proc *parent            # the real parent if known; see process_events.pyx
    Proc *children          # youngest child; the list goes on by next_sibling
    Proc *next_sibling
    Proc *prev_sibling
    Proc *next              # in the list of running or of exited processes, oldest first
    Proc *prev

# Accumulated run time of a thread, from context switches.
cdef struct RunTime:
    uint64_t start_ns       # start of its process: distinguishes threads that reuse an id
    uint64_t ns

cdef struct ProcList:
    Proc *first
    Proc *last

cdef struct StateStats:
    uint64_t created
    uint64_t execs
    uint64_t exits
    uint64_t incomplete     # processes first seen without their fork or exec
    uint64_t evicted        # processes evicted from a full table
    uint64_t no_memory      # allocation failures of entries and images

cdef struct State:
    pthread_mutex_t lock
    IntMap by_tgid          # tgid -> the newest Proc with that id
    ProcList running
    ProcList ended
    uint32_t count
    uint32_t capacity
    Containers containers
    Container *host
    IntMap users            # uid -> Name
    IntMap groups           # gid -> Name
    IntMap homes            # uid -> Name: home directories
    IntMap shells           # uid -> Name: login shells
    uint64_t switched_ns[CPUS_MAX]  # time of the last context switch per CPU
    uint64_t run_ns         # run time of the thread that the current switch ends
    IntMap run_times        # tid -> RunTime
    StateStats stats

cdef inline void proc_init(Proc *proc) noexcept nogil:
    """Initialize a process of which nothing is known."""
    memset(proc, 0, sizeof(Proc))
    proc.uid = proc.gid = proc.loginuid = 0xffff_ffff
    proc.sid = proc.pgid = proc.vpgid = -1
    proc.fdlimit = -1

cdef State *state_new(uint32_t capacity) noexcept nogil
cdef void state_free(State *state) noexcept nogil
cdef void state_clear(State *state) noexcept nogil
cdef Proc *proc_current(const State *state, uint32_t tgid) noexcept nogil
cdef Proc *proc_find(const State *state, uint32_t tgid, uint64_t start_ns) noexcept nogil
cdef Proc *proc_new(State *state, uint32_t tgid, uint64_t start_ns, const Proc *keep) noexcept nogil
cdef void proc_adopt(Proc *parent, Proc *child) noexcept nogil
cdef void proc_move(State *state, Proc *parent, Proc *child) noexcept nogil
cdef void proc_set_cgroups(Proc *proc, Shared *cgroups) noexcept nogil
cdef void proc_set_image(State *state, Proc *proc, ExecImage *image) noexcept nogil
cdef void proc_end(State *state, Proc *proc, uint64_t now_ns, Proc *reaper) noexcept nogil
cdef void proc_revive(State *state, Proc *proc, uint64_t now_ns) noexcept nogil
cdef void state_reap(State *state, uint64_t now_ns) noexcept nogil
cdef void proc_set_container(State *state, Proc *proc, uint64_t key, const CgroupName *name) noexcept nogil
cdef void proc_move_cgroup(State *state, Proc *proc, uint64_t key) noexcept nogil
cdef void proc_share_container(Proc *proc, Container *container) noexcept nogil
cdef void run_times_switch(State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil
cdef uint64_t run_times_total(const State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil
