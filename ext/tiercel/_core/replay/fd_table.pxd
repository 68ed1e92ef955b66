# SPDX-License-Identifier: Apache-2.0
"""Descriptor tables of the processes of a capture.

Live, the kernel reports the object of a descriptor; a capture only has the calls that created it. So these tables are
kept from events, exactly as in Falco.
"""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.util.arena_text cimport Text
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_file


cdef enum:
    FDS_MAX = 4096          # limit of one process; further ones are dropped and counted
    FDS_TOTAL_MAX = 1 << 20  # limit of all processes together, since a fork copies descriptors

    # Fd.flags
    FD_CLIENT = 0x1         # role of a socket; a socket may have both
    FD_SERVER = 0x2
    FD_CONNECTED = 0x4
    FD_UPPER = 0x8          # overlayfs layers
    FD_LOWER = 0x10

    # Fd.type in addition to enum ev_fd_type
    FD_TYPE_UNSET = -1

# Immutable bytes that entries share.
cdef struct FdText:
    uint32_t refs
    uint32_t len
    uint8_t bytes[1]

# Ends of a socket, source = client side, destination = server side; addresses in network, ports in host order.
# As in Falco the forms are a union, so that a form may be read (wrongly) as another one.
cdef struct FdIpv4:
    uint8_t sip[4]
    uint8_t dip[4]
    uint16_t sport
    uint16_t dport
    uint8_t l4proto         # enum ev_l4proto

cdef struct FdIpv4Server:
    uint8_t ip[4]
    uint16_t port
    uint8_t l4proto

cdef struct FdIpv6:
    uint8_t sip[16]
    uint8_t dip[16]
    uint16_t sport
    uint16_t dport
    uint8_t l4proto

cdef struct FdIpv6Server:
    uint8_t ip[16]
    uint16_t port
    uint8_t l4proto

cdef struct FdUnix:
    uint64_t source         # kernel addresses
    uint64_t destination

cdef union FdEnds:
    FdIpv4 v4
    FdIpv4Server server4
    FdIpv6 v6
    FdIpv6Server server6
    FdUnix un

cdef struct FdLink:
    FdLink *next

cdef struct Fd:
    FdLink link             # next entry of the table
    int64_t num
    uint64_t ino
    uint32_t dev
    uint32_t mount_id
    uint32_t open_flags     # PPM_O_* of the call that made it
    uint16_t flags          # FD_*
    int16_t type            # enum ev_fd_type, or FD_TYPE_UNSET
    FdEnds ends
    int64_t pid             # target of a pidfd
    FdText *name            # NULL: no name
    FdText *name_raw        # as passed by the program; NULL: none

# Descriptors of one process, by number. The hash table keeps its entries in one list, in the order of Falco's table (a
# std::unordered_map of libstdc++): the order is visible to rules.
cdef struct FdTable:
    FdLink head             # before the first entry
    FdLink **buckets        # the link before the first entry of each bucket; NULL: empty bucket
    uint32_t nbuckets
    uint32_t count
    uint32_t *total         # count of all tables

cdef inline Fd *fds_first(const FdTable *table) noexcept nogil:
    """Return the first entry; NULL without an entry or a table."""
    return <Fd *>table.head.next if table is not NULL else NULL

cdef inline Fd *fds_next(const Fd *fd) noexcept nogil:
    """Return the entry after `fd`; NULL for the last."""
    return <Fd *>fd.link.next

cdef inline bint fds_full(const FdTable *table) noexcept nogil:
    """Return true if there is no room for another entry."""
    return table.count >= FDS_MAX or table.total[0] >= FDS_TOTAL_MAX

cdef FdTable *fds_new(uint32_t *total) noexcept nogil
cdef void fds_free(FdTable *table) noexcept nogil
cdef FdTable *fds_copy(const FdTable *source, uint64_t *refused) noexcept nogil
cdef void fds_exec(FdTable *table) noexcept nogil
cdef uint32_t fds_count(const FdTable *table) noexcept nogil
cdef Fd *fds_find(const FdTable *table, int64_t num) noexcept nogil
cdef Fd *fds_add(FdTable *table, int64_t num) noexcept nogil
cdef Fd *fds_add_copy(FdTable *table, int64_t num, const Fd *source) noexcept nogil
cdef void fds_remove(FdTable *table, int64_t num) noexcept nogil

cdef Slice fd_name(const Fd *fd) noexcept nogil
cdef Slice fd_name_raw(const Fd *fd) noexcept nogil
cdef bint fd_set_name(Fd *fd, Slice name) noexcept nogil
cdef void fd_set_name_raw(Fd *fd, Slice name) noexcept nogil
cdef int fd_l4proto(const Fd *fd) noexcept nogil
cdef void fd_fill(const Fd *fd, bint name_changed, ev_file *file) noexcept nogil
