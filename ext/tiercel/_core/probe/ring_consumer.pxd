# SPDX-License-Identifier: Apache-2.0
"""Consumer of BPF ring buffers, and the merge of several of them in time order."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    RING_MAX = 9            # life-cycle ring, and one ring for each of 8 groups of CPUs
    RECORD_MAX = 32768      # limit of record bytes in a ring, above the limit of the probe

# One ring buffer in the kernel's layout: consumer position (a writable page), producer position (a read-only page) and
# data. The data are mapped again after their end, so that a record that wraps is contiguous. The second mapping has
# only the size of the longest record, because mapped pages count as resident.
cdef struct Ring:
    uint8_t *consumer       # page that holds the consumer position
    uint8_t *producer       # page that holds the producer position; the data follow
    const uint8_t *data
    size_t page             # bytes of a page
    size_t mapped           # bytes from `producer` on
    uint64_t size           # bytes of data; a power of two
    uint64_t pos            # position of the next record to take
    uint64_t limit          # producer position of the last snapshot
    uint64_t published      # consumer position that was written for the kernel
    const uint8_t *head     # payload of the record at `pos`, NULL while unknown
    uint32_t head_len       # its bytes
    uint32_t head_step      # bytes from its ring header to the next one
    uint64_t head_ns        # its time, never before the time of the previous record of this ring
    uint64_t newest_ns      # time of the last record taken
    uint64_t records        # records taken
    uint64_t corrupt        # invalid lengths and positions
    uint64_t peak           # highest fill seen at a snapshot, bytes

cdef struct Rings:
    Ring ring[RING_MAX]
    int count
    int current             # index of the ring that rings_next chose, -1 for none
    bint run                # `current` stays the earliest ring up to `run_ns`
    uint64_t run_ns
    bint hurried            # a ring is more than half full: space has priority over order
    uint64_t slack_ns
    uint64_t now_ns         # clock of the last snapshot
    uint64_t last_ns        # time of the last record handed out
    uint64_t out_of_order   # records handed out after a later one of another ring
    uint64_t hurries        # snapshots that found a ring more than half full

cdef void rings_init(Rings *rings, uint64_t slack_ns) noexcept nogil
cdef int rings_add(Rings *rings, int fd, uint64_t size) noexcept nogil
cdef void rings_close(Rings *rings) noexcept nogil
cdef void rings_snapshot(Rings *rings, uint64_t now_ns) noexcept nogil
cdef const uint8_t *rings_next(Rings *rings, uint32_t *length) noexcept nogil
cdef void rings_done(Rings *rings) noexcept nogil
cdef void rings_publish(Rings *rings) noexcept nogil
cdef uint64_t ring_produced(const Ring *ring) noexcept nogil
