# SPDX-License-Identifier: Apache-2.0
"""Containers: which there are, which control groups are theirs, and what is known of them."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.state.cgroup_ids cimport CgroupName
from tiercel._core.state.container_meta cimport Meta
from tiercel._core.state.exec_image cimport Shared
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport TBL_NPARTS


cdef enum:
    CONTAINER_ID_MAX = 64
    CONTAINER_HOST = 1      # the host's number

    CONTAINER_WAITED = 0    # asked for, no answer yet
    CONTAINER_KNOWN = 1
    CONTAINER_MISSING = 2   # nobody can tell, at least not now

# What one source knows of a container.
cdef struct ContainerPart:
    uint8_t status          # CONTAINER_*
    uint64_t since_ns       # when it was first asked for, on the boot clock
    Meta *meta              # replaced as a whole; NULL unless known

# A container, or the host. Shared by processes, control groups and held events; see containers.pyx.
cdef struct Container:
    uint32_t refs
    uint32_t len
    char id[CONTAINER_ID_MAX]
    uint32_t number         # CONTAINER_HOST, 2, 3, ...: never used again
    uint8_t matcher         # MATCHER_*: what its control groups look like
    uint8_t asks            # PART_*: to be taken by who answers
    uint8_t due             # PART_*: to be asked for when an event shows that the container is in the scope
    bint in_scope
    bint is_told            # an event has told rules of it, see live/container_events.pyx
    ContainerPart parts[TBL_NPARTS]     # by bit of PART_*
    uint32_t tgid           # a process in there, 0 none yet
    uint64_t start_ns
    uint64_t named_ns       # time of the record that had users and groups asked for last
    uint32_t named_tgid     # the process that this was about
    Shared *group           # path of a control group that it was recognised by
    IntMap users            # uid -> Name: its own users
    IntMap groups
    IntMap homes
    IntMap shells
    ContainerKey *keys
    Container *next_ask
    uint32_t held           # events of it that are held, and their bytes
    uint32_t held_bytes
    uint64_t held_round     # see hold.pyx
    Containers *table

# What a key of control groups stands for.
cdef struct ContainerKey:
    uint64_t key
    Container *container
    ContainerKey *next      # of the same container

cdef struct Containers:
    IntMap by_id            # hash of the id -> Container
    IntMap by_key           # key of control groups -> ContainerKey
    IntMap by_group         # id of a control group that was seen to be made -> Container
    Container *fixed        # what every process is in, whatever its control groups say; NULL none
    uint32_t latest         # number given last
    uint8_t answered        # PART_*: what somebody answers for; other parts are missing at once
    uint64_t wait_ns        # how long events may wait for an answer, 0 not at all
    uint64_t settled        # changes of a status
    bint is_scoped          # only some containers are watched: those that events of the scope happen in
    Container *first_ask
    Container *last_ask
    int lookup_requests_fd  # an eventfd that is readable while there are requests; -1 none

cdef struct Name:
    uint32_t len
    char text[1]

cdef int names_put(IntMap *names, uint32_t id, Slice name) noexcept nogil
cdef void names_clear(IntMap *names) noexcept nogil
cdef Slice names_get(const IntMap *names, uint32_t id) noexcept nogil

cdef void containers_init(Containers *table) noexcept nogil
cdef void containers_clear_keys(Containers *table) noexcept nogil
cdef void containers_clear_groups(Containers *table) noexcept nogil
cdef void containers_free(Containers *table) noexcept nogil
cdef Container *container_host(Containers *table) noexcept nogil
cdef Container *container_find(const Containers *table, Slice id) noexcept nogil
cdef Container *container_make(Containers *table, const CgroupName *name) noexcept nogil
cdef Container *container_keep(Container *container) noexcept nogil
cdef void container_drop(Container *container) noexcept nogil
cdef Container *containers_of_key(const Containers *table, uint64_t key) noexcept nogil
cdef void containers_set_key(Containers *table, uint64_t key, Container *container) noexcept nogil
cdef Container *containers_group_new(Containers *table, uint64_t id, Slice path) noexcept nogil
cdef void containers_group_gone(Containers *table, uint64_t id) noexcept nogil
cdef Container *containers_fix(Containers *table, Slice id) noexcept nogil
cdef void containers_expect(Containers *table, uint8_t parts) noexcept nogil
cdef void container_met(Container *container, uint32_t tgid, uint64_t start_ns, uint64_t time_ns) noexcept nogil
cdef void container_enter_scope(Container *container) noexcept nogil
cdef void container_settle(Container *container, uint8_t part, uint8_t status, Meta *meta) noexcept nogil
cdef void container_names_missing(Container *container) noexcept nogil
cdef void container_tell(Container *container, Meta **metas) noexcept nogil
cdef Container *containers_take_ask(Containers *table) noexcept nogil
cdef uint8_t container_waits(const Container *container, uint8_t parts, uint64_t now_ns) noexcept nogil
cdef uint8_t container_unknown(const Container *container, uint8_t parts) noexcept nogil
cdef uint64_t container_deadline_ns(const Container *container, uint8_t parts) noexcept nogil
cdef const Meta *container_meta(const Container *container, uint8_t part) noexcept nogil

cdef inline Slice container_id(const Container *container) noexcept nogil:
    cdef Slice id
    id.ptr = <const uint8_t *>container.id
    id.len = container.len
    return id
