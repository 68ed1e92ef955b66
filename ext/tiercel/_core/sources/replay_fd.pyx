# SPDX-License-Identifier: Apache-2.0
"""Operations of a capture on its descriptors and paths. `EvalCx.source_data` is the thread table.

Descriptors are entries of the table of the thread. Paths are made absolute as in Falco, including its errors.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcmp

from tiercel._core.fields.event_access cimport (
    cx_cwd,
    cx_fd_name,
    cx_has_fd,
    cx_is_open,
    cx_path,
    cx_under,
    event_path_param,
    param_number,
    param_passed,
    param_path,
)
from tiercel._core.fields.socket_access cimport AF_INET, socktuple_text
from tiercel._core.replay.fd_table cimport (
    Fd, FdTable, fd_fill, fd_l4proto, fd_name, fd_name_raw, fds_find, fds_first, fds_next,
)
from tiercel._core.replay.thread_table cimport HostInterface, ReplayThread, ThreadTable, rthread_fds
from tiercel._core.util.slice cimport Slice, slice_is_absolute, slice_none, slice_of
from tiercel._core.values.value cimport BINDING_REQUESTED, Ends, EvalCx, FdInfo
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_CONNECT,
    EV_FCHMODAT,
    EV_FCHOWNAT,
    EV_FD_DIRECTORY,
    EV_FD_UNKNOWN,
    EV_MKDIRAT,
    EV_OPENAT,
    EV_OPENAT2,
    EV_RENAMEAT2,
    EV_SYMLINKAT,
    EV_UNLINKAT,
    EVF_FILE_CONNECTED,
    EVF_FILE_NAME_CHANGED,
    PT_CHARBUF,
    ev_accept,
    ev_accept4,
    ev_connect,
    ev_ref,
    tbl_param,
)
from tiercel._core.wire.view cimport view_text

cdef enum:
    AT_FDCWD = -100
    LAST_GENERATION = 0x7ffffffe


cdef inline const ThreadTable *_table(const EvalCx *cx) noexcept nogil:
    return <const ThreadTable *>cx.source_data


cdef inline FdTable *_fds(const EvalCx *cx) noexcept nogil:
    """Return the descriptors of the event's thread; NULL for none."""
    return rthread_fds(<const ReplayThread *>cx.event.proc)


# --- The event's descriptor -------------------------------------------------------------------------------------------

cdef int _type(const EvalCx *cx) noexcept nogil:
    return cx.event.file.type if cx.event.file is not NULL else <int>EV_FD_UNKNOWN


cdef bint _is_known(const EvalCx *cx) noexcept nogil:
    """Also a descriptor of unknown type is known."""
    return cx.event.file is not NULL


cdef bint _fd_number(const EvalCx *cx, int64_t *number) noexcept nogil:
    number[0] = _table(cx).event_fd_num
    return 1


cdef uint32_t _device(const EvalCx *cx) noexcept nogil:
    return cx.event.file.dev


cdef bint _is_renamed(const EvalCx *cx) noexcept nogil:
    return cx.event.file.flags & EVF_FILE_NAME_CHANGED != 0


cdef bint _is_connected(const EvalCx *cx) noexcept nogil:
    """The state from the events so far."""
    return cx.event.file.flags & EVF_FILE_CONNECTED != 0


cdef bint _is_own(const EvalCx *cx, uint8_t family, const uint8_t *addr) noexcept nogil:
    """Return whether an address belongs to the recorded machine; as in Falco, never in a container."""
    cdef const ThreadTable *threads = _table(cx)
    cdef const HostInterface *own
    cdef uint32_t i
    if (
        cx.event.proc is not NULL and cx.event.proc.container is not NULL
        and cx.event.proc.container != cx.state.host
    ):
        return 0
    for i in range(threads.interface_count):
        own = &threads.interfaces[i]
        # For IPv6, an address in the same network matches.
        if own.family == family and memcmp(own.addr, addr, 4 if family == AF_INET else 8) == 0:
            return 1
    return 0


cdef bint _is_source_local(const EvalCx *cx, const Ends *ends) noexcept nogil:
    return _is_own(cx, ends.family, ends.sip)


cdef bint _is_server_local(const EvalCx *cx, const Ends *ends) noexcept nogil:
    return not ends.connected or _is_own(cx, ends.family, ends.dip)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    """The name of the table's entry, or else the name that the call assigns."""
    cdef const tbl_param *param
    cdef ev_ref tuple
    out[0] = slice_of(b"")
    if cx.event.file is not NULL:
        out[0] = fd_name(_table(cx).event_fd)
        return 1
    if cx_is_open(cx):
        param = event_path_param(cx)
        if not cx_path(cx, param_path(cx, param), BINDING_REQUESTED, out):
            if not cx_cwd(cx, out) or not cx_under(cx, out[0], slice_of(b"<NA>"), out):
                out[0] = slice_of(b"")
        return 1
    if cx.event.hdr.type == EV_ACCEPT4:
        tuple = (<const ev_accept4 *>cx.event.hdr).tuple
    elif cx.event.hdr.type == EV_ACCEPT:
        tuple = (<const ev_accept *>cx.event.hdr).tuple
    elif cx.event.hdr.type == EV_CONNECT:
        tuple = (<const ev_connect *>cx.event.hdr).tuple
    else:
        return 1
    if not socktuple_text(cx, tuple, out):
        out[0] = slice_of(b"NULL")
    return 1


cdef bint _name_raw(EvalCx *cx, Slice *out) noexcept nogil:
    if not cx_has_fd(cx):
        return 0
    if cx.event.file is not NULL:
        out[0] = fd_name_raw(_table(cx).event_fd)
        return 1
    if not cx_is_open(cx):
        return cx_fd_name(cx, cx.binding, out)
    out[0] = param_passed(cx, event_path_param(cx))
    return 1


# --- Other descriptors ------------------------------------------------------------------------------------------------

cdef bint _fd_describe(const Fd *fd, FdInfo *out) noexcept nogil:
    if fd is NULL:
        return 0
    out.type = fd.type
    out.l4proto = fd_l4proto(fd)
    out.name = fd_name(fd)
    fd_fill(fd, 0, &out.file)
    return 1


cdef bint _find(EvalCx *cx, const tbl_param *param, int64_t num, FdInfo *out) noexcept nogil:
    return _fd_describe(fds_find(_fds(cx), num), out)


cdef bint _has_directory(const EvalCx *cx, int64_t num) noexcept nogil:
    return fds_find(_fds(cx), num) is not NULL


cdef bint _stream(EvalCx *cx, uint32_t num, FdInfo *out) noexcept nogil:
    return _fd_describe(fds_find(_fds(cx), num), out)


cdef bint _next_type(const EvalCx *cx, const void **at, int *type) noexcept nogil:
    cdef const Fd *fd = fds_next(<const Fd *>at[0]) if at[0] is not NULL else fds_first(_fds(cx))
    at[0] = fd
    if fd is NULL:
        return 0
    type[0] = fd.type
    return 1


# --- Paths of calls ---------------------------------------------------------------------------------------------------

cdef bint _fs_path(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Make the path absolute from the directory that Falco assumes."""
    cdef int type = cx.event.hdr.type
    cdef Slice text = param_passed(cx, param), base = slice_none()
    if not slice_is_absolute(text) and text.len:
        if type == EV_OPENAT or type == EV_OPENAT2:
            out[0] = slice_of(b"<UNKNOWN>") if cx.event.file is NULL else fd_name(_table(cx).event_fd)
            return 1
        if type == EV_RENAMEAT2:
            return cx_path(cx, param_path(cx, param), cx.binding, out)
        if (
            type == EV_FCHOWNAT or type == EV_FCHMODAT or type == EV_MKDIRAT or type == EV_UNLINKAT
            or type == EV_SYMLINKAT
        ):
            # The current directory has no descriptor, so it counts as unknown, and so does the target of a link.
            if cx.event.file is not NULL and cx.event.file.type == EV_FD_DIRECTORY and param.type != PT_CHARBUF:
                base = fd_name(_table(cx).event_fd)
        else:
            cx_cwd(cx, &base)
    return cx_under(cx, base, text, out)


cdef void _turn_to_base(EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Replace the event's descriptor with the base directory of a relative path.

    Falco does so when it reads the absolute path; fd fields read later describe that directory.
    """
    cdef ThreadTable *threads = <ThreadTable *>cx.source_data
    cdef Slice name
    cdef int64_t num
    cdef Fd *fd
    if param.dirfd < 0 or not view_text(cx.event.hdr, param_path(cx, param).name, &name) or slice_is_absolute(name):
        return
    num = param_number(cx, &cx.event.row.params[param.dirfd])
    if num == AT_FDCWD:
        return
    fd = fds_find(_fds(cx), num)
    if fd is NULL:
        fd = fds_find(_fds(cx), threads.event_fd_num)
    if fd == threads.event_fd:
        return
    threads.event_fd = fd
    cx.event.file = NULL
    if fd is not NULL:
        fd_fill(fd, 0, &threads.turned_to)
        cx.event.file = &threads.turned_to
    # Invalidate the cached values of the event.
    if cx.memo.generation < LAST_GENERATION:
        cx.memo.generation += 1


REPLAY_FD_OPS.type = _type
REPLAY_FD_OPS.is_known = _is_known
REPLAY_FD_OPS.number = _fd_number
REPLAY_FD_OPS.device = _device
REPLAY_FD_OPS.is_renamed = _is_renamed
REPLAY_FD_OPS.is_connected = _is_connected
REPLAY_FD_OPS.name = _name
REPLAY_FD_OPS.name_raw = _name_raw
REPLAY_FD_OPS.is_source_local = _is_source_local
REPLAY_FD_OPS.is_server_local = _is_server_local
REPLAY_FD_OPS.find = _find
REPLAY_FD_OPS.has_directory = _has_directory
REPLAY_FD_OPS.stream = _stream
REPLAY_FD_OPS.next_type = _next_type
REPLAY_FD_OPS.fs_path = _fs_path
REPLAY_FD_OPS.turn_to_base = _turn_to_base
