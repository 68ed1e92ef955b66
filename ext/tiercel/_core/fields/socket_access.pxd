# SPDX-License-Identifier: Apache-2.0
"""Access to the ends of the event's IP socket, and text of encoded addresses."""

from tiercel._core.util.arena_text cimport Text
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport Ends, EvalCx
from tiercel._core.wire.events_gen cimport ev_file, ev_ref


cdef enum:
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16

cdef bint ends_of_file(const ev_file *file, Ends *ends) noexcept nogil
cdef bint cx_ends(const EvalCx *cx, Ends *ends) noexcept nogil
cdef bint ends_named(const Ends *ends) noexcept nogil
cdef bint ends_text(EvalCx *cx, const Ends *ends, Slice *out) noexcept nogil
cdef bint sockaddr_text(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil
cdef bint socktuple_text(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil
cdef void text_sockaddr(Text *text, Slice addr) noexcept nogil
cdef void text_socktuple(Text *text, Slice tuple, bint with_ports) noexcept nogil
