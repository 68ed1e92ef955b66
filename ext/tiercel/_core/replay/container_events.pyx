# SPDX-License-Identifier: Apache-2.0
"""Container events of a capture: one for each container, with arbitrary JSON.

A Python callback parses the JSON. The values apply to all processes of the container from then on. Those processes may
follow later, so containers are kept until the end of the section.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from tiercel._core.state.cgroup_ids cimport CgroupName
from tiercel._core.state.container cimport (
    container_drop,
    container_find,
    container_make,
    container_set_metadata,
)
from tiercel._core.state.container_meta cimport ContainerMeta, meta_free, metas_of
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put
from tiercel._core.util.slice cimport bytes_hash, slice_equal, slice_none, slice_of, slice_text
from tiercel._core.wire.events_gen cimport EV_ASYNCEVENT, EV_CONTAINER, PART_DETAILS, PART_INFO, TBL_NPARTS

cdef enum:
    KEPT_MAX = 65536

    # Params of an asynchronous event.
    ASYNC_NAME = 1
    ASYNC_DATA = 2


cdef Slice described_json(const ScapEvent *event) noexcept nogil:
    """Return the container JSON of the event; absent for other events."""
    if event.type == EV_CONTAINER and event.nparams:
        return event.params[0]
    if event.type == EV_ASYNCEVENT and event.nparams > ASYNC_DATA:
        if slice_equal(slice_text(event.params[ASYNC_NAME]), slice_of(b"container")):
            return event.params[ASYNC_DATA]
    return slice_none()


cdef void described_hear(Described *described, Containers *table, Slice body) noexcept with gil:
    """Parse container JSON and record the container of the event."""
    described.container = NULL
    if described.describe is NULL:
        return
    try:
        found = (<object>described.describe)((<const char *>body.ptr)[:body.len])
        if found is None:
            described.wrong += 1
        else:
            _remember(described, table, found[0].encode(), found[1])
    except Exception:
        described.wrong += 1


cdef int _remember(Described *described, Containers *table, bytes id, object values) except -1:
    cdef ContainerMeta *metas[TBL_NPARTS]
    cdef int i
    memset(metas, 0, sizeof(metas))
    try:
        metas_of(values, PART_INFO | PART_DETAILS, metas)
        described.container = _kept(described, table, slice_of(id))
        if described.container is not NULL:
            container_set_metadata(described.container, metas)
    finally:
        for i in range(TBL_NPARTS):
            meta_free(metas[i])
    return 0


cdef Container *_kept(Described *described, Containers *table, Slice id) noexcept nogil:
    """Return the container with that id and keep it for the rest of the section; NULL without room."""
    cdef Container *container
    cdef CgroupName name
    cdef uint64_t hash
    name.id = id
    name.path = slice_none()
    name.matcher = 0
    hash = bytes_hash(name.id.ptr, name.id.len)
    container = container_find(table, name.id)
    if container is NULL or intmap_get(&described.kept, hash) is NULL:
        if described.kept.count >= KEPT_MAX:
            described.refused += 1
        else:
            container = container_make(table, &name)
            if container is not NULL and intmap_put(&described.kept, hash, container) < 0:
                container_drop(container)
                container = NULL
    return container


cdef void described_forget(Described *described) noexcept nogil:
    """Release all kept containers."""
    cdef uint32_t i
    for i in range(described.kept.mask + 1 if described.kept.cells is not NULL else 0):
        container_drop(<Container *>described.kept.cells[i].value)
    intmap_free(&described.kept)
    described.container = NULL
