# SPDX-License-Identifier: Apache-2.0
"""Access to the current event: its params, its paths in both bindings, its descriptor.

The *requested* form of a path is the text that the program passed, made absolute from the kernel's start directory and
normalised as text, as Falco does.  The *resolved* form is the path of the object that the kernel used, or the requested
form if there is no such object.  A descriptor that the event did not open has one name, read from its file.

A capture has no resolved forms; the record has the descriptor's entry of the capture's tables.
"""

from libc.errno cimport EINPROGRESS
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp, memcpy

from tiercel._core.fields.socket_access cimport (
    AF_INET, Ends, cx_ends, ends_named, ends_text, text_sockaddr, text_socktuple,
)
from tiercel._core.replay.fd_table cimport Fd, FdTable, fd_fill, fd_name, fds_find
from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable, rthread_cwd, rthread_fds
from tiercel._core.util.arena_text cimport Text, arena_take, text_begin, text_char, text_end, text_slice
from tiercel._core.util.path cimport PATH_LIMIT, path_join
from tiercel._core.util.slice cimport slice_ends, slice_equal, slice_is_absolute, slice_none, slice_of
from tiercel._core.values.value cimport BINDING_REQUESTED, BINDING_RESOLVED
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_ASYNCEVENT,
    EV_BIND,
    EV_CONNECT,
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4_SERVSOCK,
    EV_FD_IPV4_SOCK,
    EV_FD_UNIX_SOCK,
    EV_FD_UNKNOWN,
    EV_OPEN,
    EV_OPENAT,
    EV_OPENAT2,
    EV_SYMLINK,
    EV_SYMLINKAT,
    EV_SYSCALL,
    KIND_INT,
    PT_FSPATH,
    PT_FSRELPATH,
    TBL_EVENT_CREATES_FD,
    TBL_EVENT_DESTROYS_FD,
    TBL_EVENT_USES_FD,
    TBL_TRAIT_OPENS_PATH,
    ev_accept,
    ev_accept4,
    ev_asyncevent,
    ev_bind,
    ev_connect,
    ev_file,
    ev_hdr,
    ev_open,
    ev_openat,
    ev_openat2,
    ev_ref,
    ev_syscall,
    tbl_call_name,
)
from tiercel._core.wire.view cimport view_slice, view_text


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_FILE_FLAGS_O_DIRECTORY

cdef enum:
    AT_FDCWD = -100
    LAST_GENERATION = 0x7ffffffe


# --- Params -----------------------------------------------------------------------------------------------------------

cdef Slice event_name(const ev_hdr *hdr, const tbl_event_row *event) noexcept nogil:
    """Return the value of `evt.type`: of the generic call event the name of the call, of a plugin's event its name."""
    cdef Slice name
    cdef const char *call
    if hdr.type == EV_SYSCALL:
        call = tbl_call_name((<const ev_syscall *>hdr).ID)
        if call is not NULL:
            return slice_of(call)
    elif hdr.type == EV_ASYNCEVENT and view_text(hdr, (<const ev_asyncevent *>hdr).name, &name):
        return name
    return slice_of(event.name)


cdef const tbl_param *event_param(const EvalCx *cx, Slice name) noexcept nogil:
    """Return the event's param of that name, or NULL."""
    cdef const tbl_param *params = cx.event.row.params
    cdef int i
    for i in range(cx.event.row.nparams):
        if params[i].len == name.len and memcmp(params[i].name, name.ptr, name.len) == 0:
            return &params[i]
    return NULL


cdef const tbl_param *event_path_param(const EvalCx *cx) noexcept nogil:
    """Return the event's first path param, or NULL."""
    cdef const tbl_param *params = cx.event.row.params
    cdef int i
    for i in range(cx.event.row.nparams):
        if params[i].type == PT_FSPATH or params[i].type == PT_FSRELPATH:
            return &params[i]
    return NULL


cdef inline const void *_member(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    return <const uint8_t *>cx.event.hdr + param.offset


cdef bint param_absent(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return whether a param of fixed size is marked absent; a reference is absent by its own value."""
    return param.index < 32 and (cx.event.hdr.absent >> param.index) & 1 != 0


cdef int64_t param_number(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return the value of a numeric param."""
    cdef const void *member = _member(cx, param)
    if param.size == 8:
        return (<const int64_t *>member)[0]
    if param.kind == KIND_INT:
        if param.size == 4:
            return (<const int32_t *>member)[0]
        return (<const int16_t *>member)[0] if param.size == 2 else (<const int8_t *>member)[0]
    if param.size == 4:
        return (<const uint32_t *>member)[0]
    return (<const uint16_t *>member)[0] if param.size == 2 else (<const uint8_t *>member)[0]


cdef bint param_slice(const EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the bytes of a reference param; return 0 if it is absent."""
    return view_slice(cx.event.hdr, (<const ev_ref *>_member(cx, param))[0], out)


cdef const ev_path *param_path(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    return <const ev_path *>_member(cx, param)


cdef bint event_result(const EvalCx *cx, int64_t *result) noexcept nogil:
    """Read the return value of the call; return 0 if the event has none."""
    if cx.event.row.res_param < 0:
        return 0
    result[0] = param_number(cx, &cx.event.row.params[cx.event.row.res_param])
    if cx.event.row.params[cx.event.row.res_param].size == 4:
        # An id as a signed number: calls that return ids have no other result.
        result[0] = <int32_t>result[0]
    return 1


# --- Paths ------------------------------------------------------------------------------------------------------------

cdef bint cx_cwd(EvalCx *cx, Slice *out) noexcept nogil:
    """Read the current directory, with a slash at its end; return 0 if it is unknown."""
    cdef Slice cwd
    cdef Text text
    if cx.threads is not NULL:
        if cx.event.proc is NULL:
            return 0
        out[0] = rthread_cwd(<const ReplayThread *>cx.event.proc)
        return 1
    if not view_text(cx.event.hdr, cx.event.hdr.cwd, &cwd):
        if cx.event.proc is NULL or cx.event.proc.image is NULL or cx.event.proc.image.cwd.ptr is NULL:
            return 0
        cwd = cx.event.proc.image.cwd
    if slice_ends(cwd, b"/", 1):
        out[0] = cwd
        return 1
    text_begin(&text, &cx.memo.arena)
    text_slice(&text, cwd)
    text_char(&text, b'/')
    return text_end(&text, out)


cdef bint cx_under(EvalCx *cx, Slice base, Slice name, Slice *out) noexcept nogil:
    """Make `name` absolute from the directory `base` (absent: unknown) and normalise it."""
    cdef uint32_t limit = PATH_LIMIT if cx.settings.strict else 0
    cdef uint8_t *room
    if slice_is_absolute(name) or name.len == 0:
        return path_join(slice_none(), name, limit, &cx.memo.arena, out)
    if base.ptr is NULL:
        return path_join(slice_of(b"<UNKNOWN>"), name, limit, &cx.memo.arena, out)
    if not slice_ends(base, b"/", 1):
        room = arena_take(&cx.memo.arena, base.len + 1)
        if room is NULL:
            return 0
        if base.len:
            memcpy(room, base.ptr, base.len)
        room[base.len] = b'/'
        base.ptr = room
        base.len += 1
    return path_join(base, name, limit, &cx.memo.arena, out)


cdef void _missing_base(EvalCx *cx, const ev_path *path, Slice *out) noexcept nogil:
    """Base of a relative path without a base in the record: the current directory, unless a dirfd overrides it."""
    cdef const tbl_param *params = cx.event.row.params
    cdef int i
    out[0] = slice_none()
    for i in range(cx.event.row.nparams):
        if params[i].dirfd >= 0 and param_path(cx, &params[i]) is path:
            if param_number(cx, &params[params[i].dirfd]) != AT_FDCWD:
                return
    cx_cwd(cx, out)


cdef bint cx_path(EvalCx *cx, const ev_path *path, int binding, Slice *out) noexcept nogil:
    """Read a path under a binding; return 0 if it is absent."""
    cdef Slice name, base
    if binding == BINDING_RESOLVED and view_text(cx.event.hdr, path.real, out):
        return 1
    if not view_text(cx.event.hdr, path.name, &name):
        return 0
    if not view_text(cx.event.hdr, path.base, &base) and not slice_is_absolute(name):
        _missing_base(cx, path, &base)
    return cx_under(cx, base, name, out)


cdef bint _is_named_unix(const EvalCx *cx) noexcept nogil:
    """Return whether the call names a unix socket: the name has a requested and a resolved form like a path."""
    cdef int type = cx.event.hdr.type
    return (
        cx.event.file is not NULL and cx.event.file.type == EV_FD_UNIX_SOCK and cx.event.file.path.off != 0
        and (type == EV_CONNECT or type == EV_ACCEPT or type == EV_ACCEPT4 or type == EV_BIND)
    )


cdef bint cx_has_paths(const EvalCx *cx) noexcept nogil:
    """Return whether values of the event depend on the binding."""
    return event_path_param(cx) is not NULL or _is_named_unix(cx)


cdef bint _path_differs(EvalCx *cx, const ev_path *path, ev_ref real) noexcept nogil:
    cdef Slice requested, resolved
    if not view_text(cx.event.hdr, real, &resolved):
        return 0
    # The common case: the passed path equals the kernel's path, and is normalised.
    if slice_is_absolute(resolved) and view_text(cx.event.hdr, path.name, &requested):
        if slice_equal(requested, resolved):
            return 0
    return not cx_path(cx, path, BINDING_REQUESTED, &requested) or not slice_equal(requested, resolved)


cdef bint _find_difference(EvalCx *cx) noexcept nogil:
    cdef const tbl_param *params = cx.event.row.params
    cdef const ev_file *file = cx.event.file
    cdef const ev_path *path
    cdef int i
    if cx.threads is not NULL:
        return 0
    for i in range(cx.event.row.nparams):
        if params[i].type == PT_FSPATH or params[i].type == PT_FSRELPATH:
            path = param_path(cx, &params[i])
            if _path_differs(cx, path, path.real):
                return 1
            if path.real.off == 0 and file is not NULL and cx_is_open(cx) and _path_differs(cx, path, file.path):
                return 1
    return _is_named_unix(cx) or cx.event.hdr.type == EV_SYMLINK or cx.event.hdr.type == EV_SYMLINKAT


cdef bint cx_paths_differ(EvalCx *cx) noexcept nogil:
    """Return whether a path field of the event differs between the bindings."""
    cdef uint32_t used
    if cx.event.paths_differ < 0:
        used = cx.memo.arena.used
        cx.event.paths_differ = _find_difference(cx)
        cx.memo.arena.used = used
    return cx.event.paths_differ != 0


# --- Descriptors ------------------------------------------------------------------------------------------------------

cdef bint cx_is_open(const EvalCx *cx) noexcept nogil:
    """Return whether the event opens a file by its path."""
    return cx.event.row.traits & TBL_TRAIT_OPENS_PATH != 0


cdef bint cx_has_fd(const EvalCx *cx) noexcept nogil:
    """Return whether the event uses a descriptor: only such events have fd fields."""
    if cx.threads is not NULL and cx.event.proc is NULL:
        return 0
    return cx.event.row.flags & (TBL_EVENT_CREATES_FD | TBL_EVENT_USES_FD | TBL_EVENT_DESTROYS_FD) != 0


cdef int cx_fd_type(const EvalCx *cx) noexcept nogil:
    """Return enum ev_fd_type of the event's descriptor; EV_FD_UNKNOWN without one.

    A path that the event opened is a file, or a directory if the call requested one, as in Falco.
    """
    cdef Ends ends
    cdef int64_t result
    cdef uint32_t flags = 0
    if cx.threads is not NULL:
        return cx.event.file.type if cx.event.file is not NULL else <int>EV_FD_UNKNOWN
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
        return EV_FD_IPV4_SOCK if ends.connected else EV_FD_IPV4_SERVSOCK
    return cx.event.file.type


cdef bint _address_name(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil:
    """Read the text of a SOCKADDR param; return 0 if it is absent."""
    cdef Slice addr
    cdef Text text
    if not view_slice(cx.event.hdr, ref, &addr):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_sockaddr(&text, addr)
    return text_end(&text, out)


cdef bint _tuple_name(EvalCx *cx, ev_ref ref, Slice *out) noexcept nogil:
    """Read the text of a SOCKTUPLE param; return 0 if it is absent."""
    cdef Slice tuple
    cdef Text text
    if not view_slice(cx.event.hdr, ref, &tuple):
        return 0
    text_begin(&text, &cx.memo.arena)
    text_socktuple(&text, tuple, 1)
    return text_end(&text, out)


cdef bint _socket_name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    """Read the name that a socket call assigns, even if the call failed; return 0 if it assigns none."""
    cdef const ev_hdr *hdr = cx.event.hdr
    cdef ev_ref tuple
    cdef const ev_file *file = cx.event.file
    cdef int64_t result = 0
    cdef bint is_unix = file is not NULL and file.type == EV_FD_UNIX_SOCK
    event_result(cx, &result)
    if hdr.type == EV_BIND:
        if is_unix and binding == BINDING_RESOLVED and result >= 0 and view_text(hdr, file.path, out) and out.len:
            return 1
        return _address_name(cx, (<const ev_bind *>hdr).addr, out)
    if hdr.type == EV_CONNECT:
        tuple = (<const ev_connect *>hdr).tuple
        if result < 0 and result != -EINPROGRESS:
            return _address_name(cx, (<const ev_connect *>hdr).addr, out)
    elif hdr.type == EV_ACCEPT:
        tuple = (<const ev_accept *>hdr).tuple
    elif hdr.type == EV_ACCEPT4:
        tuple = (<const ev_accept4 *>hdr).tuple
    else:
        return 0
    if is_unix or file is NULL:
        if is_unix and binding == BINDING_RESOLVED and view_text(hdr, file.path, out) and out.len:
            return 1
        return _tuple_name(cx, tuple, out)
    return 0


cdef bint _recorded_name(EvalCx *cx, Slice *out) noexcept nogil:
    """Name in a capture: the entry of its table, or else the name that the call assigns."""
    cdef const tbl_param *param
    cdef ev_ref tuple
    if cx.event.file is not NULL:
        out[0] = fd_name((<const ThreadTable *>cx.threads).event_fd)
        return 1
    if cx_is_open(cx):
        param = event_path_param(cx)
        if cx_path(cx, param_path(cx, param), BINDING_REQUESTED, out):
            return 1
        return cx_cwd(cx, out) and cx_under(cx, out[0], slice_of(b"<NA>"), out)
    if cx.event.hdr.type == EV_ACCEPT4:
        tuple = (<const ev_accept4 *>cx.event.hdr).tuple
    elif cx.event.hdr.type == EV_ACCEPT:
        tuple = (<const ev_accept *>cx.event.hdr).tuple
    elif cx.event.hdr.type == EV_CONNECT:
        tuple = (<const ev_connect *>cx.event.hdr).tuple
    else:
        return 0
    if not _tuple_name(cx, tuple, out):
        out[0] = slice_of(b"NULL")
    return 1


cdef bint cx_fd_name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    """Read fd.name; return 0 if the event uses no descriptor. The text is empty if the descriptor has no name."""
    cdef Ends ends
    cdef const tbl_param *param
    if not cx_has_fd(cx):
        return 0
    if cx.threads is not NULL:
        if not _recorded_name(cx, out):
            out[0] = slice_of(b"")
        return 1
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


cdef void cx_set_event_fd_to_base(EvalCx *cx, const tbl_param *param) noexcept nogil:
    """In a capture, replace the event's descriptor with the base directory of a relative path.

    Falco does so when it reads the absolute path; fd fields read later describe that directory.
    """
    cdef ThreadTable *threads = <ThreadTable *>cx.threads
    cdef const FdTable *table = rthread_fds(threads.thread)
    cdef Slice name
    cdef int64_t num
    cdef Fd *fd
    if param.dirfd < 0 or not view_text(cx.event.hdr, param_path(cx, param).name, &name) or slice_is_absolute(name):
        return
    num = param_number(cx, &cx.event.row.params[param.dirfd])
    if num == AT_FDCWD:
        return
    fd = fds_find(table, num)
    if fd is NULL:
        fd = fds_find(table, threads.event_fd_num)
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
