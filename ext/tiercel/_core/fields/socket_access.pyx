# SPDX-License-Identifier: Apache-2.0
"""Access to the ends of the event's IP socket, and text of encoded addresses."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

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
    EVF_FILE_NAMED,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_ROLE_CLIENT,
    EV_ROLE_NONE,
    EV_ROLE_SERVER,
    EV_SENDTO,
    ev_file,
    ev_sendto,
)
from tiercel._core.wire.view cimport view_slice


cdef bint _is_mapped(const uint8_t *addr) noexcept nogil:
    """Return whether an IPv6 address is IPv4-mapped; the unspecified address counts as mapped."""
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
    """Return whether the socket is bound or connected."""
    return ends.sport != 0 or ends.dport != 0 or ends.role != EV_ROLE_NONE


cdef void _unmap(Ends *ends) noexcept nogil:
    """Convert IPv6 ends to IPv4 if both addresses are IPv4-mapped."""
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
    """Read both ends from an encoded SOCKTUPLE; return 0 if it is not of an IP socket."""
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
        type == EV_FD_IPV4 or type == EV_FD_IPV6 or type == EV_FD_IPV4_SERVER or type == EV_FD_IPV6_SERVER
    )


cdef bint ends_of_file(const ev_file *file, Ends *ends) noexcept nogil:
    """Read the ends of an IP socket; return 0 if the file is not one."""
    if file is NULL or not _is_ip(file.type):
        return 0
    memset(ends, 0, sizeof(Ends))
    ends.role = file.role
    ends.l4proto = file.l4proto
    ends.family = AF_INET if file.type == EV_FD_IPV4 or file.type == EV_FD_IPV4_SERVER else AF_INET6
    ends.connected = file.type == EV_FD_IPV4 or file.type == EV_FD_IPV6
    ends.sport = file.sport
    ends.dport = file.dport
    memcpy(ends.sip, file.sip, 16)
    memcpy(ends.dip, file.dip, 16)
    if file.flags & EVF_FILE_NAMED == 0:
        _unmap(ends)
    return 1


cdef bint cx_ends(const EvalCx *cx, Ends *ends) noexcept nogil:
    """Read the ends of the event's IP socket; return 0 if its descriptor is not one."""
    cdef const ev_file *file = cx.event.file
    cdef Slice tuple
    if not ends_of_file(file, ends):
        return 0
    if file.flags & EVF_FILE_NAMED:
        return 1
    if cx.event.hdr.type == EV_SENDTO and file.dport == 0:
        # An unconnected socket: the destination is in the call. The tuple goes from the local to the remote end.
        if view_slice(cx.event.hdr, (<const ev_sendto *>cx.event.hdr).tuple, &tuple) and _ends_of_tuple(tuple, ends):
            if ends.role == EV_ROLE_NONE:
                ends.role = EV_ROLE_CLIENT
            elif ends.role == EV_ROLE_SERVER:
                _swap(ends)
            _unmap(ends)
    return 1


# --- Text -------------------------------------------------------------------------------------------------------------

cdef void _text_end(Text *text, int family, const uint8_t *addr, uint16_t port, bint with_ports) noexcept nogil:
    text_address(text, addr, family)
    if with_ports:
        text_char(text, b':')
        text_uint(text, port)


cdef bint ends_text(EvalCx *cx, const Ends *ends, Slice *out) noexcept nogil:
    """Write ``source:port->destination:port``; only the destination if listening; without ports for ICMP and raw."""
    cdef Text text
    cdef bint with_ports = ends.l4proto != EV_L4_ICMP and ends.l4proto != EV_L4_RAW
    text_begin(&text, &cx.memo.arena)
    if ends.connected:
        _text_end(&text, ends.family, ends.sip, ends.sport, with_ports)
        text_word(&text, b"->")
    _text_end(&text, ends.family, ends.dip, ends.dport, with_ports)
    return text_end(&text, out)


cdef void _text_family(Text *text, Slice encoded) noexcept nogil:
    text_word(text, b"family ")
    text_uint(text, encoded.ptr[0] if encoded.len else 0)


cdef void text_sockaddr(Text *text, Slice addr) noexcept nogil:
    """Write an encoded SOCKADDR: path, or ``address:port``, or ``family N``."""
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
    """Write an encoded SOCKTUPLE: ``source->destination``, kernel addresses and path (unix), or ``family N``."""
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


cdef bint sockaddr_text(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil:
    """Read the text of a SOCKADDR param; return 0 if it is absent."""
    cdef Slice addr
    cdef Text text
    if not view_slice(cx.event.hdr, ref, &addr):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_sockaddr(&text, addr)
    return text_end(&text, out)


cdef bint socktuple_text(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil:
    """Read the text of a SOCKTUPLE param; return 0 if it is absent."""
    cdef Slice tuple
    cdef Text text
    if not view_slice(cx.event.hdr, ref, &tuple):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_socktuple(&text, tuple, 1)
    return text_end(&text, out)
