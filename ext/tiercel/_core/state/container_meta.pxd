# SPDX-License-Identifier: Apache-2.0
"""Immutable container metadata: values by number (enum tbl_meta)."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.slice cimport Slice


cdef struct MetaValue:
    bint is_known
    bint truth              # value of a bool
    uint32_t count          # text: 1; list: 1 per element; map: 2 per pair, key and value; mounts: 5 per mount
    const Slice *texts      # a map is sorted by key

# All values and their texts, in one allocation.
cdef struct ContainerMeta:
    const MetaValue *values     # TBL_NMETADATA elements

cdef void meta_free(ContainerMeta *meta) noexcept nogil
cdef Slice meta_find(const MetaValue *map, Slice key) noexcept nogil
cdef int metas_of(object values, uint8_t parts, ContainerMeta **metas) except -1

cdef inline const MetaValue *meta_value(const ContainerMeta *meta, uint32_t number) noexcept nogil:
    """Return a value; NULL if it is not known."""
    return &meta.values[number] if meta is not NULL and meta.values[number].is_known else NULL
