# SPDX-License-Identifier: Apache-2.0
"""Socket tuples and addresses of captures: parsing, ends of descriptors, names."""

from libc.string cimport memcmp, memcpy

from tiercel._core.replay.fd_common cimport fd_rename
from tiercel._core.replay.fd_table cimport FdIpv6
from tiercel._core.replay.thread_table cimport HostInterface
from tiercel._core.util.arena_text cimport (
    Text,
    text_address,
    text_begin,
    text_char,
    text_end,
    text_hex,
    text_slice,
    text_uint,
    text_word,
)
from tiercel._core.util.slice cimport slice_of, slice_text
from tiercel._core.wire.events_gen cimport (
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
)


cdef enum:
    TUPLE4_LEN = 13             # family, two addresses, two ports
    TUPLE6_LEN = 37
    ADDRESS4_LEN = 7
    ADDRESS6_LEN = 19


# --- Reading ----------------------------------------------------------------------------------------------------------

cdef bint is_mapped(const uint8_t *addr) noexcept nogil:
    """Return true for an IPv4-mapped IPv6 address; the unspecified address counts as one."""
    cdef const char *zeros = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    if memcmp(addr, zeros, 10) != 0:
        return 0
    return (addr[10] == 0xff and addr[11] == 0xff) or memcmp(addr + 10, zeros, 6) == 0


cdef bint read_tuple(Slice bytes, Tuple *out) noexcept nogil:
    """Parse an IP tuple; return 0 for other families."""
    if bytes.len >= TUPLE4_LEN and bytes.ptr[0] == AF_INET:
        out.is_v4 = 1
        memcpy(out.sip, bytes.ptr + 1, 4)
        memcpy(&out.sport, bytes.ptr + 5, 2)
        memcpy(out.dip, bytes.ptr + 7, 4)
        memcpy(&out.dport, bytes.ptr + 11, 2)
        return 1
    if bytes.len < TUPLE6_LEN or bytes.ptr[0] != AF_INET6:
        return 0
    memcpy(&out.sport, bytes.ptr + 17, 2)
    memcpy(&out.dport, bytes.ptr + 35, 2)
    out.is_v4 = is_mapped(bytes.ptr + 1) and is_mapped(bytes.ptr + 19)
    if out.is_v4:
        memcpy(out.sip, bytes.ptr + 13, 4)
        memcpy(out.dip, bytes.ptr + 31, 4)
    else:
        memcpy(out.sip, bytes.ptr + 1, 16)
        memcpy(out.dip, bytes.ptr + 19, 16)
    return 1


cdef bint read_address(Slice bytes, bint *is_v4, uint8_t *addr, uint16_t *port) noexcept nogil:
    """Parse an IP address; return 0 for other families."""
    if bytes.len >= ADDRESS4_LEN and bytes.ptr[0] == AF_INET:
        is_v4[0] = 1
        memcpy(addr, bytes.ptr + 1, 4)
        memcpy(port, bytes.ptr + 5, 2)
        return 1
    if bytes.len < ADDRESS6_LEN or bytes.ptr[0] != AF_INET6:
        return 0
    memcpy(port, bytes.ptr + 17, 2)
    is_v4[0] = is_mapped(bytes.ptr + 1)
    if is_v4[0]:
        memcpy(addr, bytes.ptr + 13, 4)
    else:
        memcpy(addr, bytes.ptr + 1, 16)
    return 1


cdef Slice tail_text(Slice bytes, uint32_t at) noexcept nogil:
    """Return the text after the first `at` bytes."""
    if bytes.len <= at:
        return slice_of(b"")
    bytes.ptr += at
    bytes.len -= at
    return slice_text(bytes)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef void _put_end(Text *text, int family, const uint8_t *addr, uint16_t port, bint with_port) noexcept nogil:
    text_address(text, addr, family)
    if with_port:
        text_char(text, b':')
        text_uint(text, port)


cdef void name_connection(ThreadTable *threads, Fd *fd) noexcept nogil:
    """Name a connection by its ends; an unknown transport gives a fixed name."""
    cdef bint is_v4 = fd.type == EV_FD_IPV4
    cdef uint8_t l4proto = fd.ends.v4.l4proto if is_v4 else fd.ends.v6.l4proto
    cdef bint with_ports = l4proto == EV_L4_TCP or l4proto == EV_L4_UDP
    cdef Slice name
    cdef Text text
    text_begin(&text, &threads.scratch)
    if not with_ports and l4proto != EV_L4_ICMP and l4proto != EV_L4_RAW:
        text_word(&text, b"<unknown>")
    elif is_v4:
        _put_end(&text, AF_INET, fd.ends.v4.sip, fd.ends.v4.sport, with_ports)
        text_word(&text, b"->")
        _put_end(&text, AF_INET, fd.ends.v4.dip, fd.ends.v4.dport, with_ports)
    else:
        _put_end(&text, AF_INET6, fd.ends.v6.sip, fd.ends.v6.sport, with_ports)
        text_word(&text, b"->")
        _put_end(&text, AF_INET6, fd.ends.v6.dip, fd.ends.v6.dport, with_ports)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


cdef void name_tuple(ThreadTable *threads, Fd *fd, const Tuple *tuple) noexcept nogil:
    """Name a socket by a tuple as it is."""
    cdef int family = AF_INET if tuple.is_v4 else AF_INET6
    cdef Slice name
    cdef Text text
    text_begin(&text, &threads.scratch)
    _put_end(&text, family, tuple.sip, tuple.sport, 1)
    text_word(&text, b"->")
    _put_end(&text, family, tuple.dip, tuple.dport, 1)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


cdef void name_address(ThreadTable *threads, Fd *fd, Slice address) noexcept nogil:
    """Name a socket by an encoded address."""
    cdef int family = address.ptr[0]
    cdef uint16_t port
    cdef Slice name
    cdef Text text
    if family == AF_UNIX:
        fd_rename(threads, fd, tail_text(address, 1))
        return
    text_begin(&text, &threads.scratch)
    if (family == AF_INET and address.len >= ADDRESS4_LEN) or (family == AF_INET6 and address.len >= ADDRESS6_LEN):
        memcpy(&port, address.ptr + (5 if family == AF_INET else 17), 2)
        _put_end(&text, family, address.ptr + 1, port, 1)
    else:
        text_word(&text, b"family ")
        text_uint(&text, family)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


cdef void name_server(ThreadTable *threads, Fd *fd) noexcept nogil:
    """Name a listening socket by its address."""
    cdef Slice name
    cdef Text text
    text_begin(&text, &threads.scratch)
    if fd.type == EV_FD_IPV4_SERVER:
        _put_end(&text, AF_INET, fd.ends.server4.ip, fd.ends.server4.port, 1)
    else:
        _put_end(&text, AF_INET6, fd.ends.server6.ip, fd.ends.server6.port, 1)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


cdef void set_unix(ThreadTable *threads, Fd *fd, Slice tuple, Slice path) noexcept nogil:
    """Set the kernel addresses of a unix socket, and its name from these and the path."""
    cdef Slice name
    cdef Text text
    memcpy(&fd.ends.un.source, tuple.ptr + 1, 8)
    memcpy(&fd.ends.un.destination, tuple.ptr + 9, 8)
    text_begin(&text, &threads.scratch)
    text_hex(&text, fd.ends.un.source, 0)
    text_word(&text, b"->")
    text_hex(&text, fd.ends.un.destination, 0)
    text_char(&text, b' ')
    text_slice(&text, path)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


# --- Ends -------------------------------------------------------------------------------------------------------------

cdef bint set_ends(Fd *fd, const Tuple *tuple) noexcept nogil:
    """Set the ends of a connection from a tuple; return 0 if the socket has these ends already, in either direction."""
    if tuple.is_v4:
        fd.type = EV_FD_IPV4
        if (
            fd.ends.v4.sport == tuple.sport and fd.ends.v4.dport == tuple.dport
            and memcmp(fd.ends.v4.sip, tuple.sip, 4) == 0 and memcmp(fd.ends.v4.dip, tuple.dip, 4) == 0
        ) or (
            fd.ends.v4.sport == tuple.dport and fd.ends.v4.dport == tuple.sport
            and memcmp(fd.ends.v4.sip, tuple.dip, 4) == 0 and memcmp(fd.ends.v4.dip, tuple.sip, 4) == 0
        ):
            return 0
        memcpy(fd.ends.v4.sip, tuple.sip, 4)
        memcpy(fd.ends.v4.dip, tuple.dip, 4)
        fd.ends.v4.sport = tuple.sport
        fd.ends.v4.dport = tuple.dport
        return 1
    fd.type = EV_FD_IPV6
    if (
        fd.ends.v6.sport == tuple.sport and fd.ends.v6.dport == tuple.dport
        and memcmp(fd.ends.v6.sip, tuple.sip, 16) == 0 and memcmp(fd.ends.v6.dip, tuple.dip, 16) == 0
    ) or (
        fd.ends.v6.sport == tuple.dport and fd.ends.v6.dport == tuple.sport
        and memcmp(fd.ends.v6.sip, tuple.dip, 16) == 0 and memcmp(fd.ends.v6.dip, tuple.sip, 16) == 0
    ):
        return 0
    memcpy(fd.ends.v6.sip, tuple.sip, 16)
    memcpy(fd.ends.v6.dip, tuple.dip, 16)
    fd.ends.v6.sport = tuple.sport
    fd.ends.v6.dport = tuple.dport
    return 1


cdef bint overlay_ends(Fd *fd, const Tuple *tuple) noexcept nogil:
    """Overwrite the ends of a socket of another type with an IPv6 tuple, as in Falco; return 0 if nothing changed.

    The type stays, so that port and transport of the socket are read from bytes of the addresses.
    """
    cdef FdIpv6 before = fd.ends.v6
    memcpy(fd.ends.v6.sip, tuple.sip, 16)
    memcpy(fd.ends.v6.dip, tuple.dip, 16)
    fd.ends.v6.sport = tuple.sport
    fd.ends.v6.dport = tuple.dport
    return (
        memcmp(fd.ends.v6.sip, before.sip, 16) != 0 or memcmp(fd.ends.v6.dip, before.dip, 16) != 0
        or fd.ends.v6.sport != before.sport or fd.ends.v6.dport != before.dport
    )


cdef void swap_ends(Fd *fd) noexcept nogil:
    """Reverse the direction of a connection."""
    cdef uint8_t addr[16]
    cdef uint16_t port
    if fd.type == EV_FD_IPV4:
        memcpy(addr, fd.ends.v4.sip, 4)
        memcpy(fd.ends.v4.sip, fd.ends.v4.dip, 4)
        memcpy(fd.ends.v4.dip, addr, 4)
        port = fd.ends.v4.sport
        fd.ends.v4.sport = fd.ends.v4.dport
        fd.ends.v4.dport = port
    elif fd.type == EV_FD_IPV6:
        memcpy(addr, fd.ends.v6.sip, 16)
        memcpy(fd.ends.v6.sip, fd.ends.v6.dip, 16)
        memcpy(fd.ends.v6.dip, addr, 16)
        port = fd.ends.v6.sport
        fd.ends.v6.sport = fd.ends.v6.dport
        fd.ends.v6.dport = port


cdef bint _is_zero(const uint8_t *addr, int size) noexcept nogil:
    cdef int i
    for i in range(size):
        if addr[i]:
            return 0
    return 1


cdef bint _same_network(const HostInterface *own, const uint8_t *addr) noexcept nogil:
    """Return true if both addresses are in one network. IPv4: by the interface's mask. IPv6: by the first 64 bits."""
    cdef int i
    if own.family == AF_INET6:
        return memcmp(own.addr, addr, 8) == 0
    for i in range(4):
        if (own.addr[i] ^ addr[i]) & own.mask[i]:
            return 0
    return 1


cdef void _own_address(const ThreadTable *threads, int family, const uint8_t *other, uint8_t *out) noexcept nogil:
    """Return the most likely local address of a connection with `other`; `out` is unchanged without one."""
    cdef int size = 4 if family == AF_INET else 16
    cdef const HostInterface *own
    cdef const HostInterface *best = NULL
    cdef int rank = 0
    cdef uint32_t i
    for i in range(threads.interface_count):
        own = &threads.interfaces[i]
        if own.family != family:
            continue
        if rank < 3 and memcmp(own.addr, other, size) == 0:
            best = own
            rank = 3
        elif rank < 2 and _same_network(own, other):
            best = own
            rank = 2
        elif rank < 1 and not own.is_loopback:
            best = own
            rank = 1
    if best is not NULL:
        memcpy(out, best.addr, size)


cdef void patch_ends(const ThreadTable *threads, Fd *fd) noexcept nogil:
    """Replace an all-zero address, unless both ends become equal."""
    if fd.type == EV_FD_IPV4:
        _patch(threads, AF_INET, fd.ends.v4.sip, fd.ends.v4.dip, fd.ends.v4.sport == fd.ends.v4.dport)
    elif fd.type == EV_FD_IPV6:
        _patch(threads, AF_INET6, fd.ends.v6.sip, fd.ends.v6.dip, fd.ends.v6.sport == fd.ends.v6.dport)


cdef void _patch(
    const ThreadTable *threads, int family, uint8_t *source, uint8_t *destination, bint is_same_port
) noexcept nogil:
    cdef int size = 4 if family == AF_INET else 16
    cdef uint8_t *empty = source
    cdef uint8_t *other = destination
    cdef uint8_t found[16]
    if not _is_zero(source, size):
        if not _is_zero(destination, size):
            return
        empty = destination
        other = source
    memcpy(found, empty, size)
    _own_address(threads, family, other, found)
    if not is_same_port or memcmp(found, other, size) != 0:
        memcpy(empty, found, size)
