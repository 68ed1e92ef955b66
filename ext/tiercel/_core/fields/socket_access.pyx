# SPDX-License-Identifier: Apache-2.0
"""The ends of the IP socket that an event works on, and encoded addresses as text."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from tiercel._core.replay.thread_table cimport HostInterface, ThreadTable
from tiercel._core.util.arena_text cimport (
    text_address,
    text_begin,
    text_char,
    text_end,
    text_hex,
    text_slice,
    text_uint,
    text_word,
)
from tiercel._core.util.slice cimport slice_text
from tiercel._core.wire.events_gen cimport (
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SERVSOCK,
    EV_FD_IPV6_SOCK,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_ROLE_CLIENT,
    EV_ROLE_NONE,
    EV_ROLE_SERVER,
    EV_SENDTO,
    EVF_FILE_NAMED,
    ev_file,
    ev_sendto,
)
from tiercel._core.wire.view cimport view_slice


cdef bint _is_mapped(const uint8_t *addr) noexcept nogil:
    """Tell whether an IPv6 address holds an IPv4 one; the unspecified address counts as such."""
    cdef int i
    for i in range(10):
        if addr[i]:
            return 0
    if addr[10] == 0xff and addr[11] == 0xff:
        return 1
    for i in range(10, 16):
        if addr[i]:
            return 0
    return 1


cdef bint ends_named(const Ends *ends) noexcept nogil:
    """Tell whether the socket has been bound or connected."""
    return ends.sport != 0 or ends.dport != 0 or ends.role != EV_ROLE_NONE


cdef void _unmap(Ends *ends) noexcept nogil:
    """Turn IPv6 ends that both hold IPv4 addresses into IPv4 ends."""
    cdef uint8_t addr[16]
    if ends.family != AF_INET6 or not ends_named(ends):
        return
    if not _is_mapped(ends.dip) or (ends.connected and not _is_mapped(ends.sip)):
        return
    ends.family = AF_INET
    memcpy(addr, ends.dip, 16)
    memcpy(ends.dip, addr + 12, 4)
    memcpy(addr, ends.sip, 16)
    memcpy(ends.sip, addr + 12, 4)


cdef bint _ends_of_tuple(Slice tuple, Ends *ends) noexcept nogil:
    """Read both ends from an encoded SOCKTUPLE; 0 if it is none of an IP socket."""
    cdef uint32_t size
    if tuple.len < 13 or (tuple.ptr[0] != AF_INET and tuple.ptr[0] != AF_INET6):
        return 0
    size = 4 if tuple.ptr[0] == AF_INET else 16
    if tuple.len < 5 + 2 * size:
        return 0
    ends.family = tuple.ptr[0]
    ends.connected = 1
    memcpy(ends.sip, tuple.ptr + 1, size)
    memcpy(&ends.sport, tuple.ptr + 1 + size, 2)
    memcpy(ends.dip, tuple.ptr + 3 + size, size)
    memcpy(&ends.dport, tuple.ptr + 3 + 2 * size, 2)
    return 1


cdef void _swap(Ends *ends) noexcept nogil:
    cdef uint8_t addr[16]
    cdef uint16_t port = ends.sport
    memcpy(addr, ends.sip, 16)
    memcpy(ends.sip, ends.dip, 16)
    memcpy(ends.dip, addr, 16)
    ends.sport = ends.dport
    ends.dport = port


cdef inline bint _is_ip(int type) noexcept nogil:
    return (
        type == EV_FD_IPV4_SOCK or type == EV_FD_IPV6_SOCK or type == EV_FD_IPV4_SERVSOCK or type == EV_FD_IPV6_SERVSOCK
    )


cdef bint ends_of_file(const ev_file *file, Ends *ends) noexcept nogil:
    """The ends of an IP socket; 0 if the file is none."""
    if file is NULL or not _is_ip(file.type):
        return 0
    memset(ends, 0, sizeof(Ends))
    ends.role = file.role
    ends.l4proto = file.l4proto
    ends.family = AF_INET if file.type == EV_FD_IPV4_SOCK or file.type == EV_FD_IPV4_SERVSOCK else AF_INET6
    ends.connected = file.type == EV_FD_IPV4_SOCK or file.type == EV_FD_IPV6_SOCK
    ends.sport = file.sport
    ends.dport = file.dport
    memcpy(ends.sip, file.sip, 16)
    memcpy(ends.dip, file.dip, 16)
    if file.flags & EVF_FILE_NAMED == 0:
        _unmap(ends)
    return 1


cdef bint cx_ends(const EvalCx *cx, Ends *ends) noexcept nogil:
    """The ends of the IP socket that the event works on; 0 if its descriptor is none."""
    cdef const ev_file *file = cx.file
    cdef Slice tuple
    if not ends_of_file(file, ends):
        return 0
    if file.flags & EVF_FILE_NAMED:
        return 1
    if cx.hdr.type == EV_SENDTO and file.dport == 0:
        # An unconnected socket: the destination is the call's. The tuple runs from here to there.
        if view_slice(cx.hdr, (<const ev_sendto *>cx.hdr).tuple, &tuple) and _ends_of_tuple(tuple, ends):
            if ends.role == EV_ROLE_NONE:
                ends.role = EV_ROLE_CLIENT
            elif ends.role == EV_ROLE_SERVER:
                _swap(ends)
            _unmap(ends)
    return 1


cdef bint cx_is_own(const EvalCx *cx, uint8_t family, const uint8_t *addr) noexcept nogil:
    """Tell whether an address is one of this machine's, in a capture; as in Falco, no container has one of them."""
    cdef const ThreadTable *threads = <const ThreadTable *>cx.threads
    cdef const HostInterface *own
    cdef uint32_t i
    if cx.proc is not NULL and cx.proc.container is not NULL and cx.proc.container != cx.state.host:
        return 0
    for i in range(threads.interface_count):
        own = &threads.interfaces[i]
        # Of IPv6, the same network is enough.
        if own.family == family and memcmp(own.addr, addr, 4 if family == AF_INET else 8) == 0:
            return 1
    return 0


# --- Text -------------------------------------------------------------------------------------------------------------

cdef void _text_end(Text *text, int family, const uint8_t *addr, uint16_t port, bint with_ports) noexcept nogil:
    text_address(text, addr, family)
    if with_ports:
        text_char(text, b':')
        text_uint(text, port)


cdef bint ends_text(EvalCx *cx, const Ends *ends, Slice *out) noexcept nogil:
    """``source:port->destination:port``; only the destination of a listening socket; without ports for ICMP and raw."""
    cdef Text text
    cdef bint with_ports = ends.l4proto != EV_L4_ICMP and ends.l4proto != EV_L4_RAW
    text_begin(&text, &cx.arena)
    if ends.connected:
        _text_end(&text, ends.family, ends.sip, ends.sport, with_ports)
        text_word(&text, b"->")
    _text_end(&text, ends.family, ends.dip, ends.dport, with_ports)
    return text_end(&text, out)


cdef void _text_family(Text *text, Slice encoded) noexcept nogil:
    text_word(text, b"family ")
    text_uint(text, encoded.ptr[0] if encoded.len else 0)


cdef void text_sockaddr(Text *text, Slice addr) noexcept nogil:
    """An encoded SOCKADDR: path, or ``address:port``, or ``family N``."""
    cdef uint16_t port
    cdef uint32_t size
    if addr.len and addr.ptr[0] == AF_UNIX:
        addr.ptr += 1
        addr.len -= 1
        text_slice(text, slice_text(addr))
        return
    if addr.len and (addr.ptr[0] == AF_INET or addr.ptr[0] == AF_INET6):
        size = 4 if addr.ptr[0] == AF_INET else 16
        if addr.len >= 3 + size:
            memcpy(&port, addr.ptr + 1 + size, 2)
            _text_end(text, addr.ptr[0], addr.ptr + 1, port, 1)
            return
    _text_family(text, addr)


cdef void text_socktuple(Text *text, Slice tuple, bint with_ports) noexcept nogil:
    """An encoded SOCKTUPLE: ``source->destination``; kernel addresses and path of unix sockets; or ``family N``."""
    cdef Ends ends
    cdef uint64_t source, destination
    memset(&ends, 0, sizeof(ends))
    if _ends_of_tuple(tuple, &ends):
        _unmap(&ends)
        _text_end(text, ends.family, ends.sip, ends.sport, with_ports)
        text_word(text, b"->")
        _text_end(text, ends.family, ends.dip, ends.dport, with_ports)
        return
    if tuple.len >= 17 and tuple.ptr[0] == AF_UNIX:
        memcpy(&source, tuple.ptr + 1, 8)
        memcpy(&destination, tuple.ptr + 9, 8)
        text_hex(text, source, 0)
        text_word(text, b"->")
        text_hex(text, destination, 0)
        text_char(text, b' ')
        tuple.ptr += 17
        tuple.len -= 17
        text_slice(text, slice_text(tuple))
        return
    _text_family(text, tuple)
