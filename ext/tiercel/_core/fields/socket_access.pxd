# SPDX-License-Identifier: Apache-2.0
"""Access to the ends of the event's IP socket, and text of encoded addresses."""

from libc.stdint cimport uint8_t, uint16_t

from tiercel._core.util.arena_text cimport Text
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_file


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

# The ends of an IP socket, with IPv4-mapped addresses unwrapped. The source is the client, the destination the server.
cdef struct Ends:
    uint8_t family          # AF_INET or AF_INET6
    uint8_t role            # enum ev_role; in a capture it may be both
    uint8_t l4proto         # enum ev_l4proto
    bint connected          # whether there is a source
    uint16_t sport
    uint16_t dport
    uint8_t sip[16]
    uint8_t dip[16]

cdef bint ends_of_file(const ev_file *file, Ends *ends) noexcept nogil
cdef bint cx_ends(const EvalCx *cx, Ends *ends) noexcept nogil
cdef bint cx_is_own(const EvalCx *cx, uint8_t family, const uint8_t *addr) noexcept nogil
cdef bint ends_named(const Ends *ends) noexcept nogil
cdef bint ends_text(EvalCx *cx, const Ends *ends, Slice *out) noexcept nogil
cdef void text_sockaddr(Text *text, Slice addr) noexcept nogil
cdef void text_socktuple(Text *text, Slice tuple, bint with_ports) noexcept nogil
