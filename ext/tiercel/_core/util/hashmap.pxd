# SPDX-License-Identifier: Apache-2.0
"""Hash table from 64-bit keys to pointers: open addressing, linear probing, no tombstones."""

from libc.stdint cimport uint32_t, uint64_t


cdef struct IntMapCell:
    uint64_t key
    void *value             # NULL: free cell

cdef struct IntMap:
    IntMapCell *cells
    uint32_t mask           # number of cells, a power of two, minus one
    uint32_t count

cdef inline uint32_t intmap_home(const IntMap *map, uint64_t key) noexcept nogil:
    return <uint32_t>((key * <uint64_t>0x9E3779B97F4A7C15) >> 32) & map.mask

cdef inline void *intmap_get(const IntMap *map, uint64_t key) noexcept nogil:
    """Return the value of `key`, or NULL."""
    cdef uint32_t at
    if map.count == 0:
        return NULL
    at = intmap_home(map, key)
    while map.cells[at].value is not NULL:
        if map.cells[at].key == key:
            return map.cells[at].value
        at = (at + 1) & map.mask
    return NULL

cdef int intmap_put(IntMap *map, uint64_t key, void *value) noexcept nogil
cdef void intmap_remove(IntMap *map, uint64_t key) noexcept nogil
cdef void intmap_free(IntMap *map) noexcept nogil
