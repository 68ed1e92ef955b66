# SPDX-License-Identifier: Apache-2.0
"""Access to the current event: its params, its paths in both bindings, its descriptor.

The *requested* form of a path is the text that the program passed, made absolute from the kernel's start directory and
normalised as text, as Falco does.  The *resolved* form is the path of the object that the kernel used, or the requested
form if there is no such object.  A descriptor that the event did not open has one name, read from its file.  A
capture has no resolved forms.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp, memcpy

from tiercel._core.util.arena_text cimport arena_take
from tiercel._core.util.path cimport PATH_LIMIT, path_join
from tiercel._core.util.slice cimport (
    slice_ends, slice_equal, slice_is_absolute, slice_none, slice_of, slice_text,
)
from tiercel._core.values.value cimport BINDING_REQUESTED, BINDING_RESOLVED
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_ASYNCEVENT,
    EV_BIND,
    EV_CONNECT,
    EV_FD_UNIX,
    EV_SYMLINK,
    EV_SYMLINKAT,
    EV_SYSCALL,
    PT_FSPATH,
    PT_FSRELPATH,
    ev_asyncevent,
    ev_file,
    ev_hdr,
    ev_ref,
    ev_syscall,
    tbl_call_name,
)
from tiercel._core.wire.view cimport view_slice, view_text

cdef enum:
    AT_FDCWD = -100


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


cdef bint param_slice(const EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the bytes of a reference param; return 0 if it is absent."""
    return view_slice(cx.event.hdr, (<const ev_ref *>param_member(cx, param))[0], out)


cdef Slice param_passed(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return a path or text unchanged; text that the kernel could not read is ``<NA>``."""
    cdef Slice text
    if param.type == PT_FSPATH or param.type == PT_FSRELPATH:
        if view_text(cx.event.hdr, param_path(cx, param).name, &text):
            return text
    elif param_slice(cx, param, &text):
        return slice_text(text)
    return slice_of(b"<NA>")


# --- Paths ------------------------------------------------------------------------------------------------------------

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
        cx.event.file is not NULL and cx.event.file.type == EV_FD_UNIX and cx.event.file.path.off != 0
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
