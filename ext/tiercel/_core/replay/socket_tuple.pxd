# SPDX-License-Identifier: Apache-2.0
"""Socket tuples and addresses of captures: parsing, ends of descriptors, names."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from tiercel._core.replay.fd_table cimport Fd
from tiercel._core.replay.thread_table cimport ThreadTable
from tiercel._core.util.slice cimport Slice


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

    TUPLE_UNIX_LEN = 17         # family and two kernel addresses; the path follows

# An IP tuple of an event; IPv4-mapped IPv6 addresses become IPv4.
cdef struct Tuple:
    bint is_v4
    uint8_t sip[16]
    uint8_t dip[16]
    uint16_t sport
    uint16_t dport

cdef bint is_mapped(const uint8_t *addr) noexcept nogil
cdef bint read_tuple(Slice bytes, Tuple *out) noexcept nogil
cdef bint read_address(Slice bytes, bint *is_v4, uint8_t *addr, uint16_t *port) noexcept nogil
cdef Slice tail_text(Slice bytes, uint32_t at) noexcept nogil

cdef void name_connection(ThreadTable *threads, Fd *fd) noexcept nogil
cdef void name_tuple(ThreadTable *threads, Fd *fd, const Tuple *tuple) noexcept nogil
cdef void name_address(ThreadTable *threads, Fd *fd, Slice address) noexcept nogil
cdef void name_server(ThreadTable *threads, Fd *fd) noexcept nogil
cdef void set_unix(ThreadTable *threads, Fd *fd, Slice tuple, Slice path) noexcept nogil

cdef bint set_ends(Fd *fd, const Tuple *tuple) noexcept nogil
cdef bint overlay_ends(Fd *fd, const Tuple *tuple) noexcept nogil
cdef void swap_ends(Fd *fd) noexcept nogil
cdef void patch_ends(const ThreadTable *threads, Fd *fd) noexcept nogil
