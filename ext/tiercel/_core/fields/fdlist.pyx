# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fdlist.*``: the descriptors of poll and ppoll. Their targets are known in captures only."""

from libc.stdint cimport uint32_t

from tiercel._core.fields.event_access cimport event_param, param_slice
from tiercel._core.fields.fd_text cimport FdList, cx_fd_entry, fdlist_begin, fdlist_next
from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6
from tiercel._core.replay.fd_table cimport Fd, fd_is_ip, fd_name
from tiercel._core.util.arena_text cimport (
    Text,
    text_address,
    text_begin,
    text_char,
    text_end,
    text_int,
    text_slice,
    text_uint,
)
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport value_text
from tiercel._core.wire.events_gen cimport (
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SOCK,
    tbl_param,
)

# Writes the text of one descriptor; returns 0 if it has none.
ctypedef bint (*put_fn)(Text *text, const FdList *at, const Fd *fd) noexcept nogil


cdef bint _list(EvalCx *cx, put_fn put, Value *out) noexcept nogil:
    """Join the texts that `put` writes with commas; absent without a text or without a list."""
    cdef const tbl_param *param = event_param(cx, slice_of(b"fds"))
    cdef FdList found
    cdef Slice value
    cdef Text text
    cdef bint is_first = 1
    cdef uint32_t used
    if param is NULL or not param_slice(cx, param, &value):
        return 0
    text_begin(&text, &cx.memo.arena)
    fdlist_begin(&found, value)
    while fdlist_next(&found):
        used = cx.memo.arena.used
        if not is_first:
            text_char(&text, b',')
        if put(&text, &found, cx_fd_entry(cx, found.num)):
            is_first = 0
        else:
            cx.memo.arena.used = used
    return text_end(&text, &value) and value.len > 0 and value_text(out, value)


cdef bint _put_num(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    text_int(text, at.num)
    return 1


cdef bint _put_name(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    cdef Slice name = slice_of(b"<NA>")
    if fd is not NULL:
        name = fd_name(fd)
    text_slice(text, name if name.len else slice_of(b"<NA>"))
    return 1


cdef bint _put_client_ip(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    if fd is not NULL and fd.type == EV_FD_IPV4_SOCK:
        text_address(text, fd.ends.v4.sip, AF_INET)
        return 1
    if fd is not NULL and fd.type == EV_FD_IPV6_SOCK:
        text_address(text, fd.ends.v6.sip, AF_INET6)
        return 1
    return 0


cdef bint _put_server_ip(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    if fd is NULL or not fd_is_ip(fd):
        return 0
    if fd.type == EV_FD_IPV4_SOCK:
        text_address(text, fd.ends.v4.dip, AF_INET)
    elif fd.type == EV_FD_IPV4_SERVSOCK:
        text_address(text, fd.ends.server4.ip, AF_INET)
    elif fd.type == EV_FD_IPV6_SOCK:
        text_address(text, fd.ends.v6.dip, AF_INET6)
    else:
        text_address(text, fd.ends.server6.ip, AF_INET6)
    return 1


cdef bint _put_server_port(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    if fd is NULL or not fd_is_ip(fd):
        return 0
    if fd.type == EV_FD_IPV4_SOCK:
        text_uint(text, fd.ends.v4.dport)
    elif fd.type == EV_FD_IPV4_SERVSOCK:
        text_uint(text, fd.ends.server4.port)
    elif fd.type == EV_FD_IPV6_SOCK:
        text_uint(text, fd.ends.v6.dport)
    else:
        text_uint(text, fd.ends.server6.port)
    return 1


cdef bint _put_client_port(Text *text, const FdList *at, const Fd *fd) noexcept nogil:
    """The port; for a listening socket, as in Falco, its own port."""
    if fd is not NULL and fd.type == EV_FD_IPV4_SOCK:
        text_uint(text, fd.ends.v4.sport)
        return 1
    if fd is not NULL and fd.type == EV_FD_IPV6_SOCK:
        text_uint(text, fd.ends.v6.sport)
        return 1
    return _put_server_port(text, at, fd)


cdef bint field_fdlist_nums(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_num, out)


cdef bint field_fdlist_names(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_name, out)


cdef bint field_fdlist_cips(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_client_ip, out)


cdef bint field_fdlist_sips(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_server_ip, out)


cdef bint field_fdlist_cports(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_client_port, out)


cdef bint field_fdlist_sports(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _list(cx, _put_server_port, out)
