# SPDX-License-Identifier: Apache-2.0
"""Table of containers: ids, cgroups and lookup state of their metadata."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.state.cgroup_ids cimport CgroupName
from tiercel._core.state.container_meta cimport ContainerMeta
from tiercel._core.state.exec_image cimport Shared
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport TBL_NPARTS


cdef enum:
    CONTAINER_ID_MAX = 64
    CONTAINER_HOST = 1      # number of the host

    # Status of one part. Events wait for REQUESTED parts only. The states of the lookup on the resolver's side are in
    # src/tiercel/containers/lookup_states.py.
    #
    #   new        --the part has a resolver----> REQUESTED
    #              --otherwise------------------> MISSING
    #   REQUESTED  --metadata-------------------> KNOWN
    #              --failed lookup, no resolver-> MISSING
    #   MISSING    --metadata-------------------> KNOWN
    #              --the part has a resolver now> REQUESTED
    #   KNOWN      --newer metadata-------------> KNOWN
    PART_REQUESTED = 0
    PART_KNOWN = 1
    PART_MISSING = 2

# State of one metadata part of a container.
cdef struct ContainerPart:
    uint8_t status          # PART_REQUESTED, PART_KNOWN or PART_MISSING
    uint64_t since_ns       # time of the first request, boot clock
    ContainerMeta *meta     # replaced as a whole; NULL unless known

# A container, or the host. Referenced by processes, cgroups and held events; see container.pyx.
cdef struct Container:
    uint32_t refs
    uint32_t len
    char id[CONTAINER_ID_MAX]
    uint32_t number                  # CONTAINER_HOST, 2, 3, ...: never reused
    uint8_t matcher                  # MATCHER_*: layout of its cgroups
    uint8_t queued                   # PART_*: requests not yet taken by the resolver
    uint8_t deferred                 # PART_*: requests until an event shows that the container is in the scope
    bint in_scope
    bint is_announced                # rules had an event `container` of it, see live/container_events.pyx
    ContainerPart parts[TBL_NPARTS]  # indexed by bit of PART_*
    uint32_t tgid                    # a process of the container, 0 none yet
    uint64_t start_ns
    uint64_t named_ns                # time of the record that last requested users and groups
    uint32_t named_tgid              # process of that request
    Shared *group                    # path of the cgroup that identified the container
    IntMap users                     # uid -> Name: users inside the container
    IntMap groups
    IntMap homes
    IntMap shells
    ContainerKey *keys
    Container *next_request
    uint32_t held                    # number of its held events
    uint32_t held_bytes
    uint64_t held_round              # see live/hold_queue.pyx
    Containers *table

# Container of a cgroup key.
cdef struct ContainerKey:
    uint64_t key
    Container *container
    ContainerKey *next      # next key of the same container

cdef struct Containers:
    IntMap by_id                 # hash of the id -> Container
    IntMap by_key                # cgroup key -> ContainerKey
    IntMap by_group              # id of a cgroup whose creation was seen -> Container
    Container *static_container  # container of every process, regardless of cgroups; NULL none
    uint32_t latest              # number assigned last
    uint8_t resolved             # PART_*: parts that have a resolver; other parts are missing at once
    uint64_t wait_ns             # time that events may wait for a response, 0 not at all
    uint64_t settled             # counter of status changes
    bint is_scoped               # the sensor watches only containers with events in the scope
    Container *first_request
    Container *last_request
    int lookup_requests_fd                  # eventfd that signals requests; -1 none

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
cdef void containers_set_resolved(Containers *table, uint8_t parts) noexcept nogil
cdef void container_on_process(Container *container, uint32_t tgid, uint64_t start_ns, uint64_t time_ns) noexcept nogil
cdef void container_enter_scope(Container *container) noexcept nogil
cdef void container_set_part(Container *container, uint8_t part, uint8_t status, ContainerMeta *meta) noexcept nogil
cdef void container_names_missing(Container *container) noexcept nogil
cdef void container_set_metadata(Container *container, ContainerMeta **metas) noexcept nogil
cdef Container *containers_take_request(Containers *table, uint8_t *parts) noexcept nogil
cdef uint8_t container_waits(const Container *container, uint8_t parts, uint64_t now_ns) noexcept nogil
cdef uint8_t container_unknown(const Container *container, uint8_t parts) noexcept nogil
cdef uint64_t container_deadline_ns(const Container *container, uint8_t parts) noexcept nogil
cdef const ContainerMeta *container_meta(const Container *container, uint8_t part) noexcept nogil

cdef inline Slice container_id(const Container *container) noexcept nogil:
    cdef Slice id
    id.ptr = <const uint8_t *>container.id
    id.len = container.len
    return id
