# SPDX-License-Identifier: Apache-2.0
"""File descriptors of the processes of a capture: entries and tables."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from tiercel._core.events_gen cimport (
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SERVSOCK,
    EV_FD_IPV6_SOCK,
    EV_FD_NETLINK,
    EV_FD_UNIX_SOCK,
    EV_FD_UNKNOWN,
    EV_ROLE_CLIENT,
    EV_ROLE_SERVER,
    EVF_FILE_CONNECTED,
    EVF_FILE_KNOWN,
    EVF_FILE_LOWER,
    EVF_FILE_NAME_CHANGED,
    EVF_FILE_NAMED,
    EVF_FILE_UPPER,
)
from tiercel._core.intmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.view cimport slice_of


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

    O_CLOEXEC = 0x1000      # in Falco's numbers


# --- Names ------------------------------------------------------------------------------------------------------------

cdef inline void _keep(FdText *text) noexcept nogil:
    if text is not NULL:
        text.refs += 1


cdef inline void _drop(FdText *text) noexcept nogil:
    if text is not NULL:
        text.refs -= 1
        if text.refs == 0:
            free(text)


cdef inline Slice _text_of(const FdText *text) noexcept nogil:
    cdef Slice slice = slice_of(b"")
    if text is not NULL:
        slice.ptr = <const uint8_t *>text.bytes
        slice.len = text.len
    return slice


cdef int _set(FdText **text, Slice name) noexcept nogil:
    """Replace a name; -1, and no name any more, without memory."""
    cdef FdText *old = text[0]
    if old is not NULL and old.len == name.len and memcmp(old.bytes, name.ptr, name.len) == 0:
        return 0
    text[0] = NULL
    if name.len:
        text[0] = <FdText *>malloc(sizeof(FdText) + name.len)
        if text[0] is NULL:
            _drop(old)
            return -1
        text[0].refs = 1
        text[0].len = name.len
        memcpy(text[0].bytes, name.ptr, name.len)
    _drop(old)
    return 0


cdef Slice fd_name(const Fd *fd) noexcept nogil:
    """The name; empty if it has none."""
    return _text_of(fd.name)


cdef Slice fd_name_raw(const Fd *fd) noexcept nogil:
    """The name as the call was given it; empty if there is none."""
    return _text_of(fd.name_raw)


cdef int fd_set_name(Fd *fd, Slice name) noexcept nogil:
    """Give the entry a name (copied); -1 without memory."""
    return _set(&fd.name, name)


cdef int fd_set_name_raw(Fd *fd, Slice name) noexcept nogil:
    return _set(&fd.name_raw, name)


# --- Tables -----------------------------------------------------------------------------------------------------------

cdef FdTable *fds_new() noexcept nogil:
    """An empty table; NULL without memory."""
    return <FdTable *>calloc(1, sizeof(FdTable))


cdef void _free(Fd *fd) noexcept nogil:
    _drop(fd.name)
    _drop(fd.name_raw)
    free(fd)


cdef void fds_free(FdTable *table) noexcept nogil:
    """Free a table with all that is in it; nothing for NULL."""
    cdef uint32_t i
    if table is NULL:
        return
    if table.by_num.cells is not NULL:
        for i in range(table.by_num.mask + 1):
            if table.by_num.cells[i].value is not NULL:
                _free(<Fd *>table.by_num.cells[i].value)
    intmap_free(&table.by_num)
    free(table)


cdef uint32_t fds_count(const FdTable *table) noexcept nogil:
    return table.by_num.count if table is not NULL else 0


cdef Fd *fds_find(const FdTable *table, int64_t num) noexcept nogil:
    """The descriptor of that number; NULL if there is none, or no table."""
    return <Fd *>intmap_get(&table.by_num, <uint64_t>num) if table is not NULL else NULL


cdef Fd *fds_add(FdTable *table, int64_t num) noexcept nogil:
    """An empty entry for `num`, in place of the one that was there; NULL if the table is full, or without memory.

    The entry stays where it is until it is removed.
    """
    cdef Fd *fd = fds_find(table, num)
    if fd is not NULL:
        _drop(fd.name)
        _drop(fd.name_raw)
    else:
        if table.by_num.count >= FDS_MAX:
            return NULL
        fd = <Fd *>malloc(sizeof(Fd))
        if fd is NULL or intmap_put(&table.by_num, <uint64_t>num, fd) < 0:
            free(fd)
            return NULL
    memset(fd, 0, sizeof(Fd))
    fd.num = num
    return fd


cdef Fd *fds_add_copy(FdTable *table, int64_t num, const Fd *source) noexcept nogil:
    """An entry for `num` that is like `source`, which may be of the same table and number; NULL as `fds_add`."""
    cdef Fd copy = source[0]
    cdef Fd *fd
    _keep(copy.name)
    _keep(copy.name_raw)
    fd = fds_add(table, num)
    if fd is NULL:
        _drop(copy.name)
        _drop(copy.name_raw)
        return NULL
    copy.num = num
    fd[0] = copy
    return fd


cdef void fds_remove(FdTable *table, int64_t num) noexcept nogil:
    cdef Fd *fd = fds_find(table, num)
    if fd is not NULL:
        intmap_remove(&table.by_num, <uint64_t>num)
        _free(fd)


cdef FdTable *fds_copy(const FdTable *source) noexcept nogil:
    """A table of its own with the same entries, for a new process; NULL for an empty one, or without memory."""
    cdef FdTable *table
    cdef Fd *fd
    cdef uint32_t i
    if fds_count(source) == 0:
        return NULL
    table = fds_new()
    if table is NULL:
        return NULL
    for i in range(source.by_num.mask + 1):
        fd = <Fd *>source.by_num.cells[i].value
        if fd is not NULL and fds_add_copy(table, fd.num, fd) is NULL:
            fds_free(table)
            return NULL
    return table


cdef void fds_exec(FdTable *table) noexcept nogil:
    """Remove what does not outlive an exec."""
    cdef Fd *fd
    cdef uint32_t i = 0
    if fds_count(table) == 0:
        return
    while i <= table.by_num.mask:
        fd = <Fd *>table.by_num.cells[i].value
        # An entry that moves back into the gap is looked at next.
        if fd is not NULL and fd.open_flags & O_CLOEXEC:
            fds_remove(table, fd.num)
        else:
            i += 1


# --- The wire format --------------------------------------------------------------------------------------------------

cdef uint8_t _family(int type) noexcept nogil:
    if type == EV_FD_IPV4_SOCK or type == EV_FD_IPV4_SERVSOCK:
        return AF_INET
    if type == EV_FD_IPV6_SOCK or type == EV_FD_IPV6_SERVSOCK:
        return AF_INET6
    if type == EV_FD_UNIX_SOCK:
        return AF_UNIX
    return AF_NETLINK if type == EV_FD_NETLINK else 0


cdef void fd_fill(const Fd *fd, bint name_changed, ev_file *file) noexcept nogil:
    """Describe the event's descriptor in a record; the two references are the caller's."""
    memset(file, 0, sizeof(ev_file))
    file.ino = fd.ino
    file.dev = fd.dev
    file.flags = EVF_FILE_KNOWN | EVF_FILE_NAMED
    if fd.flags & FD_UPPER:
        file.flags |= EVF_FILE_UPPER
    if fd.flags & FD_LOWER:
        file.flags |= EVF_FILE_LOWER
    if fd.flags & FD_CONNECTED:
        file.flags |= EVF_FILE_CONNECTED
    if name_changed:
        file.flags |= EVF_FILE_NAME_CHANGED
    file.type = <uint8_t>fd.type if fd.type >= 0 else <uint8_t>EV_FD_UNKNOWN
    file.l4proto = fd.l4proto
    file.family = _family(fd.type)
    if fd.flags & FD_CLIENT:
        file.role |= EV_ROLE_CLIENT
    if fd.flags & FD_SERVER:
        file.role |= EV_ROLE_SERVER
    file.sport = fd.sport
    file.dport = fd.dport
    memcpy(file.sip, fd.sip, 16)
    memcpy(file.dip, fd.dip, 16)
