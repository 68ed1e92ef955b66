# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fd.*`` for the ends of IP sockets: addresses, networks, ports."""

from libc.stdint cimport int32_t, uint8_t

from tiercel._core.fields.dns cimport dns_name
from tiercel._core.fields.event_access cimport cx_has_fd
from tiercel._core.fields.socket_access cimport cx_ends
from tiercel._core.util.arena_text cimport Text, text_begin, text_end, text_uint
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport ITER_PRINT, Ends, value_ip, value_text, value_uint, value_word
from tiercel._core.wire.events_gen cimport EV_ROLE_NONE, KIND_IP, KIND_NET


# --- Addresses and ports ----------------------------------------------------------------------------------------------

cdef enum _Side:
    CLIENT
    SERVER
    LOCAL
    REMOTE


cdef bint _end(const EvalCx *cx, _Side side, Ends *ends, bint *is_source) noexcept nogil:
    """Read an end of a socket with a known role; a listening socket has only the server's end."""
    if not cx_has_fd(cx) or not cx_ends(cx, ends) or ends.role == EV_ROLE_NONE:
        return 0
    if side != SERVER and not ends.connected:
        return 0
    if side == LOCAL or side == REMOTE:
        is_source[0] = cx.source.fd.is_source_local(cx, ends) == (side == LOCAL)
    else:
        is_source[0] = side == CLIENT
    return 1


cdef bint _value_end(const Ends *ends, bint is_source, uint8_t kind, Value *out) noexcept nogil:
    if is_source:
        return value_ip(out, kind, ends.family, ends.sip)
    return value_ip(out, kind, ends.family, ends.dip)


cdef bint _ip(EvalCx *cx, _Side side, uint8_t kind, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _end(cx, side, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, kind, out)


cdef bint _port(EvalCx *cx, _Side side, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _end(cx, side, &ends, &is_source):
        return 0
    return value_uint(out, ends.sport if is_source else ends.dport)


cdef bint _either(const EvalCx *cx, const FieldArg *arg, Ends *ends, bint *is_source) noexcept nogil:
    """Read both ends in order, with any role: the source if there is one, then the destination."""
    if arg.iter == ITER_PRINT or not cx_has_fd(cx) or not cx_ends(cx, ends):
        return 0
    is_source[0] = ends.connected and arg.iter == 0
    return arg.iter < (2 if ends.connected else 1)


cdef bint field_fd_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, KIND_IP, out)


cdef bint field_fd_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, KIND_NET, out)


cdef bint field_fd_port(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return value_uint(out, ends.sport if is_source else ends.dport)


cdef bint field_fd_proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return field_fd_port(cx, arg, out)


cdef bint field_fd_cip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, CLIENT, KIND_IP, out)


cdef bint field_fd_sip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, SERVER, KIND_IP, out)


cdef bint field_fd_lip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, LOCAL, KIND_IP, out)


cdef bint field_fd_rip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, REMOTE, KIND_IP, out)


cdef bint field_fd_cport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, CLIENT, out)


cdef bint field_fd_sport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, SERVER, out)


cdef bint field_fd_lport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, LOCAL, out)


cdef bint field_fd_rport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, REMOTE, out)


cdef bint field_fd_cnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, CLIENT, KIND_NET, out)


cdef bint field_fd_snet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, SERVER, KIND_NET, out)


cdef bint field_fd_lnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, LOCAL, KIND_NET, out)


cdef bint field_fd_rnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, REMOTE, KIND_NET, out)


# --- Services ---------------------------------------------------------------------------------------------------------

cdef bint _service(EvalCx *cx, _Side side, Value *out) noexcept nogil:
    """The port as text, without a name lookup, as in Falco by default. Empty for a listening socket."""
    cdef Ends ends
    cdef bint is_source
    cdef Slice line
    cdef Text text
    if (side == CLIENT or side == SERVER) and _end(cx, SERVER, &ends, &is_source) and not ends.connected:
        return value_word(out, b"")
    if not _end(cx, side, &ends, &is_source):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_uint(&text, ends.sport if is_source else ends.dport)
    return text_end(&text, &line) and value_text(out, line)


cdef bint field_fd_cproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, CLIENT, out)


cdef bint field_fd_sproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, SERVER, out)


cdef bint field_fd_lproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, LOCAL, out)


cdef bint field_fd_rproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, REMOTE, out)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _name_of(EvalCx *cx, _Side side, const FieldArg *arg, Value *out) noexcept nogil:
    """Read the names in rules that resolve to the address, one per call."""
    cdef Ends ends
    cdef bint is_source
    cdef int32_t place
    cdef Slice name
    if not _end(cx, side, &ends, &is_source):
        return 0
    place = 0 if arg.iter == ITER_PRINT else arg.iter
    if is_source:
        return dns_name(ends.family, ends.sip, place, &name) and value_text(out, name)
    return dns_name(ends.family, ends.dip, place, &name) and value_text(out, name)


cdef bint field_fd_cip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name_of(cx, CLIENT, arg, out)


cdef bint field_fd_sip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name_of(cx, SERVER, arg, out)


cdef bint field_fd_lip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name_of(cx, LOCAL, arg, out)


cdef bint field_fd_rip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name_of(cx, REMOTE, arg, out)
