# SPDX-License-Identifier: Apache-2.0
"""Table blocks of a capture: block types and entries."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.scap.reader cimport Scap


cdef enum:
    SCAP_ENTRY_MAX = 32 * 1024      # upper limit of an entry with texts of maximum length
    SCAP_SCRATCH = 3 * (4096 + 1)   # of the reader, for the texts of one entry

    ENTRY_CUT = -3                  # of `table_entry`: the stream ends inside the entry

# Content of a block.
cdef enum:
    BLOCK_OTHER
    BLOCK_SECTION
    BLOCK_MACHINE
    BLOCK_THREADS
    BLOCK_FDS
    BLOCK_INTERFACES
    BLOCK_USERS
    BLOCK_EVENT

cdef struct BlockForm:
    uint8_t holds               # BLOCK_*
    uint8_t version             # version of the content, from 1
    uint8_t has_flags           # event block: flags precede the event
    uint8_t is_large            # event block: the event may exceed 64 KiB

cdef BlockForm block_form(uint32_t block_type) noexcept nogil
cdef uint32_t table_head(BlockForm form) noexcept nogil
cdef int table_entry(Scap *scap, BlockForm form, const uint8_t *at, const uint8_t *end, bint is_cut) noexcept nogil
