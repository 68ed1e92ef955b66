# SPDX-License-Identifier: Apache-2.0
"""Containers: which there are, which control groups are theirs, and what is known of them.

A container is in the table as long as a process, a control group that was seen to be made, or a held event refers to
it: each of these counts as a reference. One that comes back under the same id is a new one, with a number of its own.

What is known of it comes from elsewhere, by parts: the core puts a container on a list of asks, tells of that through
an eventfd, and takes the answers when they are there. It never waits itself. Whoever calls in holds `state.lock`.

Users and groups are in files that only a process in the container leads to, so they are asked for when one is met, and
again when programs start there later: sooner where nobody could tell, after a minute where the answer may be old. Until
then the ids of a container have no names; never those of the host.
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
    KEYS_MAX = 65536        # keys of control groups remembered; a full table starts anew
    GROUPS_MAX = 16384      # control groups of containers remembered; a full table starts anew
    AGAIN_NS = 100_000_000  # how long after an ask for names that found nothing the next one comes
    RENEW_NS = 60_000_000_000   # and after one that found something


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
    """The name of an id; absent if it has none."""
    cdef const Name *entry = <const Name *>intmap_get(names, id)
    cdef Slice name = slice_none()
    if entry is not NULL:
        name.ptr = <const uint8_t *>entry.text
        name.len = entry.len
    return name


# --- Asks -------------------------------------------------------------------------------------------------------------

cdef void _ask(Container *container, uint8_t parts) noexcept nogil:
    """Put these parts of a container on the list of asks; nobody is asked about one that is not watched."""
    cdef Containers *table = container.table
    cdef bint is_new = container.asks == 0
    cdef uint64_t one = 1
    if not container.in_scope:
        container.due |= parts
        return
    if parts == 0:
        return
    container.asks |= parts
    if not is_new:
        return
    container.next_ask = NULL
    if table.last_ask is not NULL:
        table.last_ask.next_ask = container
    else:
        table.first_ask = container
        if table.lookup_requests_fd >= 0:
            write(table.lookup_requests_fd, &one, sizeof(one))
    table.last_ask = container


cdef void _forget_ask(Container *container) noexcept nogil:
    cdef Containers *table = container.table
    cdef Container *before = NULL
    cdef Container *at = table.first_ask
    if container.asks == 0:
        return
    while at is not container:
        before = at
        at = at.next_ask
    if before is NULL:
        table.first_ask = container.next_ask
    else:
        before.next_ask = container.next_ask
    if table.last_ask is container:
        table.last_ask = before
    container.asks = 0


cdef Container *containers_take_ask(Containers *table) noexcept nogil:
    """The container that waits longest for somebody to look at its `asks`, which are the caller's to clear; or NULL."""
    cdef Container *container = table.first_ask
    if container is not NULL:
        table.first_ask = container.next_ask
        if container.next_ask is NULL:
            table.last_ask = NULL
        container.next_ask = NULL
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
    """The host as a container of which all is known; it is in no table. NULL without memory."""
    cdef Container *host = _new(table, slice_of(b"host"))
    cdef int i
    if host is not NULL:
        host.number = CONTAINER_HOST
        host.in_scope = 1
        for i in range(TBL_NPARTS):
            host.parts[i].status = CONTAINER_KNOWN
    return host


cdef Container *container_find(const Containers *table, Slice id) noexcept nogil:
    """The container with that id, or NULL."""
    cdef Container *container
    if id.len == 0 or id.len > CONTAINER_ID_MAX:
        return NULL
    container = <Container *>intmap_get(&table.by_id, bytes_hash(id.ptr, id.len))
    return container if container is not NULL and slice_equal(container_id(container), id) else NULL


cdef Container *container_make(Containers *table, const CgroupName *name) noexcept nogil:
    """The container that a control group's path tells, with a reference for the caller; NULL without memory.

    A new one is asked about.
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
        container.parts[i].status = <uint8_t>(CONTAINER_WAITED if table.answered >> i & 1 else CONTAINER_MISSING)
    _ask(container, table.answered & ~<uint8_t>PART_NAMES)
    return container


cdef Container *container_keep(Container *container) noexcept nogil:
    if container is not NULL:
        container.refs += 1
    return container


cdef void container_drop(Container *container) noexcept nogil:
    """Give back a reference; NULL is none."""
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
    _forget_ask(container)
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


cdef void container_met(Container *container, uint32_t tgid, uint64_t start_ns, uint64_t time_ns) noexcept nogil:
    """Note a process that leads to the container's files, and ask for its users if they are not known, or long ago."""
    cdef ContainerPart *names = &container.parts[1]
    cdef bint is_first = container.tgid == 0
    if container.number == CONTAINER_HOST or container is container.table.fixed:
        return
    container.tgid = tgid
    container.start_ns = start_ns
    if not container.table.answered & PART_NAMES:
        return
    if is_first:
        names.since_ns = boot_now()
    elif time_ns < container.named_ns + (
        <uint64_t>RENEW_NS if names.status == CONTAINER_KNOWN else <uint64_t>AGAIN_NS
    ):
        return
    container.named_ns = time_ns
    container.named_tgid = tgid
    _ask(container, PART_NAMES)


cdef void container_enter_scope(Container *container) noexcept nogil:
    """Ask what is due about a container that is watched, as an event tells; the time to wait begins now."""
    cdef int i
    container.in_scope = 1
    for i in range(TBL_NPARTS):
        if container.due >> i & 1:
            container.parts[i].since_ns = boot_now()
    _ask(container, container.due)
    container.due = 0


# --- What is known ----------------------------------------------------------------------------------------------------

cdef void container_settle(Container *container, uint8_t part, uint8_t status, Meta *meta) noexcept nogil:
    """Take an answer, and with it the metadata; NULL for none. What was known once stays when nobody knows any more."""
    cdef int i
    for i in range(TBL_NPARTS):
        if part >> i & 1 and (status == CONTAINER_KNOWN or container.parts[i].status == CONTAINER_WAITED):
            meta_free(container.parts[i].meta)
            container.parts[i].meta = meta
            container.parts[i].status = status
            container.table.settled += 1


cdef void container_names_missing(Container *container) noexcept nogil:
    """Note that a process led to no users and groups: another one that was met since may."""
    if container.tgid == container.named_tgid:
        container_settle(container, PART_NAMES, CONTAINER_MISSING, NULL)
        return
    container.named_tgid = container.tgid
    _ask(container, PART_NAMES)


cdef void container_tell(Container *container, Meta **metas) noexcept nogil:
    """Take what is known now of all parts that `metas` (of TBL_NPARTS) has something of."""
    cdef int i
    for i in range(TBL_NPARTS):
        if metas[i] is not NULL:
            container_settle(container, <uint8_t>(1 << i), CONTAINER_KNOWN, metas[i])
            metas[i] = NULL


cdef void containers_expect(Containers *table, uint8_t parts) noexcept nogil:
    """Note which parts somebody answers for from now on. What nobody answers for any more, and is not known, never
    will be; what somebody answers for now is asked for."""
    cdef uint8_t begun = parts & ~table.answered
    cdef Container *container
    cdef uint32_t i
    cdef int part
    table.answered = parts
    for i in range(table.by_id.mask + 1 if table.by_id.cells is not NULL else 0):
        container = <Container *>table.by_id.cells[i].value
        if container is NULL:
            continue
        for part in range(TBL_NPARTS):
            if begun >> part & 1 and container.parts[part].status == CONTAINER_MISSING:
                container.parts[part].status = CONTAINER_WAITED
                container.parts[part].since_ns = boot_now()
                _ask(container, <uint8_t>(1 << part))
            elif not parts >> part & 1 and container.parts[part].status == CONTAINER_WAITED:
                container_settle(container, <uint8_t>(1 << part), CONTAINER_MISSING, NULL)
    table.settled += 1


cdef uint8_t container_waits(const Container *container, uint8_t parts, uint64_t now_ns) noexcept nogil:
    """Those of `parts` that an event may wait for: an answer is due, and not for too long. Without container: none."""
    cdef uint8_t found = 0
    cdef int i
    if container is NULL:
        return 0
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status == CONTAINER_WAITED:
            if now_ns < container.parts[i].since_ns + container.table.wait_ns:
                found |= <uint8_t>(1 << i)
    return found


cdef uint8_t container_unknown(const Container *container, uint8_t parts) noexcept nogil:
    """Those of `parts` that are not known, whether an answer is due or not. Without container: none."""
    cdef uint8_t found = 0
    cdef int i
    if container is NULL:
        return 0
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status != CONTAINER_KNOWN:
            found |= <uint8_t>(1 << i)
    return found


cdef uint64_t container_deadline_ns(const Container *container, uint8_t parts) noexcept nogil:
    """When the wait for the first of some parts that are waited for ends, on the boot clock."""
    cdef uint64_t first = <uint64_t>-1
    cdef int i
    for i in range(TBL_NPARTS):
        if parts >> i & 1:
            first = min(first, container.parts[i].since_ns + container.table.wait_ns)
    return first


cdef const Meta *container_meta(const Container *container, uint8_t part) noexcept nogil:
    """What is known of one part; NULL if nothing is."""
    cdef int i
    if container is not NULL:
        for i in range(TBL_NPARTS):
            if part >> i & 1:
                return container.parts[i].meta
    return NULL


# --- Control groups ---------------------------------------------------------------------------------------------------

cdef Container *containers_of_key(const Containers *table, uint64_t key) noexcept nogil:
    """The container, or the host, whose control groups the key stands for; NULL if that is not known."""
    cdef const ContainerKey *entry = <const ContainerKey *>intmap_get(&table.by_key, key)
    return entry.container if entry is not NULL else NULL


cdef void _unlink(ContainerKey *entry) noexcept nogil:
    """Take the key from its container's list."""
    cdef ContainerKey **at = &entry.container.keys
    while at[0] is not entry:
        at = &at[0].next
    at[0] = entry.next


cdef void containers_set_key(Containers *table, uint64_t key, Container *container) noexcept nogil:
    """Note that the key is that container's, and no other's any more."""
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
    """Forget all keys."""
    cdef uint32_t i
    cdef ContainerKey *entry
    for i in range(table.by_key.mask + 1 if table.by_key.cells is not NULL else 0):
        entry = <ContainerKey *>table.by_key.cells[i].value
        if entry is not NULL:
            entry.container.keys = NULL
    names_clear(&table.by_key)


cdef Container *containers_group_new(Containers *table, uint64_t id, Slice path) noexcept nogil:
    """A control group was made: if it is a container's, that is known before its first process, and returned."""
    cdef CgroupName name
    cdef Container *container
    containers_group_gone(table, id)
    if table.fixed is not NULL or not cgroup_container(path, &name):
        return NULL
    if table.by_group.count >= GROUPS_MAX:
        containers_clear_groups(table)
    container = container_make(table, &name)
    if container is not NULL and intmap_put(&table.by_group, id, container) < 0:
        container_drop(container)
        return NULL
    return container


cdef void containers_group_gone(Containers *table, uint64_t id) noexcept nogil:
    """A control group was removed; its id may have been a key."""
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
    """Have every process in the container `id` from now on; NULL, and nothing changed, without memory."""
    cdef CgroupName name
    cdef Container *container
    memset(&name, 0, sizeof(name))
    name.id = id
    name.path = slice_of(b"")
    container = container_make(table, &name)
    if container is not NULL:
        container_drop(table.fixed)
        table.fixed = container
        containers_clear_groups(table)
        containers_clear_keys(table)
    return container


cdef void containers_clear_groups(Containers *table) noexcept nogil:
    """Forget all control groups that were seen to be made."""
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
    """Free what is left when no process, no held event and no host refers to a container any more."""
    container_drop(table.fixed)
    containers_clear_groups(table)
    containers_clear_keys(table)
    intmap_free(&table.by_id)
    if table.lookup_requests_fd >= 0:
        close(table.lookup_requests_fd)
