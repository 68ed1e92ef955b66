# SPDX-License-Identifier: Apache-2.0
"""Conversion of the params of a capture's event to Python objects. Runs on request, never during evaluation."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset

from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6, text_sockaddr, text_socktuple
from tiercel._core.scap.reader cimport load16, load64
from tiercel._core.util.arena_text cimport Arena, Text, text_address, text_begin, text_end
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport (
    EV_ASYNCEVENT,
    EV_SYSCALL,
    KIND_INT,
    PT_BOOL,
    PT_BYTEBUF,
    PT_CHARBUF,
    PT_CHARBUFARRAY,
    PT_DYN,
    PT_FDLIST,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_IPV4ADDR,
    PT_IPV6ADDR,
    PT_SOCKADDR,
    PT_SOCKTUPLE,
    TBL_EVENT_INTERNAL,
    tbl_call_name,
    tbl_event,
    tbl_event_row,
    tbl_param,
)

cdef enum:
    ROOM = 512                  # for an address or a tuple; the longest holds a path of a unix socket
    FDLIST_HEAD = 2
    FDLIST_ENTRY = 10

# Text of writers for a NULL pointer.
cdef bytes NO_TEXT = b"(NULL)"

# Marks a value whose bytes do not fit its type.
cdef object MALFORMED = object()


cdef inline str _as_str(Slice slice):
    return slice.ptr[:slice.len].decode("utf-8", "surrogateescape") if slice.len else ""


cdef object _charbuf(Slice value):
    cdef const void *end = memchr(value.ptr, 0, value.len)
    if end is not NULL:
        value.len = <uint32_t>(<const uint8_t *>end - value.ptr)
    if value.ptr[:value.len] == NO_TEXT:
        return None
    return _as_str(value)


cdef object _address_text(int type, Slice value):
    """Return the text of an address or a socket tuple, as in `evt.arg`."""
    cdef uint8_t room[ROOM]
    cdef Arena arena
    cdef Text text
    cdef Slice shown
    memset(&arena, 0, sizeof(Arena))
    arena.base = room
    arena.size = ROOM
    text_begin(&text, &arena)
    if type == PT_SOCKADDR:
        text_sockaddr(&text, value)
    elif type == PT_SOCKTUPLE:
        text_socktuple(&text, value, 1)
    elif value.len == (4 if type == PT_IPV4ADDR else 16):
        text_address(&text, value.ptr, AF_INET if type == PT_IPV4ADDR else AF_INET6)
    else:
        return MALFORMED
    return _as_str(shown) if text_end(&text, &shown) else MALFORMED


cdef object _fdlist(Slice value):
    """Return pairs of a descriptor and its polled events."""
    cdef uint32_t i, count
    cdef const uint8_t *at
    if value.len < FDLIST_HEAD:
        return MALFORMED
    count = load16(value.ptr)
    if value.len != FDLIST_HEAD + FDLIST_ENTRY * count:
        return MALFORMED
    pairs = []
    for i in range(count):
        at = value.ptr + FDLIST_HEAD + FDLIST_ENTRY * i
        pairs.append((<int64_t>load64(at), load16(at + 8)))
    return tuple(pairs)


cdef object _number(Slice value, int kind, uint32_t size):
    cdef uint64_t bits = 0
    cdef int unused = 64 - 8 * <int>size
    if value.len != size:
        return MALFORMED
    memcpy(&bits, value.ptr, size)
    if kind == KIND_INT:
        return <int64_t>(bits << unused) >> unused
    return bits


cdef object _dyn(const tbl_param *param, Slice value):
    """Return the value of the variant in the first byte; bytes if the variant is not a number."""
    cdef int kind
    if value.len < 2 or value.len > 9 or value.ptr[0] >= param.nvariants:
        return PyBytes_FromStringAndSize(<const char *>value.ptr, value.len)
    kind = param.variants[value.ptr[0]].kind
    value.ptr += 1
    value.len -= 1
    return _number(value, kind if value.len == 8 else 0, value.len)


cdef object _value(const tbl_param *param, Slice value):
    """Return one value; None if it is empty, MALFORMED if its bytes do not fit its type."""
    cdef int type = param.type
    if type == PT_BYTEBUF:
        return PyBytes_FromStringAndSize(<const char *>value.ptr, value.len)
    if value.len == 0:
        return None
    if type == PT_CHARBUF or type == PT_FSPATH or type == PT_FSRELPATH:
        return _charbuf(value)
    if type == PT_CHARBUFARRAY:
        return tuple(_as_str(value).removesuffix("\0").split("\0"))
    if type == PT_DYN:
        return _dyn(param, value)
    if type == PT_FDLIST:
        return _fdlist(value)
    if type == PT_SOCKADDR or type == PT_SOCKTUPLE or type == PT_IPV4ADDR or type == PT_IPV6ADDR:
        return _address_text(type, value)
    number = _number(value, param.kind, param.size)
    return number != 0 if type == PT_BOOL and number is not MALFORMED else number


cdef tuple event_values(const ScapEvent *event):
    """Return name and params of a current event; None for an internal event, () if a value does not fit its type.

    Params that are missing in the capture are None.
    """
    cdef const tbl_event_row *row = tbl_event(event.type)
    cdef const tbl_param *param
    cdef const char *name
    cdef uint32_t i
    cdef dict params = {}
    if row is NULL or row.flags & TBL_EVENT_INTERNAL:
        return None
    for i in range(row.nparams):
        param = &row.params[i]
        value = _value(param, event.params[i]) if i < event.nparams else None
        if value is MALFORMED:
            return ()
        params[param.name[:param.len].decode()] = value
    name = row.name
    if event.type == EV_SYSCALL and params["ID"] is not None and tbl_call_name(params["ID"]) is not NULL:
        name = tbl_call_name(params["ID"])
    if event.type == EV_ASYNCEVENT and params["name"]:
        return params["name"], params
    return name.decode(), params
