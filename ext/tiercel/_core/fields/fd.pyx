# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fd.*``: the file descriptor of the event. Only events with a descriptor have these fields."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport strcmp

from tiercel._core.fields.event_access cimport cx_fd_name, cx_fd_type, cx_has_fd
from tiercel._core.fields.fd_text cimport cx_typechar, fd_type_word
from tiercel._core.fields.socket_access cimport cx_ends
from tiercel._core.util.arena_text cimport (
    Text,
    text_begin,
    text_char,
    text_end,
    text_int,
    text_put,
    text_slice,
    text_uint,
)
from tiercel._core.util.path cimport path_has_run
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport (
    BINDING_REQUESTED,
    BINDING_RESOLVED,
    Ends,
    FdInfo,
    value_bool,
    value_int,
    value_text,
    value_word,
)
from tiercel._core.wire.events_gen cimport (
    EVF_FILE_LOWER,
    EVF_FILE_UPPER,
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4,
    EV_FD_IPV6_SERVER,
    EV_FD_UNIX,
    EV_FD_UNKNOWN,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_ROLE_NONE,
    KIND_STR,
)


cdef bint field_fd_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The number; live, -1 if a call that creates a descriptor failed."""
    cdef int64_t number
    return cx_has_fd(cx) and cx.source.fd.number(cx, &number) and value_int(out, number)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _name(EvalCx *cx, int binding, Value *out) noexcept nogil:
    out.kind = KIND_STR
    return cx_fd_name(cx, binding, &out.text) and out.text.ptr is not NULL


cdef bint field_fd_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, cx.binding, out)


cdef bint field_fd_name_requested(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, BINDING_REQUESTED, out)


cdef bint field_fd_name_resolved(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, BINDING_RESOLVED, out)


cdef extern from "<string.h>" nogil:
    const void *memrchr(const void *, int, size_t)


cdef inline int _last_slash(Slice name) noexcept nogil:
    """Return the position of the last slash; -1 for none."""
    cdef const void *at = memrchr(name.ptr, b'/', name.len) if name.len else NULL
    return <int>(<const uint8_t *>at - name.ptr) if at is not NULL else -1


cdef bint _directory(EvalCx *cx, Slice *out) noexcept nogil:
    """The name of a directory, or the name of a file up to its last slash; an unknown descriptor counts as a file."""
    cdef int type = cx_fd_type(cx)
    cdef int slash
    if not cx_has_fd(cx) or not cx_fd_name(cx, cx.binding, out):
        return 0
    if type == EV_FD_DIRECTORY:
        return 1
    if type != EV_FD_FILE and (type != EV_FD_UNKNOWN or cx.event.file is not NULL):
        return 0
    slash = _last_slash(out[0])
    if slash <= 0:
        out[0] = slice_of(b"/")
    elif slash < <int>out.len - 1:
        out.len = <unsigned int>slash
    return 1


cdef bint field_fd_directory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return _directory(cx, &name) and value_text(out, name)


cdef bint field_fd_filename(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    cdef int slash
    if not cx_has_fd(cx) or cx_fd_type(cx) != EV_FD_FILE or not cx_fd_name(cx, cx.binding, &name):
        return 0
    slash = _last_slash(name)
    if slash < 0 and name.len:
        return value_word(out, b"/")
    name.ptr += slash + 1
    name.len -= <unsigned int>(slash + 1)
    return value_text(out, name)


cdef bint field_fd_nameraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The path passed to the opening call, with repeated slashes merged; live, only for the opening call itself."""
    cdef Slice name
    cdef Text text
    cdef uint32_t i
    if not cx.source.fd.name_raw(cx, &name):
        return 0
    if not path_has_run(name):
        return value_text(out, name)
    text_begin(&text, &cx.memo.arena)
    for i in range(name.len):
        if name.ptr[i] != b'/' or i == 0 or name.ptr[i - 1] != b'/':
            text_char(&text, <char>name.ptr[i])
    return text_end(&text, &name) and value_text(out, name)


cdef bint _in_container(EvalCx *cx, Slice name, Value *out) noexcept nogil:
    """The container id (empty on the host), a colon, and the name."""
    cdef Text text
    text_begin(&text, &cx.memo.arena)
    if cx.event.proc is not NULL and cx.event.proc.container is not NULL and cx.event.proc.container != cx.state.host:
        text_put(&text, cx.event.proc.container.id, cx.event.proc.container.len)
    text_char(&text, b':')
    text_slice(&text, name)
    return text_end(&text, &name) and value_text(out, name)


cdef bint field_fd_containername(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return cx_fd_name(cx, cx.binding, &name) and _in_container(cx, name, out)


cdef bint field_fd_containerdirectory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return _directory(cx, &name) and _in_container(cx, name, out)


cdef bint field_fd_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice line
    cdef Text text
    if not field_fd_num(cx, arg, out):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_uint(&text, cx.event.hdr.tid)
    text_int(&text, out.i)
    return text_end(&text, &line) and value_text(out, line)


# --- The file ---------------------------------------------------------------------------------------------------------

cdef bint _device(const EvalCx *cx, uint32_t *device) noexcept nogil:
    """The device in the encoding of stat(2); live, 0 for other descriptors than files and directories."""
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    device[0] = cx.source.fd.device(cx)
    return 1


cdef bint field_fd_dev(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, <int32_t>device)


cdef bint field_fd_dev_major(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, (device & 0xfff00) >> 8)


cdef bint field_fd_dev_minor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, (device & 0xff) | ((device >> 12) & 0xfff00))


cdef bint field_fd_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.event.file is not NULL and value_int(out, <int64_t>cx.event.file.ino)


cdef bint field_fd_is_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.event.file is not NULL and value_bool(out, cx.event.file.flags & EVF_FILE_UPPER != 0)


cdef bint field_fd_is_lower_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.event.file is not NULL and value_bool(out, cx.event.file.flags & EVF_FILE_LOWER != 0)


# --- Kind -------------------------------------------------------------------------------------------------------------

cdef inline bint _is_known(const EvalCx *cx) noexcept nogil:
    return cx_has_fd(cx) and cx.source.fd.is_known(cx)


cdef bint field_fd_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_known(cx) and value_word(out, fd_type_word(cx_fd_type(cx)))


cdef bint _type_at(EvalCx *cx, int32_t place, Value *out) noexcept nogil:
    """Return word number `place` of the distinct words for all descriptors."""
    cdef const char *seen[32]
    cdef const char *word
    cdef const void *at = NULL
    cdef int32_t n = 0
    cdef int32_t j
    cdef int type
    if place < 0:
        return 0
    while cx.source.fd.next_type(cx, &at, &type):
        word = fd_type_word(type)
        j = 0
        while j < n and strcmp(seen[j], word) != 0:
            j += 1
        if j < n:
            continue
        if n == place:
            return value_word(out, word)
        seen[n] = word
        n += 1
    return 0


cdef bint field_fd_types(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The kinds of all descriptors of the process, or the kind of one; in captures only."""
    cdef FdInfo fd
    if not cx_has_fd(cx):
        return 0
    if arg.index < 0:
        return _type_at(cx, arg.iter, out)
    return arg.iter == 0 and cx.source.fd.find(cx, NULL, arg.index, &fd) and value_word(out, fd_type_word(fd.type))


cdef bint field_fd_name_changed(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In a capture, whether the name has changed; live, whether the call assigns a name."""
    return cx_has_fd(cx) and cx.event.file is not NULL and value_bool(out, cx.source.fd.is_renamed(cx))


cdef bint field_fd_connected(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In a capture, the state from its events; live, whether the socket has a peer."""
    return cx_has_fd(cx) and cx.event.file is not NULL and value_bool(out, cx.source.fd.is_connected(cx))


cdef bint field_fd_is_server(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Return if the server's end is on this machine."""
    cdef Ends ends
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    return value_bool(out, cx_ends(cx, &ends) and cx.source.fd.is_server_local(cx, &ends))


cdef bint field_fd_typechar(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice letter
    return cx_typechar(cx, &letter) and value_text(out, letter)


cdef bint field_fd_sockfamily(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx_fd_type(cx) if cx_has_fd(cx) else <int>EV_FD_UNKNOWN
    if EV_FD_IPV4 <= type <= EV_FD_IPV6_SERVER:
        return value_word(out, b"ip")
    return type == EV_FD_UNIX and value_word(out, b"unix")


cdef bint field_fd_l4proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The transport of a raw IP socket or one with a known role; ``<NA>`` for other descriptors."""
    cdef Ends ends
    if not _is_known(cx):
        return 0
    if cx_ends(cx, &ends) and (ends.role != EV_ROLE_NONE or ends.l4proto == EV_L4_RAW):
        if ends.l4proto == EV_L4_TCP:
            return value_word(out, b"tcp")
        if ends.l4proto == EV_L4_UDP:
            return value_word(out, b"udp")
        if ends.l4proto == EV_L4_ICMP:
            return value_word(out, b"icmp")
        if ends.l4proto == EV_L4_RAW:
            return value_word(out, b"raw")
    return value_word(out, b"<NA>")
