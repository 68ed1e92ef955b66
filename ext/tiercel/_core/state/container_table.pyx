# SPDX-License-Identifier: Apache-2.0
"""Python interface to the containers of a process table: requests and responses.

It includes the conversions that other Python interfaces of the table share.
"""

from libc.errno cimport errno
from libc.stdint cimport uint64_t
from libc.string cimport memset
from posix.unistd cimport read

from tiercel._core.state.container cimport (
    Container, container_find, CONTAINER_HOST, container_id as _container_id, CONTAINER_ID_MAX, PART_KNOWN,
    container_meta, PART_MISSING, container_names_missing, container_set_part, container_set_metadata, Containers,
    containers_set_resolved, containers_fix, containers_of_key, containers_take_request, names_clear, names_put,
)
from tiercel._core.state.container_meta cimport ContainerMeta, MetaValue, meta_free, meta_value, metas_of
from tiercel._core.state.exec_image cimport shared_slice
from tiercel._core.state.process cimport Proc, ProcList, proc_share_container
from tiercel._core.state.process_events cimport state_lock, state_unlock
from tiercel._core.util.posix cimport EFD_CLOEXEC, EFD_NONBLOCK, eventfd
from tiercel._core.util.slice cimport slice_none
from tiercel._core.wire.events_gen cimport (
    METAKIND_BOOL,
    METAKIND_MAP,
    METAKIND_MOUNTS,
    METAKIND_TEXT,
    PART_DETAILS,
    PART_INFO,
    PART_NAMES,
    PART_POD,
    TBL_METADATA,
    TBL_NMETADATA,
    TBL_NPARTS,
    TBL_PARTS,
)

cdef enum:
    MOUNT_COLUMNS = 5

cdef tuple _PARTS = tuple([(<bytes>TBL_PARTS[bit]).decode() for bit in range(TBL_NPARTS)])
cdef tuple _MATCHERS = ("", "podman", "docker", "cri", "containerd", "lxc", "libvirt_lxc", "bpm")


cdef bytes to_bytes(object text):
    """Return text in the kernel's encoding."""
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        return (<str>text).encode("utf-8", "surrogateescape")
    return b"\0".join([to_bytes(part) for part in text])


cdef Slice as_slice(bytes text):
    """Borrow the bytes; absent for None."""
    cdef Slice slice = slice_none()
    if text is not None:
        slice.ptr = <const uint8_t *><const char *>text
        slice.len = <uint32_t>len(text)
    return slice


cdef object to_text(Slice slice):
    """Return a str with undecodable bytes as surrogates; None if absent."""
    if slice.ptr is NULL:
        return None
    return (<const char *>slice.ptr)[:slice.len].decode("utf-8", "surrogateescape")


cdef void lock_state(State *state) noexcept:
    """Acquire the lock with the GIL released: the current owner of the lock may need the GIL."""
    with nogil:
        state_lock(state)


cdef int put_names(IntMap *names, object mapping) except -1:
    cdef bytes text
    for key, name in mapping.items():
        text = to_bytes(name)
        if names_put(names, <uint32_t>key, as_slice(text)) < 0:
            raise MemoryError
    return 0


cdef uint8_t _part_bit(object name) except 0:
    if name not in _PARTS:
        raise ValueError(f"nothing called {name!r} is known of containers")
    return <uint8_t>(1 << <int>_PARTS.index(name))


cdef str _id_text(const Container *container):
    cdef Slice id = _container_id(container)
    return (<const char *>id.ptr)[:id.len].decode("utf-8", "surrogateescape")


cdef dict _values(const Container *container):
    """Return the engine metadata of a container as a dict; of duplicate keys the last value."""
    cdef dict found = {}
    cdef const MetaValue *value
    cdef uint32_t number, i
    cdef list texts
    for number in range(<uint32_t>TBL_NMETADATA):
        if not TBL_METADATA[number].part & (PART_INFO | PART_DETAILS):
            continue
        value = meta_value(container_meta(container, TBL_METADATA[number].part), number)
        if value is NULL:
            continue
        name = (<bytes>TBL_METADATA[number].name).decode()
        kind = TBL_METADATA[number].kind
        texts = [to_text(value.texts[i]) for i in range(value.count)]
        if kind == METAKIND_BOOL:
            found[name] = bool(value.truth)
        elif kind == METAKIND_TEXT:
            found[name] = texts[0]
        elif kind == METAKIND_MAP:
            found[name] = dict(zip(texts[::2], texts[1::2]))
        elif kind == METAKIND_MOUNTS:
            found[name] = list(zip(*[iter(texts)] * MOUNT_COLUMNS))
        else:
            found[name] = texts
    return found


cdef class ContainerTable:
    def container_of(self, cgroup_id):
        cdef uint64_t key = cgroup_id
        cdef const Container *container
        cdef object found = None
        lock_state(self.state)
        container = containers_of_key(&self.state.containers, key)
        if container is not NULL and container.number != CONTAINER_HOST:
            found = _id_text(container)
        state_unlock(self.state)
        return found

    def groups_of(self, cgroup_id):
        cdef uint64_t key = cgroup_id
        cdef const Proc *proc
        cdef const ProcList *procs
        cdef bytes found = None
        cdef int i
        lock_state(self.state)
        for i in range(2):
            procs = &self.state.ended if i else &self.state.running
            proc = procs.first
            while proc is not NULL and found is None:
                if proc.cgroup_id == key and proc.cgroups is not NULL:
                    found = shared_slice(proc.cgroups).ptr[:shared_slice(proc.cgroups).len]
                proc = proc.next
        state_unlock(self.state)
        return found

    def configure_metadata(self, parts, wait_ns):
        cdef uint8_t bits = 0
        cdef uint64_t longest = wait_ns
        for part in parts:
            bits |= _part_bit(part)
        with nogil:
            state_lock(self.state)
            self.state.containers.wait_ns = longest
            containers_set_resolved(&self.state.containers, bits)
            state_unlock(self.state)

    def limit_to_scope(self):
        lock_state(self.state)
        self.state.containers.is_scoped = 1
        state_unlock(self.state)

    def set_static(self, container_id):
        cdef bytes name = to_bytes(container_id)
        cdef Container *container
        cdef Proc *proc
        cdef int i
        if not 0 < len(name) <= CONTAINER_ID_MAX:
            raise ValueError(f"the id of a container has 1 to {CONTAINER_ID_MAX} bytes, not {len(name)}")
        lock_state(self.state)
        container = containers_fix(&self.state.containers, as_slice(name))
        for i in range(2 if container is not NULL else 0):
            proc = self.state.ended.first if i else self.state.running.first
            while proc is not NULL:
                proc_share_container(proc, container)
                proc = proc.next
        state_unlock(self.state)
        if container is NULL:
            raise MemoryError

    def lookup_requests_fd(self):
        cdef Containers *containers = &self.state.containers
        cdef int fd
        lock_state(self.state)
        if containers.lookup_requests_fd < 0:
            containers.lookup_requests_fd = eventfd(containers.first_request is not NULL, EFD_CLOEXEC | EFD_NONBLOCK)
        fd = containers.lookup_requests_fd
        state_unlock(self.state)
        if fd < 0:
            raise OSError(errno, "eventfd")
        return fd

    def take_lookup_requests(self):
        cdef Containers *containers = &self.state.containers
        cdef Container *container
        cdef uint64_t count
        cdef list requests = []
        cdef uint8_t parts = 0
        cdef int bit
        lock_state(self.state)
        try:
            if containers.lookup_requests_fd >= 0:
                read(containers.lookup_requests_fd, &count, sizeof(count))
            while True:
                container = containers_take_request(containers, &parts)
                if container is NULL:
                    return requests
                if parts & PART_INFO:
                    parts &= ~<uint8_t>PART_DETAILS  # one response carries both parts
                for bit in range(TBL_NPARTS):
                    if parts >> bit & 1:
                        cgroup = to_text(shared_slice(container.group))
                        matcher = _MATCHERS[container.matcher]
                        requests.append(
                            (_id_text(container), matcher, cgroup, container.tgid, container.start_ns, _PARTS[bit])
                        )
        finally:
            state_unlock(self.state)

    cdef bint settle(self, object id, uint8_t parts, object values) except -1:
        """Set parts of a container, `values` None for a failed lookup; False if the container is not in the table."""
        cdef bytes name = to_bytes(id)
        cdef Slice text = as_slice(name)
        cdef ContainerMeta *metas[TBL_NPARTS]
        cdef Container *container
        cdef int i
        memset(metas, 0, sizeof(metas))
        try:
            if values is not None:
                metas_of(values, parts, metas)
            with nogil:
                state_lock(self.state)
                container = container_find(&self.state.containers, text)
                if container is not NULL and values is None:
                    container_set_part(container, parts, PART_MISSING, NULL)
                elif container is not NULL:
                    container_set_metadata(container, metas)
                state_unlock(self.state)
            return container is not NULL
        finally:
            for i in range(TBL_NPARTS):
                meta_free(metas[i])

    def set_container(self, container_id, values):
        cdef bint is_there = self.settle(container_id, PART_INFO | PART_DETAILS, values)
        cdef object on_container_known = self.on_container_known
        if is_there and on_container_known is not None:
            on_container_known(container_id, values)
        return bool(is_there)

    def announce_container(self, container_id, values):
        return bool(self.settle(container_id, PART_INFO, values))

    def on_container(self, on_container_known):
        self.on_container_known = on_container_known

    def container_missing(self, container_id):
        cdef bint is_there = self.settle(container_id, PART_INFO | PART_DETAILS, None)
        cdef object on_container_known = self.on_container_known
        cdef dict known = self.engine_metadata_of(container_id) if is_there and on_container_known is not None else None
        if known:
            on_container_known(container_id, known)
        return bool(is_there)

    cdef dict engine_metadata_of(self, object id):
        """Return the engine metadata of a container; empty without metadata."""
        cdef bytes name = to_bytes(id)
        cdef const Container *container
        lock_state(self.state)
        try:
            container = container_find(&self.state.containers, as_slice(name))
            return _values(container) if container is not NULL else {}
        finally:
            state_unlock(self.state)

    def set_pod(self, container_id, values):
        return bool(self.settle(container_id, PART_POD, values))

    def pod_missing(self, container_id):
        return bool(self.settle(container_id, PART_POD, None))

    def set_names(self, container_id, users, homes, shells, groups):
        cdef bytes name = to_bytes(container_id)
        cdef IntMap fresh[4]
        cdef IntMap before[4]
        cdef Container *container = NULL
        cdef int i
        memset(fresh, 0, sizeof(fresh))
        try:
            for i, names in enumerate((users, homes, shells, groups)):
                put_names(&fresh[i], names)
            lock_state(self.state)
            container = container_find(&self.state.containers, as_slice(name))
            if container is not NULL:
                before[:] = [container.users, container.homes, container.shells, container.groups]
                container.users, container.homes, container.shells = fresh[0], fresh[1], fresh[2]
                container.groups = fresh[3]
                fresh[:] = before
                container_set_part(container, PART_NAMES, PART_KNOWN, NULL)
            state_unlock(self.state)
            return container is not NULL
        finally:
            for i in range(4):
                names_clear(&fresh[i])

    def names_missing(self, container_id):
        cdef bytes name = to_bytes(container_id)
        cdef Container *container
        lock_state(self.state)
        container = container_find(&self.state.containers, as_slice(name))
        if container is not NULL:
            container_names_missing(container)
        state_unlock(self.state)
        return container is not NULL

    def containers(self):
        cdef const IntMap *by_id = &self.state.containers.by_id
        cdef list found = []
        cdef uint32_t i
        lock_state(self.state)
        for i in range(by_id.mask + 1 if by_id.cells is not NULL else 0):
            if by_id.cells[i].value is not NULL:
                found.append(_id_text(<const Container *>by_id.cells[i].value))
        state_unlock(self.state)
        return found

    def described(self):
        cdef const IntMap *by_id = &self.state.containers.by_id
        cdef const Container *container
        cdef list found = []
        cdef uint32_t i
        lock_state(self.state)
        try:
            for i in range(by_id.mask + 1 if by_id.cells is not NULL else 0):
                container = <const Container *>by_id.cells[i].value
                values = _values(container) if container is not NULL else None
                if values:
                    found.append((_id_text(container), values))
        finally:
            state_unlock(self.state)
        return found
