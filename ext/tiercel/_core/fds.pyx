# SPDX-License-Identifier: Apache-2.0
"""File descriptors of the processes of a capture: entries and tables."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from tiercel._core.events_gen cimport (
    EV_FD_EVENTPOLL,
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SERVSOCK,
    EV_FD_IPV6_SOCK,
    EV_FD_MEMFD,
    EV_FD_NETLINK,
    EV_FD_PIDFD,
    EV_FD_UNIX_SOCK,
    EV_L4_ICMP,
    EV_L4_NA,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
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
from tiercel._core.text cimport text_char, text_slice, text_word
from tiercel._core.view cimport slice_equal, slice_of


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

    O_CLOEXEC = 0x1000      # in Falco's numbers
    CALL_CLOEXEC = 1        # EPOLL_CLOEXEC and MFD_CLOEXEC

cdef const char **_LETTERS = [
    b"o", b"f", b"d", b"4", b"6", b"4", b"6", b"p", b"u", b"e", b"X", b"s", b"l", b"i", b"t", b"n", b"f", b"b", b"u",
    b"r", b"m", b"P",
]


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


cdef FdText *_text_new(Slice bytes) noexcept nogil:
    """The bytes as a text with one reference; NULL for none, or without memory."""
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
    """The name; empty if it has none."""
    return _text_of(fd.name)


cdef Slice fd_name_raw(const Fd *fd) noexcept nogil:
    """The name as the call was given it; empty if there is none."""
    return _text_of(fd.name_raw)


cdef bint fd_set_name(Fd *fd, Slice name) noexcept nogil:
    """Give the entry a name (copied), and tell whether it had another one."""
    cdef FdText *old = fd.name
    if slice_equal(_text_of(old), name):
        return 0
    fd.name = _text_new(name)
    _drop(old)
    return 1


cdef void fd_set_name_raw(Fd *fd, Slice name) noexcept nogil:
    """The name as the program passed it, after the name itself was set."""
    _drop(fd.name_raw)
    if name.len and slice_equal(_text_of(fd.name), name):
        fd.name_raw = fd.name
        _keep(fd.name_raw)
    else:
        fd.name_raw = _text_new(name)


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


cdef bint _closes_on_exec(const Fd *fd) noexcept nogil:
    """Of some kinds the flags are those of the call that made them, not of a file."""
    if fd.open_flags & O_CLOEXEC:
        return 1
    return (fd.type == EV_FD_EVENTPOLL or fd.type == EV_FD_MEMFD) and fd.open_flags & CALL_CLOEXEC != 0


cdef void fds_exec(FdTable *table) noexcept nogil:
    """Remove what does not outlive an exec."""
    cdef Fd *fd
    cdef uint32_t i = 0
    if fds_count(table) == 0:
        return
    while i <= table.by_num.mask:
        fd = <Fd *>table.by_num.cells[i].value
        # An entry that moves back into the gap is looked at next.
        if fd is not NULL and _closes_on_exec(fd):
            fds_remove(table, fd.num)
        else:
            i += 1


# --- Sockets ----------------------------------------------------------------------------------------------------------

cdef bint fd_is_ip(const Fd *fd) noexcept nogil:
    return EV_FD_IPV4_SOCK <= fd.type <= EV_FD_IPV6_SERVSOCK


cdef int _transport(const Fd *fd) noexcept nogil:
    """enum ev_l4proto, whatever the role."""
    if fd.type == EV_FD_IPV4_SOCK:
        return fd.ends.v4.l4proto
    if fd.type == EV_FD_IPV4_SERVSOCK:
        return fd.ends.server4.l4proto
    if fd.type == EV_FD_IPV6_SOCK:
        return fd.ends.v6.l4proto
    return fd.ends.server6.l4proto if fd.type == EV_FD_IPV6_SERVSOCK else <int>EV_L4_NA


cdef int fd_l4proto(const Fd *fd) noexcept nogil:
    """enum ev_l4proto as Falco tells it: of a socket without a role it does not know unless it is a raw one."""
    cdef int l4proto = _transport(fd)
    if fd.flags & (FD_CLIENT | FD_SERVER) == 0 and l4proto != EV_L4_RAW:
        return EV_L4_NA
    return l4proto


cdef const char *fd_letter(int type) noexcept nogil:
    """The kind of a descriptor in one character."""
    if 0 <= type <= EV_FD_PIDFD:
        return _LETTERS[type]
    return b"?"


cdef void fd_put(Text *text, const Fd *fd) noexcept nogil:
    """``<f>/etc/passwd``, ``<4t>127.0.0.1:1->127.0.0.1:2``."""
    cdef int l4proto
    text_char(text, b'<')
    text_word(text, fd_letter(fd.type))
    if fd_is_ip(fd):
        l4proto = fd_l4proto(fd)
        if l4proto == EV_L4_TCP:
            text_char(text, b't')
        elif l4proto == EV_L4_UDP:
            text_char(text, b'u')
        elif l4proto == EV_L4_ICMP:
            text_char(text, b'i')
        elif l4proto == EV_L4_RAW:
            text_char(text, b'r')
    text_char(text, b'>')
    text_slice(text, _text_of(fd.name))


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
    file.type = <uint8_t>fd.type
    file.l4proto = <uint8_t>_transport(fd)
    file.family = _family(fd.type)
    if fd.flags & FD_CLIENT:
        file.role |= EV_ROLE_CLIENT
    if fd.flags & FD_SERVER:
        file.role |= EV_ROLE_SERVER
    if fd.type == EV_FD_IPV4_SOCK:
        file.sport = fd.ends.v4.sport
        file.dport = fd.ends.v4.dport
        memcpy(file.sip, fd.ends.v4.sip, 4)
        memcpy(file.dip, fd.ends.v4.dip, 4)
    elif fd.type == EV_FD_IPV4_SERVSOCK:
        file.dport = fd.ends.server4.port
        memcpy(file.dip, fd.ends.server4.ip, 4)
    elif fd.type == EV_FD_IPV6_SOCK:
        file.sport = fd.ends.v6.sport
        file.dport = fd.ends.v6.dport
        memcpy(file.sip, fd.ends.v6.sip, 16)
        memcpy(file.dip, fd.ends.v6.dip, 16)
    elif fd.type == EV_FD_IPV6_SERVSOCK:
        file.dport = fd.ends.server6.port
        memcpy(file.dip, fd.ends.server6.ip, 16)
