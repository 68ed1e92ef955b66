# SPDX-License-Identifier: Apache-2.0
"""File descriptors of the processes of a capture: entries, tables, and what the event at hand does with them.

The kernel tells the probe what a descriptor refers to; a capture only has the calls that made it. So the tables here are
kept from events, exactly as Falco keeps its own.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.events_gen cimport ev_file
from tiercel._core.intmap cimport IntMap
from tiercel._core.view cimport Slice


cdef enum:
    FDS_MAX = 4096          # descriptors of one process; further ones are dropped and counted

    # Fd.flags
    FD_CLIENT = 0x1         # role of a socket; one may have both
    FD_SERVER = 0x2
    FD_CONNECTED = 0x4
    FD_UPPER = 0x8          # overlayfs layers
    FD_LOWER = 0x10
    FD_INITIAL = 0x20       # from the capture's own table

    # Fd.type beside enum ev_fd_type
    FD_TYPE_UNSET = -1

# Bytes that entries share; never changed.
cdef struct FdText:
    uint32_t refs
    uint32_t len
    uint8_t bytes[1]

cdef struct Fd:
    int64_t num
    uint64_t ino
    uint32_t dev
    uint32_t mount_id
    uint32_t open_flags     # PPM_O_* of the call that made it
    uint16_t flags          # FD_*
    int8_t type             # enum ev_fd_type, or FD_TYPE_UNSET
    uint8_t l4proto         # enum ev_l4proto
    uint16_t sport          # source = client side, destination = server side, host order
    uint16_t dport
    uint8_t sip[16]         # IPv4 in the first four bytes; a listening socket has its address in `dip`
    uint8_t dip[16]
    uint64_t source         # unix sockets: addresses in the kernel
    uint64_t destination
    int64_t pid             # of a pidfd
    FdText *name            # NULL: no name
    FdText *name_raw        # as the program passed it; NULL: the same as the name

# The descriptors of one process, by number. A zeroed table is an empty one.
cdef struct FdTable:
    IntMap by_num           # number -> Fd

cdef FdTable *fds_new() noexcept nogil
cdef void fds_free(FdTable *table) noexcept nogil
cdef FdTable *fds_copy(const FdTable *source) noexcept nogil
cdef void fds_exec(FdTable *table) noexcept nogil
cdef uint32_t fds_count(const FdTable *table) noexcept nogil
cdef Fd *fds_find(const FdTable *table, int64_t num) noexcept nogil
cdef Fd *fds_add(FdTable *table, int64_t num) noexcept nogil
cdef Fd *fds_add_copy(FdTable *table, int64_t num, const Fd *source) noexcept nogil
cdef void fds_remove(FdTable *table, int64_t num) noexcept nogil

cdef Slice fd_name(const Fd *fd) noexcept nogil
cdef Slice fd_name_raw(const Fd *fd) noexcept nogil
cdef int fd_set_name(Fd *fd, Slice name) noexcept nogil
cdef int fd_set_name_raw(Fd *fd, Slice name) noexcept nogil
cdef void fd_fill(const Fd *fd, bint name_changed, ev_file *file) noexcept nogil
