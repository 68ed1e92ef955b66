# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fd.*``: the file descriptor of the event. Only events with a descriptor have these fields."""

from libc.errno cimport EINPROGRESS
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcmp, strcmp

from tiercel._core.fields.event_access cimport (
    cx_fd_name,
    cx_fd_type,
    cx_has_fd,
    cx_is_open,
    event_param,
    event_path_param,
    event_result,
    param_absent,
    param_number,
    param_path,
    param_slice,
)
from tiercel._core.fields.fd_text cimport cx_typechar, fd_type_word
from tiercel._core.fields.socket_access cimport AF_INET, Ends, cx_ends, cx_is_own
from tiercel._core.replay.fd_table cimport Fd, FdTable, fd_name_raw, fds_find, fds_first, fds_next
from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable, rthread_fds
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
    value_bool,
    value_int,
    value_text,
    value_word,
)
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_BIND,
    EV_CONNECT,
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SERVSOCK,
    EV_FD_IPV6_SOCK,
    EV_FD_UNIX_SOCK,
    EV_FD_UNKNOWN,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_MEMFD_CREATE,
    EV_PIDFD_OPEN,
    EV_ROLE_NONE,
    EV_ROLE_SERVER,
    EVF_FILE_CONNECTED,
    EVF_FILE_LOWER,
    EVF_FILE_NAME_CHANGED,
    EVF_FILE_UPPER,
    PT_SOCKTUPLE,
    tbl_param,
)
from tiercel._core.wire.view cimport view_text


cdef bint field_fd_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The number; -1 if a call that creates a descriptor failed."""
    cdef int64_t number
    if cx.threads is not NULL:
        return cx_has_fd(cx) and value_int(out, (<const ThreadTable *>cx.threads).event_fd_num)
    if not cx_has_fd(cx) or cx.event.row.fd_param < 0 or param_absent(cx, &cx.event.row.params[cx.event.row.fd_param]):
        return 0
    number = param_number(cx, &cx.event.row.params[cx.event.row.fd_param])
    if number < 0 and cx.event.row.fd_param == cx.event.row.res_param:
        number = -1
    return value_int(out, number)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _name(EvalCx *cx, int binding, Value *out) noexcept nogil:
    cdef Slice name
    return cx_fd_name(cx, binding, &name) and value_text(out, name)


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
    cdef const tbl_param *param
    cdef Slice name
    cdef Text text
    cdef uint32_t i
    if cx.threads is not NULL and not cx_has_fd(cx):
        return 0
    if cx.threads is not NULL and cx.event.file is not NULL:
        name = fd_name_raw((<const ThreadTable *>cx.threads).event_fd)
    elif cx_is_open(cx):
        param = event_path_param(cx)
        if param is NULL or not view_text(cx.event.hdr, param_path(cx, param).name, &name):
            if cx.threads is NULL:
                return 0
            name = slice_of(b"<NA>")
    elif cx.threads is NULL or not cx_fd_name(cx, cx.binding, &name):
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
    """The device of a file or directory in the encoding of stat(2); 0 for other descriptors."""
    cdef int type = cx_fd_type(cx)
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    if cx.threads is not NULL:
        device[0] = cx.event.file.dev
        return 1
    device[0] = cx.event.file.dev if type == EV_FD_FILE or type == EV_FD_DIRECTORY else 0
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

cdef bint _is_unknown(const EvalCx *cx) noexcept nogil:
    """Return whether the event's descriptor is unknown or missing. A capture may know a descriptor without its kind."""
    if not cx_has_fd(cx):
        return 1
    return cx.event.file is NULL if cx.threads is not NULL else cx_fd_type(cx) == EV_FD_UNKNOWN


cdef bint field_fd_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not _is_unknown(cx) and value_word(out, fd_type_word(cx_fd_type(cx)))


cdef bint _kind_at(const FdTable *table, int32_t place, Value *out) noexcept nogil:
    """Return kind number `iter` of the distinct kinds in the table."""
    cdef const char *seen[32]
    cdef const char *word
    cdef const Fd *fd = fds_first(table)
    cdef int32_t n = 0
    cdef int32_t j
    if place < 0:
        return 0
    while fd is not NULL:
        word = fd_type_word(fd.type)
        fd = fds_next(fd)
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
    cdef const FdTable *table
    cdef const Fd *fd
    if cx.threads is NULL or not cx_has_fd(cx):
        return 0
    table = rthread_fds(<const ReplayThread *>cx.event.proc)
    if arg.index < 0:
        return _kind_at(table, arg.iter, out)
    fd = fds_find(table, arg.index)
    return fd is not NULL and arg.iter == 0 and value_word(out, fd_type_word(fd.type))


cdef bint _retargets(const EvalCx *cx) noexcept nogil:
    """Return whether a transfer names the peer of an unconnected socket."""
    cdef const tbl_param *param = event_param(cx, slice_of(b"tuple"))
    cdef Slice tuple
    if cx.event.file.dport != 0 or param is NULL or param.type != PT_SOCKTUPLE:
        return 0
    return EV_FD_IPV4_SOCK <= cx.event.file.type <= EV_FD_IPV6_SERVSOCK and param_slice(cx, param, &tuple)


cdef bint field_fd_name_changed(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In a capture, whether the name has changed; live, whether the call assigns a name."""
    cdef int64_t result
    cdef int type = cx.event.hdr.type
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    if cx.threads is not NULL:
        return value_bool(out, cx.event.file.flags & EVF_FILE_NAME_CHANGED != 0)
    if not event_result(cx, &result):
        result = 0
    if cx_is_open(cx) or type == EV_ACCEPT or type == EV_ACCEPT4 or type == EV_MEMFD_CREATE or type == EV_PIDFD_OPEN:
        return value_bool(out, result >= 0)
    if type == EV_BIND or type == EV_CONNECT:
        return value_bool(out, result >= 0 or result == -EINPROGRESS)
    return value_bool(out, result >= 0 and _retargets(cx))


cdef bint field_fd_connected(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """In a capture, the state from its events; live, whether the socket has a peer."""
    cdef int type
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    if cx.threads is not NULL:
        return value_bool(out, cx.event.file.flags & EVF_FILE_CONNECTED != 0)
    type = cx.event.file.type
    if type == EV_FD_UNIX_SOCK:
        return value_bool(out, cx.event.file.role != EV_ROLE_NONE)
    return value_bool(out, (type == EV_FD_IPV4_SOCK or type == EV_FD_IPV6_SOCK) and cx.event.file.dport != 0)


cdef bint field_fd_is_server(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Return if the server's end is on this machine. Live: the socket is the server's, or both ends are equal."""
    cdef Ends ends
    if not cx_has_fd(cx) or cx.event.file is NULL:
        return 0
    if not cx_ends(cx, &ends):
        return value_bool(out, 0)
    if not ends.connected:
        return value_bool(out, cx.threads is not NULL or ends.role == EV_ROLE_SERVER)
    if cx.threads is not NULL:
        return value_bool(out, cx_is_own(cx, ends.family, ends.dip))
    if ends.role == EV_ROLE_SERVER:
        return value_bool(out, 1)
    return value_bool(
        out, ends.role != EV_ROLE_NONE and memcmp(ends.sip, ends.dip, 4 if ends.family == AF_INET else 16) == 0
    )


cdef bint field_fd_typechar(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice letter
    return cx_typechar(cx, &letter) and value_text(out, letter)


cdef bint field_fd_sockfamily(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx_fd_type(cx) if cx_has_fd(cx) else <int>EV_FD_UNKNOWN
    if EV_FD_IPV4_SOCK <= type <= EV_FD_IPV6_SERVSOCK:
        return value_word(out, b"ip")
    return type == EV_FD_UNIX_SOCK and value_word(out, b"unix")


cdef bint field_fd_l4proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The transport of a raw IP socket or one with a known role; ``<NA>`` for other descriptors."""
    cdef Ends ends
    if _is_unknown(cx):
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
