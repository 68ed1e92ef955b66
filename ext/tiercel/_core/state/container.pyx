# SPDX-License-Identifier: Apache-2.0
"""Table of containers: ids, cgroups and lookup state of their metadata.

A container stays in the table while a process, a cgroup whose creation was seen, or a held event references it.
A container that returns under the same id is a new entry with its own number.

Metadata comes from resolvers outside of the core, in parts. The core queues a request, signals it through an eventfd
and takes the response when it arrives. The core never waits. Callers hold `state.lock`.

Users and groups are in files that only a process in the container makes reachable. So they are requested for the first
such process, and again for programs that start later: soon after a failed lookup, after a minute once a response may be
stale. Until a response arrives, ids of the container have no names; they never get those of the host.
"""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset
from posix.unistd cimport close, write

from tiercel._core.state.cgroup_ids cimport cgroup_container
from tiercel._core.state.container_meta cimport meta_free
from tiercel._core.state.exec_image cimport shared_drop, shared_new
from tiercel._core.util.clock cimport boot_now
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.slice cimport bytes_hash, slice_equal, slice_none, slice_of
from tiercel._core.wire.events_gen cimport PART_NAMES, TBL_NPARTS

cdef enum:
    KEYS_MAX = 65536        # remembered cgroup keys; a full table is cleared
    GROUPS_MAX = 16384      # remembered cgroups of containers; a full table is cleared
    AGAIN_NS = 100_000_000  # delay before the next request for names after a failed lookup
    RENEW_NS = 60_000_000_000   # delay after a successful lookup


# --- Names of users and groups ----------------------------------------------------------------------------------------

cdef int names_put(IntMap *names, uint32_t id, Slice name) noexcept nogil:
    """Set the name of an id; -1 without memory."""
    cdef Name *entry = <Name *>malloc(sizeof(Name) + name.len)
    cdef void *known = intmap_get(names, id)
    if entry is NULL:
        return -1
    entry.len = name.len
    if name.len:
        memcpy(entry.text, name.ptr, name.len)
    if intmap_put(names, id, entry) < 0:
        free(entry)
        return -1
    free(known)
    return 0


cdef void names_clear(IntMap *names) noexcept nogil:
    cdef uint32_t i
    if names.cells is not NULL:
        for i in range(names.mask + 1):
            free(names.cells[i].value)
    intmap_free(names)


cdef Slice names_get(const IntMap *names, uint32_t id) noexcept nogil:
    """Return the name of an id; absent if it has none."""
    cdef const Name *entry = <const Name *>intmap_get(names, id)
    cdef Slice name = slice_none()
    if entry is not NULL:
        name.ptr = <const uint8_t *>entry.text
        name.len = entry.len
    return name


# --- Lookup requests --------------------------------------------------------------------------------------------------

cdef void _request(Container *container, uint8_t parts) noexcept nogil:
    """Queue requests for these parts of a container; does nothing for a container out of scope."""
    cdef Containers *table = container.table
    cdef bint is_new = container.queued == 0
    cdef uint64_t one = 1
    if not container.in_scope:
        container.deferred |= parts
        return
    if parts == 0:
        return
    container.queued |= parts
    if not is_new:
        return
    container.next_request = NULL
    if table.last_request is not NULL:
        table.last_request.next_request = container
    else:
        table.first_request = container
        if table.lookup_requests_fd >= 0:
            write(table.lookup_requests_fd, &one, sizeof(one))
    table.last_request = container


cdef void _cancel_requests(Container *container) noexcept nogil:
    cdef Containers *table = container.table
    cdef Container *before = NULL
    cdef Container *at = table.first_request
    if container.queued == 0:
        return
    while at is not container:
        before = at
        at = at.next_request
    if before is NULL:
        table.first_request = container.next_request
    else:
        before.next_request = container.next_request
    if table.last_request is container:
        table.last_request = before
    container.queued = 0


cdef Container *containers_take_request(Containers *table, uint8_t *parts) noexcept nogil:
    """Take the oldest queued requests: return the container and set `parts`; NULL without requests."""
    cdef Container *container = table.first_request
    if container is not NULL:
        parts[0] = container.queued
        container.queued = 0
        table.first_request = container.next_request
        if container.next_request is NULL:
            table.last_request = NULL
        container.next_request = NULL
    return container


# --- Containers -------------------------------------------------------------------------------------------------------

cdef Container *_new(Containers *table, Slice id) noexcept nogil:
    cdef Container *container = <Container *>calloc(1, sizeof(Container))
    if container is NULL:
        return NULL
    container.table = table
    container.refs = 1
    container.len = min(id.len, <uint32_t>CONTAINER_ID_MAX)
    memcpy(container.id, id.ptr, container.len)
    table.latest += 1
    container.number = table.latest
    return container


cdef Container *container_host(Containers *table) noexcept nogil:
    """Return the host as a container with all metadata known; it is in no table. NULL without memory."""
    cdef Container *host = _new(table, slice_of(b"host"))
    cdef int i
    if host is not NULL:
        host.number = CONTAINER_HOST
        host.in_scope = 1
        for i in range(TBL_NPARTS):
            host.parts[i].status = PART_KNOWN
    return host


cdef Container *container_find(const Containers *table, Slice id) noexcept nogil:
    """Return the container with that id, or NULL."""
    cdef Container *container
    if id.len == 0 or id.len > CONTAINER_ID_MAX:
        return NULL
    container = <Container *>intmap_get(&table.by_id, bytes_hash(id.ptr, id.len))
    return container if container is not NULL and slice_equal(container_id(container), id) else NULL


cdef Container *container_make(Containers *table, const CgroupName *name) noexcept nogil:
    """Return the container of a cgroup path, with a reference for the caller; NULL without memory.

    For a new container, metadata is requested.
    """
    cdef Slice id = name.id
    cdef Container *container
    cdef uint64_t hash
    cdef int i
    id.len = min(id.len, <uint32_t>CONTAINER_ID_MAX)
    container = container_find(table, id)
    if container is not NULL:
        return container_keep(container)
    container = _new(table, id)
    if container is NULL:
        return NULL
    hash = bytes_hash(id.ptr, id.len)
    if intmap_get(&table.by_id, hash) is NULL:
        intmap_put(&table.by_id, hash, container)
    container.in_scope = not table.is_scoped
    container.matcher = name.matcher
    container.group = shared_new(name.path)
    for i in range(TBL_NPARTS):
        container.parts[i].since_ns = boot_now()
        container.parts[i].status = <uint8_t>(PART_REQUESTED if table.resolved >> i & 1 else PART_MISSING)
    _request(container, table.resolved & ~<uint8_t>PART_NAMES)
    return container


cdef Container *container_keep(Container *container) noexcept nogil:
    if container is not NULL:
        container.refs += 1
    return container


cdef void container_drop(Container *container) noexcept nogil:
    """Release a reference; NULL is ignored."""
    cdef Containers *table
    cdef ContainerKey *key
    cdef uint64_t hash
    cdef int i
    if container is NULL:
        return
    container.refs -= 1
    if container.refs:
        return
    table = container.table
    hash = bytes_hash(<const uint8_t *>container.id, container.len)
    if intmap_get(&table.by_id, hash) == <void *>container:
        intmap_remove(&table.by_id, hash)
    _cancel_requests(container)
    while container.keys is not NULL:
        key = container.keys
        container.keys = key.next
        intmap_remove(&table.by_key, key.key)
        free(key)
    for i in range(TBL_NPARTS):
        meta_free(container.parts[i].meta)
    names_clear(&container.users)
    names_clear(&container.groups)
    names_clear(&container.homes)
    names_clear(&container.shells)
    shared_drop(container.group)
    free(container)


cdef void container_on_process(Container *container, uint32_t tgid, uint64_t start_ns, uint64_t time_ns) noexcept nogil:
    """Record a process that leads to the container's files; request its users if they are unknown or stale."""
    cdef ContainerPart *names = &container.parts[1]
    cdef bint is_first = container.tgid == 0
    if container.number == CONTAINER_HOST or container is container.table.static_container:
        return
    container.tgid = tgid
    container.start_ns = start_ns
    if not container.table.resolved & PART_NAMES:
        return
    if is_first:
        names.since_ns = boot_now()
    elif time_ns < container.named_ns + (
        <uint64_t>RENEW_NS if names.status == PART_KNOWN else <uint64_t>AGAIN_NS
    ):
        return
    container.named_ns = time_ns
    container.named_tgid = tgid
    _request(container, PART_NAMES)


cdef void container_enter_scope(Container *container) noexcept nogil:
    """Queue deferred requests of a container that has an event in the scope; the wait starts now."""
    cdef int i
    container.in_scope = 1
    for i in range(TBL_NPARTS):
        if container.deferred >> i & 1:
            container.parts[i].since_ns = boot_now()
    _request(container, container.deferred)
    container.deferred = 0


# --- Metadata ---------------------------------------------------------------------------------------------------------

cdef void container_set_part(Container *container, uint8_t part, uint8_t status, ContainerMeta *meta) noexcept nogil:
    """Set the status and metadata (NULL for none) of a part. A failed lookup keeps metadata that was known before."""
    cdef int i
    for i in range(TBL_NPARTS):
        if part >> i & 1 and (status == PART_KNOWN or container.parts[i].status == PART_REQUESTED):
            meta_free(container.parts[i].meta)
            container.parts[i].meta = meta
            container.parts[i].status = status
            container.table.settled += 1


cdef void container_names_missing(Container *container) noexcept nogil:
    """Mark users and groups as missing after a failed lookup, unless a newer process can be tried."""
    if container.tgid == container.named_tgid:
        container_set_part(container, PART_NAMES, PART_MISSING, NULL)
        return
    container.named_tgid = container.tgid
    _request(container, PART_NAMES)


cdef void container_set_metadata(Container *container, ContainerMeta **metas) noexcept nogil:
    """Set all parts that `metas` (TBL_NPARTS elements) has metadata for."""
    cdef int i
    for i in range(TBL_NPARTS):
        if metas[i] is not NULL:
            container_set_part(container, <uint8_t>(1 << i), PART_KNOWN, metas[i])
            metas[i] = NULL


cdef void containers_set_resolved(Containers *table, uint8_t parts) noexcept nogil:
    """Set the parts that have a resolver. Unknown parts without a resolver become missing; new parts are requested."""
    cdef uint8_t begun = parts & ~table.resolved
    cdef Container *container
    cdef uint32_t i
    cdef int part
    table.resolved = parts
    for i in range(table.by_id.mask + 1 if table.by_id.cells is not NULL else 0):
        container = <Container *>table.by_id.cells[i].value
        if container is NULL:
            continue
        for part in range(TBL_NPARTS):
            if begun >> part & 1 and container.parts[part].status == PART_MISSING:
                container.parts[part].status = PART_REQUESTED
                container.parts[part].since_ns = boot_now()
                _request(container, <uint8_t>(1 << part))
            elif not parts >> part & 1 and container.parts[part].status == PART_REQUESTED:
                container_set_part(container, <uint8_t>(1 << part), PART_MISSING, NULL)
    table.settled += 1


cdef uint8_t container_waits(const Container *container, uint8_t parts, uint64_t now_ns) noexcept nogil:
    """Return those of `parts` that an event may wait for: pending and not timed out. 0 without container."""
    cdef uint8_t found = 0
    cdef int i
    if container is NULL:
        return 0
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status == PART_REQUESTED:
            if now_ns < container.parts[i].since_ns + container.table.wait_ns:
                found |= <uint8_t>(1 << i)
    return found


cdef uint8_t container_unknown(const Container *container, uint8_t parts) noexcept nogil:
    """Return those of `parts` that are not known, pending or not. 0 without container."""
    cdef uint8_t found = 0
    cdef int i
    if container is NULL:
        return 0
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status != PART_KNOWN:
            found |= <uint8_t>(1 << i)
    return found


cdef uint64_t container_deadline_ns(const Container *container, uint8_t parts) noexcept nogil:
    """Return the earliest deadline of the pending `parts`, boot clock."""
    cdef uint64_t first = <uint64_t>-1
    cdef int i
    for i in range(TBL_NPARTS):
        if parts >> i & 1:
            first = min(first, container.parts[i].since_ns + container.table.wait_ns)
    return first


cdef const ContainerMeta *container_meta(const Container *container, uint8_t part) noexcept nogil:
    """Return the metadata of one part; NULL if it is not known."""
    cdef int i
    if container is not NULL:
        for i in range(TBL_NPARTS):
            if part >> i & 1:
                return container.parts[i].meta
    return NULL


# --- Control groups ---------------------------------------------------------------------------------------------------

cdef Container *containers_of_key(const Containers *table, uint64_t key) noexcept nogil:
    """Return the container, or the host, of a cgroup key; NULL if it is not known."""
    cdef const ContainerKey *entry = <const ContainerKey *>intmap_get(&table.by_key, key)
    return entry.container if entry is not NULL else NULL


cdef void _unlink(ContainerKey *entry) noexcept nogil:
    """Remove the key from its container's list."""
    cdef ContainerKey **at = &entry.container.keys
    while at[0] is not entry:
        at = &at[0].next
    at[0] = entry.next


cdef void containers_set_key(Containers *table, uint64_t key, Container *container) noexcept nogil:
    """Assign the key to a container and remove it from any other."""
    cdef ContainerKey *entry = <ContainerKey *>intmap_get(&table.by_key, key)
    if entry is NULL:
        if table.by_key.count >= KEYS_MAX:
            containers_clear_keys(table)
        entry = <ContainerKey *>malloc(sizeof(ContainerKey))
        if entry is NULL:
            return
        entry.key = key
        if intmap_put(&table.by_key, key, entry) < 0:
            free(entry)
            return
    elif entry.container is container:
        return
    else:
        _unlink(entry)
    entry.container = container
    entry.next = container.keys
    container.keys = entry


cdef void containers_clear_keys(Containers *table) noexcept nogil:
    """Remove all keys."""
    cdef uint32_t i
    cdef ContainerKey *entry
    for i in range(table.by_key.mask + 1 if table.by_key.cells is not NULL else 0):
        entry = <ContainerKey *>table.by_key.cells[i].value
        if entry is not NULL:
            entry.container.keys = NULL
    names_clear(&table.by_key)


cdef Container *containers_group_new(Containers *table, uint64_t id, Slice path) noexcept nogil:
    """Handle a created cgroup: return its container, which is then known before its first process starts."""
    cdef CgroupName name
    cdef Container *container
    containers_group_gone(table, id)
    if table.static_container is not NULL or not cgroup_container(path, &name):
        return NULL
    if table.by_group.count >= GROUPS_MAX:
        containers_clear_groups(table)
    container = container_make(table, &name)
    if container is not NULL and intmap_put(&table.by_group, id, container) < 0:
        container_drop(container)
        return NULL
    return container


cdef void containers_group_gone(Containers *table, uint64_t id) noexcept nogil:
    """Handle a removed cgroup, whose id may be a key."""
    cdef Container *container = <Container *>intmap_get(&table.by_group, id)
    cdef ContainerKey *entry = <ContainerKey *>intmap_get(&table.by_key, id)
    if entry is not NULL:
        _unlink(entry)
        intmap_remove(&table.by_key, id)
        free(entry)
    if container is not NULL:
        intmap_remove(&table.by_group, id)
        container_drop(container)


cdef Container *containers_fix(Containers *table, Slice id) noexcept nogil:
    """Put every process into the container `id` from now on; NULL, and nothing changed, without memory."""
    cdef CgroupName name
    cdef Container *container
    memset(&name, 0, sizeof(name))
    name.id = id
    name.path = slice_of(b"")
    container = container_make(table, &name)
    if container is not NULL:
        container_drop(table.static_container)
        table.static_container = container
        containers_clear_groups(table)
        containers_clear_keys(table)
    return container


cdef void containers_clear_groups(Containers *table) noexcept nogil:
    """Remove all cgroups whose creation was seen."""
    cdef IntMap groups = table.by_group
    cdef uint32_t i
    memset(&table.by_group, 0, sizeof(IntMap))
    for i in range(groups.mask + 1 if groups.cells is not NULL else 0):
        container_drop(<Container *>groups.cells[i].value)
    intmap_free(&groups)


# --- The whole --------------------------------------------------------------------------------------------------------

cdef void containers_init(Containers *table) noexcept nogil:
    memset(table, 0, sizeof(Containers))
    table.lookup_requests_fd = -1
    table.latest = CONTAINER_HOST


cdef void containers_free(Containers *table) noexcept nogil:
    """Free the table after processes, held events and the host have released their references."""
    container_drop(table.static_container)
    containers_clear_groups(table)
    containers_clear_keys(table)
    intmap_free(&table.by_id)
    if table.lookup_requests_fd >= 0:
        close(table.lookup_requests_fd)
