# SPDX-License-Identifier: Apache-2.0
"""Metadata of a container: values by number (enum tbl_meta), made once, never changed."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.slice cimport Slice


cdef struct MetaValue:
    bint is_known
    bint truth              # of a bool
    uint32_t count          # of texts: one; of a list one each, of a map two, key and value, of mounts five
    const Slice *texts      # a map is in the order of its keys

# All values, their texts behind them, in one piece of memory.
cdef struct ContainerMeta:
    const MetaValue *values     # TBL_NMETADATA of them

cdef void meta_free(ContainerMeta *meta) noexcept nogil
cdef Slice meta_find(const MetaValue *map, Slice key) noexcept nogil
cdef int metas_of(object values, uint8_t parts, ContainerMeta **metas) except -1

cdef inline const MetaValue *meta_value(const ContainerMeta *meta, uint32_t number) noexcept nogil:
    """A value; NULL if it is not known."""
    return &meta.values[number] if meta is not NULL and meta.values[number].is_known else NULL
