# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fdlist.*``: the descriptors of poll and ppoll. Their targets are known in captures only."""

from libc.stdint cimport uint32_t

from tiercel._core.fields.event_access cimport event_param, param_slice
from tiercel._core.fields.fd_text cimport FdList, fdlist_begin, fdlist_next
from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6
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
from tiercel._core.values.value cimport FdInfo, value_text
from tiercel._core.wire.events_gen cimport EV_FD_IPV4, EV_FD_IPV4_SERVER, EV_FD_IPV6, EV_FD_IPV6_SERVER, tbl_param

# Writes the text of one descriptor, NULL if it is unknown; returns 0 if it has none.
ctypedef bint (*put_fn)(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil


cdef bint _list(EvalCx *cx, put_fn put, Value *out) noexcept nogil:
    """Join the texts that `put` writes with commas; absent without a text or without a list."""
    cdef const tbl_param *param = event_param(cx, slice_of(b"fds"))
    cdef FdInfo fd
    cdef FdList found
    cdef bint is_known
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
        is_known = cx.source.fd.find(cx, NULL, found.num, &fd)
        if put(&text, &found, &fd if is_known else NULL):
            is_first = 0
        else:
            cx.memo.arena.used = used
    return text_end(&text, &value) and value.len > 0 and value_text(out, value)


cdef bint _put_num(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    text_int(text, at.num)
    return 1


cdef bint _put_name(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    text_slice(text, fd.name if fd is not NULL and fd.name.len else slice_of(b"<NA>"))
    return 1


cdef inline int _family(const FdInfo *fd) noexcept nogil:
    """Return AF_INET or AF_INET6; 0 for other descriptors."""
    if fd is NULL:
        return 0
    if fd.type == EV_FD_IPV4 or fd.type == EV_FD_IPV4_SERVER:
        return AF_INET
    return AF_INET6 if fd.type == EV_FD_IPV6 or fd.type == EV_FD_IPV6_SERVER else 0


cdef inline bint _is_connected(const FdInfo *fd) noexcept nogil:
    return fd is not NULL and (fd.type == EV_FD_IPV4 or fd.type == EV_FD_IPV6)


cdef bint _put_client_ip(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    if not _is_connected(fd):
        return 0
    text_address(text, fd.file.sip, _family(fd))
    return 1


cdef bint _put_server_ip(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    if _family(fd) == 0:
        return 0
    text_address(text, fd.file.dip, _family(fd))
    return 1


cdef bint _put_server_port(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    if _family(fd) == 0:
        return 0
    text_uint(text, fd.file.dport)
    return 1


cdef bint _put_client_port(Text *text, const FdList *at, const FdInfo *fd) noexcept nogil:
    """The port; for a listening socket, as in Falco, its own port."""
    if _is_connected(fd):
        text_uint(text, fd.file.sport)
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
