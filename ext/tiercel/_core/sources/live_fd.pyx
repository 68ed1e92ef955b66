# SPDX-License-Identifier: Apache-2.0
"""Operations of the live source on descriptors and paths.

A record has the object of one descriptor, the event's own, and of the standard streams if a field needs them. Its paths
have a requested and a resolved form.
"""

from libc.errno cimport EINPROGRESS
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcmp, memset

from tiercel._core.fields.event_access cimport (
    cx_cwd,
    cx_fd_name,
    cx_is_open,
    cx_path,
    cx_under,
    event_param,
    event_path_param,
    event_result,
    param_absent,
    param_number,
    param_passed,
    param_path,
    param_slice,
)
from tiercel._core.fields.socket_access cimport (
    AF_INET, cx_ends, ends_named, ends_of_file, ends_text, sockaddr_text, socktuple_text,
)
from tiercel._core.util.slice cimport Slice, slice_is_absolute, slice_none, slice_of
from tiercel._core.values.value cimport BINDING_RESOLVED, Ends, EvalCx, FdInfo
from tiercel._core.wire.events_gen cimport (
    EVF_FILE_KNOWN,
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_BIND,
    EV_CONNECT,
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_FD_UNIX,
    EV_FD_UNKNOWN,
    EV_L4_NA,
    EV_MEMFD_CREATE,
    EV_MOUNT,
    EV_NOW_STDIO,
    EV_OPEN,
    EV_OPENAT,
    EV_OPENAT2,
    EV_PIDFD_OPEN,
    EV_ROLE_NONE,
    EV_ROLE_SERVER,
    EV_SYMLINK,
    EV_SYMLINKAT,
    PT_CHARBUF,
    PT_SOCKTUPLE,
    ev_accept,
    ev_accept4,
    ev_bind,
    ev_connect,
    ev_file,
    ev_hdr,
    ev_mount,
    ev_now,
    ev_open,
    ev_openat,
    ev_openat2,
    ev_path,
    ev_ref,
    ev_symlink,
    ev_symlinkat,
    tbl_param,
)
from tiercel._core.wire.view cimport view_now, view_text


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_FILE_FLAGS_O_DIRECTORY


# --- The event's descriptor -------------------------------------------------------------------------------------------

cdef int _type(const EvalCx *cx) noexcept nogil:
    """A path that the event opened is a file, or a directory if the call requested one, as in Falco."""
    cdef Ends ends
    cdef int64_t result
    cdef uint32_t flags = 0
    if cx_is_open(cx):
        if not event_result(cx, &result) or result < 0:
            return EV_FD_UNKNOWN
        if cx.event.hdr.type == EV_OPENAT:
            flags = (<const ev_openat *>cx.event.hdr).flags
        elif cx.event.hdr.type == EV_OPEN:
            flags = (<const ev_open *>cx.event.hdr).flags
        elif cx.event.hdr.type == EV_OPENAT2:
            flags = (<const ev_openat2 *>cx.event.hdr).flags
        return EV_FD_DIRECTORY if flags & EV_FILE_FLAGS_O_DIRECTORY else EV_FD_FILE
    if cx.event.file is NULL:
        return EV_FD_UNKNOWN
    if cx_ends(cx, &ends) and ends.family == AF_INET:
        return EV_FD_IPV4 if ends.connected else EV_FD_IPV4_SERVER
    return cx.event.file.type


cdef bint _is_known(const EvalCx *cx) noexcept nogil:
    return _type(cx) != EV_FD_UNKNOWN


cdef bint _fd_number(const EvalCx *cx, int64_t *number) noexcept nogil:
    """The number in the record; -1 if a call that creates a descriptor failed."""
    cdef int fd_param = cx.event.row.fd_param
    if fd_param < 0 or param_absent(cx, &cx.event.row.params[fd_param]):
        return 0
    number[0] = param_number(cx, &cx.event.row.params[fd_param])
    if number[0] < 0 and fd_param == cx.event.row.res_param:
        number[0] = -1
    return 1


cdef uint32_t _device(const EvalCx *cx) noexcept nogil:
    """The device of a file or directory; 0 for others."""
    cdef int type = _type(cx)
    return cx.event.file.dev if type == EV_FD_FILE or type == EV_FD_DIRECTORY else 0


cdef bint _retargets(const EvalCx *cx) noexcept nogil:
    """Return whether a transfer names the peer of an unconnected socket."""
    cdef const tbl_param *param = event_param(cx, slice_of(b"tuple"))
    cdef Slice tuple
    if cx.event.file.dport != 0 or param is NULL or param.type != PT_SOCKTUPLE:
        return 0
    return EV_FD_IPV4 <= cx.event.file.type <= EV_FD_IPV6_SERVER and param_slice(cx, param, &tuple)


cdef bint _is_renamed(const EvalCx *cx) noexcept nogil:
    """Return whether the call assigns a name."""
    cdef int64_t result
    cdef int type = cx.event.hdr.type
    if not event_result(cx, &result):
        result = 0
    if cx_is_open(cx) or type == EV_ACCEPT or type == EV_ACCEPT4 or type == EV_MEMFD_CREATE or type == EV_PIDFD_OPEN:
        return result >= 0
    if type == EV_BIND or type == EV_CONNECT:
        return result >= 0 or result == -EINPROGRESS
    return result >= 0 and _retargets(cx)


cdef bint _is_connected(const EvalCx *cx) noexcept nogil:
    """Return whether the socket has a peer."""
    cdef int type = cx.event.file.type
    if type == EV_FD_UNIX:
        return cx.event.file.role != EV_ROLE_NONE
    return (type == EV_FD_IPV4 or type == EV_FD_IPV6) and cx.event.file.dport != 0


cdef bint _is_source_local(const EvalCx *cx, const Ends *ends) noexcept nogil:
    return ends.role != EV_ROLE_SERVER


cdef bint _is_server_local(const EvalCx *cx, const Ends *ends) noexcept nogil:
    """Return whether the socket is the server's, or both ends are equal."""
    if ends.role == EV_ROLE_SERVER:
        return 1
    if not ends.connected or ends.role == EV_ROLE_NONE:
        return 0
    return memcmp(ends.sip, ends.dip, 4 if ends.family == AF_INET else 16) == 0


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _socket_name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    """Read the name that a socket call assigns, even if the call failed; return 0 if it assigns none."""
    cdef const ev_hdr *hdr = cx.event.hdr
    cdef const ev_file *file = cx.event.file
    cdef ev_ref tuple
    cdef int64_t result = 0
    cdef bint is_unix = file is not NULL and file.type == EV_FD_UNIX
    event_result(cx, &result)
    if hdr.type == EV_BIND:
        if is_unix and binding == BINDING_RESOLVED and result >= 0 and view_text(hdr, file.path, out) and out.len:
            return 1
        return sockaddr_text(cx, (<const ev_bind *>hdr).addr, out)
    if hdr.type == EV_CONNECT:
        tuple = (<const ev_connect *>hdr).tuple
        if result < 0 and result != -EINPROGRESS:
            return sockaddr_text(cx, (<const ev_connect *>hdr).addr, out)
    elif hdr.type == EV_ACCEPT:
        tuple = (<const ev_accept *>hdr).tuple
    elif hdr.type == EV_ACCEPT4:
        tuple = (<const ev_accept4 *>hdr).tuple
    else:
        return 0
    if is_unix or file is NULL:
        if is_unix and binding == BINDING_RESOLVED and view_text(hdr, file.path, out) and out.len:
            return 1
        return socktuple_text(cx, tuple, out)
    return 0


cdef bint _name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    cdef Ends ends
    cdef const tbl_param *param
    if cx_is_open(cx):
        param = event_path_param(cx)
        if binding == BINDING_RESOLVED and not view_text(cx.event.hdr, param_path(cx, param).real, out):
            if cx.event.file is not NULL and view_text(cx.event.hdr, cx.event.file.path, out) and out.len:
                return 1
        if cx_path(cx, param_path(cx, param), binding, out):
            return 1
    elif _socket_name(cx, binding, out):
        return 1
    elif cx.event.file is not NULL:
        if cx_ends(cx, &ends):
            if ends_named(&ends):
                return ends_text(cx, &ends, out)
        elif view_text(cx.event.hdr, cx.event.file.path, out):
            return 1
    out[0] = slice_of(b"")
    return 1


cdef bint _name_raw(EvalCx *cx, Slice *out) noexcept nogil:
    """The passed path, only for the opening call itself."""
    cdef const tbl_param *param
    if not cx_is_open(cx):
        return 0
    param = event_path_param(cx)
    return param is not NULL and view_text(cx.event.hdr, param_path(cx, param).name, out)


# --- Other descriptors ------------------------------------------------------------------------------------------------

cdef bint _find(EvalCx *cx, const tbl_param *param, int64_t num, FdInfo *out) noexcept nogil:
    """Only the event's own descriptor is known."""
    cdef Ends ends
    if param is NULL or param.index != cx.event.row.fd_param:
        return 0
    out.type = _type(cx)
    if out.type == EV_FD_UNKNOWN or not cx_fd_name(cx, cx.binding, &out.name):
        return 0
    out.l4proto = ends.l4proto if cx_ends(cx, &ends) else <int>EV_L4_NA
    if cx.event.file is not NULL:
        out.file = cx.event.file[0]
    else:
        memset(&out.file, 0, sizeof(ev_file))
    return 1


cdef bint _has_directory(const EvalCx *cx, int64_t num) noexcept nogil:
    return 1


cdef bint _stream(EvalCx *cx, uint32_t num, FdInfo *out) noexcept nogil:
    """Its name is the resolved path, or the ends of a socket."""
    cdef const ev_now *now = view_now(cx.event.hdr)
    cdef const ev_file *files
    cdef Ends ends
    if now is NULL or not now.has & EV_NOW_STDIO:
        return 0
    files = <const ev_file *>(now + 1)
    if <const uint8_t *>(files + 3) > <const uint8_t *>cx.event.hdr + cx.event.hdr.len:
        return 0
    if not files[num].flags & EVF_FILE_KNOWN:
        return 0
    out.file = files[num]
    out.type = out.file.type
    out.l4proto = EV_L4_NA
    out.name = slice_of(b"")
    if ends_of_file(&out.file, &ends):
        out.l4proto = ends.l4proto
        if ends.family == AF_INET:
            out.type = EV_FD_IPV4 if ends.connected else EV_FD_IPV4_SERVER
        if ends_named(&ends) and not ends_text(cx, &ends, &out.name):
            out.name = slice_none()
    elif not view_text(cx.event.hdr, out.file.path, &out.name):
        out.name = slice_of(b"")
    return 1


cdef bint _next_type(const EvalCx *cx, const void **at, int *type) noexcept nogil:
    return 0


# --- Paths of calls ---------------------------------------------------------------------------------------------------

cdef bint _link_target(EvalCx *cx, Slice *out) noexcept nogil:
    """Target of a symbolic link.

    As requested, a relative text is relative to the call's start directory, as in Falco. As resolved, it is relative to
    the directory of the link, as in the kernel.
    """
    cdef const ev_path *link
    cdef Slice text, base
    if cx.event.hdr.type == EV_SYMLINK:
        link = &(<const ev_symlink *>cx.event.hdr).linkpath
        if not view_text(cx.event.hdr, (<const ev_symlink *>cx.event.hdr).target, &text):
            return 0
    else:
        link = &(<const ev_symlinkat *>cx.event.hdr).linkpath
        if not view_text(cx.event.hdr, (<const ev_symlinkat *>cx.event.hdr).target, &text):
            return 0
    base = slice_none()
    if not slice_is_absolute(text):
        if cx.binding == BINDING_RESOLVED:
            if not cx_path(cx, link, BINDING_RESOLVED, &base):
                return 0
            while base.len and base.ptr[base.len - 1] != b'/':
                base.len -= 1
        elif not view_text(cx.event.hdr, link.base, &base):
            cx_cwd(cx, &base)
    return cx_under(cx, base, text, out)


cdef bint _mount_source(EvalCx *cx, Slice *out) noexcept nogil:
    """Source of a mount: an absolute path, or a word like ``tmpfs`` unchanged."""
    if not view_text(cx.event.hdr, (<const ev_mount *>cx.event.hdr).dev, out):
        return 0
    return not slice_is_absolute(out[0]) or cx_under(cx, slice_none(), out[0], out)


cdef bint _fs_path(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    cdef int type = cx.event.hdr.type
    cdef Slice base = slice_none()
    if param.type == PT_CHARBUF:
        if type == EV_SYMLINK or type == EV_SYMLINKAT:
            return _link_target(cx, out)
        if type == EV_MOUNT:
            return _mount_source(cx, out)
        cx_cwd(cx, &base)
        return cx_under(cx, base, param_passed(cx, param), out)
    if cx_is_open(cx):
        return cx_fd_name(cx, cx.binding, out)
    return cx_path(cx, param_path(cx, param), cx.binding, out)


cdef void _turn_to_base(EvalCx *cx, const tbl_param *param) noexcept nogil:
    pass


LIVE_FD_OPS.type = _type
LIVE_FD_OPS.is_known = _is_known
LIVE_FD_OPS.number = _fd_number
LIVE_FD_OPS.device = _device
LIVE_FD_OPS.is_renamed = _is_renamed
LIVE_FD_OPS.is_connected = _is_connected
LIVE_FD_OPS.name = _name
LIVE_FD_OPS.name_raw = _name_raw
LIVE_FD_OPS.is_source_local = _is_source_local
LIVE_FD_OPS.is_server_local = _is_server_local
LIVE_FD_OPS.find = _find
LIVE_FD_OPS.has_directory = _has_directory
LIVE_FD_OPS.stream = _stream
LIVE_FD_OPS.next_type = _next_type
LIVE_FD_OPS.fs_path = _fs_path
LIVE_FD_OPS.turn_to_base = _turn_to_base
