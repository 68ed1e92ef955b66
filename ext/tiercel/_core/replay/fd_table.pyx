# SPDX-License-Identifier: Apache-2.0
"""Descriptor tables of the processes of a capture."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from tiercel._core.util.slice cimport slice_equal
from tiercel._core.wire.events_gen cimport (
    EVF_FILE_CONNECTED,
    EVF_FILE_KNOWN,
    EVF_FILE_LOWER,
    EVF_FILE_NAMED,
    EVF_FILE_NAME_CHANGED,
    EVF_FILE_UPPER,
    EV_FD_EVENTPOLL,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_FD_MEMFD,
    EV_FD_NETLINK,
    EV_FD_UNIX,
    EV_L4_NA,
    EV_L4_RAW,
    EV_ROLE_CLIENT,
    EV_ROLE_SERVER,
)


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

    O_CLOEXEC = 0x1000      # Falco's number
    CALL_CLOEXEC = 1        # EPOLL_CLOEXEC and MFD_CLOEXEC

# Bucket counts of a growing libstdc++ table.
cdef uint32_t[9] SIZES = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087]

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
    cdef Slice slice
    slice.ptr = <const uint8_t *>text.bytes if text is not NULL else <const uint8_t *>b""
    slice.len = text.len if text is not NULL else 0
    return slice


cdef FdText *_text_new(Slice bytes) noexcept nogil:
    """Create a text with one reference; NULL for no bytes, or without memory."""
    cdef FdText *text
    if bytes.len == 0:
        return NULL
    text = <FdText *>malloc(sizeof(FdText) + bytes.len)
    if text is not NULL:
        text.refs = 1
        text.len = bytes.len
        memcpy(text.bytes, bytes.ptr, bytes.len)
    return text


cdef Slice fd_name(const Fd *fd) noexcept nogil:
    """Return the name; empty if it has no name."""
    return _text_of(fd.name)


cdef Slice fd_name_raw(const Fd *fd) noexcept nogil:
    """Return the name as passed by the program; empty if it has no name."""
    return _text_of(fd.name_raw)


cdef bint fd_set_name(Fd *fd, Slice name) noexcept nogil:
    """Set the name (copied) and return true if it differs from the previous one."""
    cdef FdText *old = fd.name
    if slice_equal(_text_of(old), name):
        return 0
    fd.name = _text_new(name)
    _drop(old)
    return 1


cdef void fd_set_name_raw(Fd *fd, Slice name) noexcept nogil:
    """Set the name as passed by the program; call it after fd_set_name."""
    _drop(fd.name_raw)
    if name.len and slice_equal(_text_of(fd.name), name):
        fd.name_raw = fd.name
        _keep(fd.name_raw)
    else:
        fd.name_raw = _text_new(name)


# --- Tables -----------------------------------------------------------------------------------------------------------

cdef FdTable *fds_new(uint32_t *total) noexcept nogil:
    """Create an empty table whose entries also count in `total`; NULL without memory."""
    cdef FdTable *table = <FdTable *>calloc(1, sizeof(FdTable))
    if table is not NULL:
        table.total = total
    return table


cdef void _free(Fd *fd) noexcept nogil:
    _drop(fd.name)
    _drop(fd.name_raw)
    free(fd)


cdef void fds_free(FdTable *table) noexcept nogil:
    """Free a table and its entries; NULL is ignored."""
    cdef Fd *fd = fds_first(table)
    cdef Fd *next
    if table is NULL:
        return
    while fd is not NULL:
        next = fds_next(fd)
        _free(fd)
        fd = next
    table.total[0] -= table.count
    free(table.buckets)
    free(table)


cdef uint32_t fds_count(const FdTable *table) noexcept nogil:
    return table.count if table is not NULL else 0


cdef inline uint32_t _bucket(int64_t num, uint32_t nbuckets) noexcept nogil:
    # Small numbers need no 64-bit division.
    if <int64_t><uint32_t>num == num:
        return <uint32_t>num % nbuckets
    return <uint32_t>(<uint64_t>num % nbuckets)


cdef FdLink *_before(const FdTable *table, int64_t num) noexcept nogil:
    """Return the link before a descriptor; NULL if there is no such descriptor."""
    cdef uint32_t bucket
    cdef FdLink *link
    cdef const Fd *fd
    if table is NULL or table.count == 0:
        return NULL
    bucket = _bucket(num, table.nbuckets)
    link = table.buckets[bucket]
    if link is NULL:
        return NULL
    while True:
        fd = <const Fd *>link.next
        if fd.num == num:
            return link
        link = link.next
        if link.next is NULL or _bucket((<const Fd *>link.next).num, table.nbuckets) != bucket:
            return NULL


cdef Fd *fds_find(const FdTable *table, int64_t num) noexcept nogil:
    """Return a descriptor; NULL without a descriptor or a table."""
    cdef FdLink *link = _before(table, num)
    return <Fd *>link.next if link is not NULL else NULL


cdef int _grow(FdTable *table) noexcept nogil:
    """Grow to the next bucket count; -1 without memory."""
    cdef FdLink **buckets
    cdef FdLink *link = table.head.next
    cdef FdLink *next
    cdef uint32_t i = 0, bucket, first = 0
    while SIZES[i] <= table.nbuckets:
        i += 1
    buckets = <FdLink **>calloc(SIZES[i], sizeof(FdLink *))
    if buckets is NULL:
        return -1
    table.head.next = NULL
    while link is not NULL:
        next = link.next
        bucket = _bucket((<Fd *>link).num, SIZES[i])
        if buckets[bucket] is NULL:
            link.next = table.head.next
            table.head.next = link
            buckets[bucket] = &table.head
            if link.next is not NULL:
                buckets[first] = link
            first = bucket
        else:
            link.next = buckets[bucket].next
            buckets[bucket].next = link
        link = next
    free(table.buckets)
    table.buckets = buckets
    table.nbuckets = SIZES[i]
    return 0


cdef int _insert(FdTable *table, Fd *fd) noexcept nogil:
    """Insert an entry with a new number; -1 without memory."""
    cdef FdLink *link = &fd.link
    cdef uint32_t bucket
    if table.count == table.nbuckets and _grow(table) < 0:
        return -1
    bucket = _bucket(fd.num, table.nbuckets)
    if table.buckets[bucket] is not NULL:
        link.next = table.buckets[bucket].next
        table.buckets[bucket].next = link
    else:
        link.next = table.head.next
        table.head.next = link
        if link.next is not NULL:
            table.buckets[_bucket((<Fd *>link.next).num, table.nbuckets)] = link
        table.buckets[bucket] = &table.head
    table.count += 1
    table.total[0] += 1
    return 0


cdef Fd *fds_add(FdTable *table, int64_t num) noexcept nogil:
    """Add an empty entry for `num`, replacing an existing one; NULL if the table is full, or without memory.

    The address of the entry is stable until its removal.
    """
    cdef Fd *fd = fds_find(table, num)
    cdef FdLink link
    if fd is not NULL:
        _drop(fd.name)
        _drop(fd.name_raw)
        link = fd.link
        memset(fd, 0, sizeof(Fd))
        fd.link = link
        fd.num = num
        return fd
    if fds_full(table):
        return NULL
    fd = <Fd *>calloc(1, sizeof(Fd))
    if fd is NULL:
        return NULL
    fd.num = num
    if _insert(table, fd) < 0:
        free(fd)
        return NULL
    return fd


cdef Fd *fds_add_copy(FdTable *table, int64_t num, const Fd *source) noexcept nogil:
    """Add a copy of `source`, which may be in the same table and have the same number; NULL as in `fds_add`."""
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
    copy.link = fd.link
    fd[0] = copy
    return fd


cdef void fds_remove(FdTable *table, int64_t num) noexcept nogil:
    cdef FdLink *before = _before(table, num)
    cdef FdLink *next
    cdef Fd *fd
    cdef uint32_t bucket, other
    if before is NULL:
        return
    fd = <Fd *>before.next
    next = fd.link.next
    bucket = _bucket(num, table.nbuckets)
    other = _bucket((<Fd *>next).num, table.nbuckets) if next is not NULL else bucket
    if other != bucket:
        table.buckets[other] = before
    if before == table.buckets[bucket] and (next is NULL or other != bucket):
        table.buckets[bucket] = NULL
    before.next = next
    table.count -= 1
    table.total[0] -= 1
    _free(fd)


cdef FdTable *fds_copy(const FdTable *source, uint64_t *refused) noexcept nogil:
    """Copy a table for a new process; NULL for an empty table, or without memory.

    Entries without room are counted in `refused`.
    """
    cdef FdTable *table
    cdef Fd *fd = fds_first(source)
    if fd is NULL:
        return NULL
    table = fds_new(source.total)
    while fd is not NULL and table is not NULL:
        if fds_full(table):
            refused[0] += source.count - table.count
            break
        if fds_add_copy(table, fd.num, fd) is NULL:
            fds_free(table)
            return NULL
        fd = fds_next(fd)
    return table


cdef bint _closes_on_exec(const Fd *fd) noexcept nogil:
    """Return true if close-on-exec is set; for some types the flags are those of the creating call, not of a file."""
    if fd.open_flags & O_CLOEXEC:
        return 1
    return (fd.type == EV_FD_EVENTPOLL or fd.type == EV_FD_MEMFD) and fd.open_flags & CALL_CLOEXEC != 0


cdef void fds_exec(FdTable *table) noexcept nogil:
    """Remove descriptors that do not survive an exec."""
    cdef Fd *fd = fds_first(table)
    cdef Fd *next
    while fd is not NULL:
        next = fds_next(fd)
        if _closes_on_exec(fd):
            fds_remove(table, fd.num)
        fd = next


# --- Sockets ----------------------------------------------------------------------------------------------------------

cdef int _transport(const Fd *fd) noexcept nogil:
    """Return enum ev_l4proto, regardless of the role."""
    if fd.type == EV_FD_IPV4:
        return fd.ends.v4.l4proto
    if fd.type == EV_FD_IPV4_SERVER:
        return fd.ends.server4.l4proto
    if fd.type == EV_FD_IPV6:
        return fd.ends.v6.l4proto
    return fd.ends.server6.l4proto if fd.type == EV_FD_IPV6_SERVER else <int>EV_L4_NA


cdef int fd_l4proto(const Fd *fd) noexcept nogil:
    """Return enum ev_l4proto as Falco does: unknown for a socket without a role, unless it is a raw one."""
    cdef int l4proto = _transport(fd)
    if fd.flags & (FD_CLIENT | FD_SERVER) == 0 and l4proto != EV_L4_RAW:
        return EV_L4_NA
    return l4proto


# --- The wire format --------------------------------------------------------------------------------------------------

cdef uint8_t _family(int type) noexcept nogil:
    if type == EV_FD_IPV4 or type == EV_FD_IPV4_SERVER:
        return AF_INET
    if type == EV_FD_IPV6 or type == EV_FD_IPV6_SERVER:
        return AF_INET6
    if type == EV_FD_UNIX:
        return AF_UNIX
    return AF_NETLINK if type == EV_FD_NETLINK else 0


cdef void fd_fill(const Fd *fd, bint name_changed, ev_file *file) noexcept nogil:
    """Describe the event's descriptor in a record; the caller sets the two references."""
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
    file.type = <uint8_t>fd.type
    file.l4proto = <uint8_t>_transport(fd)
    file.family = _family(fd.type)
    if fd.flags & FD_CLIENT:
        file.role |= EV_ROLE_CLIENT
    if fd.flags & FD_SERVER:
        file.role |= EV_ROLE_SERVER
    if fd.type == EV_FD_IPV4:
        file.sport = fd.ends.v4.sport
        file.dport = fd.ends.v4.dport
        memcpy(file.sip, fd.ends.v4.sip, 4)
        memcpy(file.dip, fd.ends.v4.dip, 4)
    elif fd.type == EV_FD_IPV4_SERVER:
        file.dport = fd.ends.server4.port
        memcpy(file.dip, fd.ends.server4.ip, 4)
    elif fd.type == EV_FD_IPV6:
        file.sport = fd.ends.v6.sport
        file.dport = fd.ends.v6.dport
        memcpy(file.sip, fd.ends.v6.sip, 16)
        memcpy(file.dip, fd.ends.v6.dip, 16)
    elif fd.type == EV_FD_IPV6_SERVER:
        file.dport = fd.ends.server6.port
        memcpy(file.dip, fd.ends.server6.ip, 16)
