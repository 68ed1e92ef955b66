# SPDX-License-Identifier: Apache-2.0
"""Users and groups of containers.

Their names are in files that only a process in the container leads to. Reading these is for others to do, away from the
events: the core notes which containers have programs started in them, and takes the names when they are there. Until
then the ids of a container have no names; never those of the host.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from tiercel._core.intmap cimport intmap_free, intmap_get, intmap_put
from tiercel._core.procs cimport CONTAINER_ID_MAX, names_clear
from tiercel._core.view cimport bytes_hash

cdef enum:
    INSIDE_MAX = 4096       # containers whose names are kept
    AGAIN_NS = 100_000_000  # how long after a question that found nothing the next one comes
    RENEW_NS = 60_000_000_000   # and after one that found something


cdef Inside *_find(const State *state, const char *id, uint32_t length) noexcept nogil:
    cdef Inside *inside = <Inside *>intmap_get(&state.inside, bytes_hash(<const uint8_t *>id, length))
    if inside is NULL or inside.len != length or memcmp(inside.id, id, length) != 0:
        return NULL
    return inside


cdef Inside *inside_make(State *state, const char *id, uint32_t length) noexcept nogil:
    """The entry of a container, perhaps a new one; NULL, and counted, without room. Full tables start anew."""
    cdef Inside *inside = _find(state, id, length)
    cdef uint64_t hash = bytes_hash(<const uint8_t *>id, length)
    if inside is not NULL or length > CONTAINER_ID_MAX:
        return inside
    if state.inside.count >= INSIDE_MAX:
        state.stats.unnamed += state.inside.count
        inside_clear(state)
    inside = <Inside *>calloc(1, sizeof(Inside))
    if inside is not NULL:
        inside.len = length
        memcpy(inside.id, id, length)
        if intmap_get(&state.inside, hash) is NULL and intmap_put(&state.inside, hash, inside) == 0:
            return inside
        free(inside)
    state.stats.unnamed += 1
    return NULL


cdef void inside_ask(State *state, const Proc *proc, uint64_t now_ns) noexcept nogil:
    """Note that a program was started in a container, if that has no names yet or only old ones."""
    cdef Inside *inside
    if proc.container is NULL or proc.container == state.host:
        return
    inside = inside_make(state, proc.container.id, proc.container.len)
    if inside is NULL:
        return
    if inside.asked_ns and now_ns < inside.asked_ns + (<uint64_t>RENEW_NS if inside.is_known else <uint64_t>AGAIN_NS):
        return
    inside.asked_ns = now_ns
    inside.tgid = proc.tgid
    inside.start_ns = proc.start_ns


cdef const Inside *inside_find(const State *state, const Container *container) noexcept nogil:
    """The names of a container; NULL as long as they are not known."""
    cdef const Inside *inside = _find(state, container.id, container.len)
    return inside if inside is not NULL and inside.is_known else NULL


cdef void inside_clear(State *state) noexcept nogil:
    cdef Inside *inside
    cdef uint32_t i
    if state.inside.cells is not NULL:
        for i in range(state.inside.mask + 1):
            inside = <Inside *>state.inside.cells[i].value
            if inside is not NULL:
                names_clear(&inside.users)
                names_clear(&inside.groups)
                names_clear(&inside.homes)
                names_clear(&inside.shells)
                free(inside)
    intmap_free(&state.inside)
