# SPDX-License-Identifier: Apache-2.0
"""Hash table from 64-bit keys to pointers: open addressing, linear probing, no tombstones.

A zeroed `IntMap` is empty. The caller owns the values; NULL cannot be stored.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memset


cdef int _grow(IntMap *map) noexcept nogil:
    cdef IntMap bigger
    cdef uint32_t i, at
    cdef uint32_t cells = 2 * (map.mask + 1) if map.cells is not NULL else 16
    bigger.cells = <IntMapCell *>calloc(cells, sizeof(IntMapCell))
    if bigger.cells is NULL:
        return -1
    bigger.mask = cells - 1
    bigger.count = map.count
    if map.cells is not NULL:
        for i in range(map.mask + 1):
            if map.cells[i].value is not NULL:
                at = intmap_home(&bigger, map.cells[i].key)
                while bigger.cells[at].value is not NULL:
                    at = (at + 1) & bigger.mask
                bigger.cells[at] = map.cells[i]
        free(map.cells)
    map[0] = bigger
    return 0


cdef int intmap_put(IntMap *map, uint64_t key, void *value) noexcept nogil:
    """Set the value of `key`; -1, and nothing changed, without memory."""
    cdef uint32_t at
    if (map.cells is NULL or map.count >= (map.mask + 1) - (map.mask + 1) // 4) and _grow(map) < 0:
        return -1
    at = intmap_home(map, key)
    while map.cells[at].value is not NULL and map.cells[at].key != key:
        at = (at + 1) & map.mask
    if map.cells[at].value is NULL:
        map.cells[at].key = key
        map.count += 1
    map.cells[at].value = value
    return 0


cdef void intmap_remove(IntMap *map, uint64_t key) noexcept nogil:
    """Remove `key`, and shift back the cells that it displaced."""
    cdef uint32_t at, next, home
    if map.count == 0:
        return
    at = intmap_home(map, key)
    while map.cells[at].value is not NULL and map.cells[at].key != key:
        at = (at + 1) & map.mask
    if map.cells[at].value is NULL:
        return
    map.count -= 1
    next = at
    while True:
        next = (next + 1) & map.mask
        if map.cells[next].value is NULL:
            break
        home = intmap_home(map, map.cells[next].key)
        # The cell may move to the gap unless its home slot is, cyclically, between the gap (excluded) and the cell.
        if ((next - home) & map.mask) >= ((next - at) & map.mask):
            map.cells[at] = map.cells[next]
            at = next
    map.cells[at].value = NULL


cdef void intmap_free(IntMap *map) noexcept nogil:
    """Free the cells; the caller owns the values."""
    free(map.cells)
    memset(map, 0, sizeof(IntMap))
