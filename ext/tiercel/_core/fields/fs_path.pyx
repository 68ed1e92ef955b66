# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fs.path.*``: the paths of successful file system calls.

Calls with two paths have a source and a target. As in Falco, the source of link and symlink is the new name, and the
target is the path that it refers to. In a capture the paths are made absolute as in Falco, including its errors.
"""

from libc.stdint cimport int64_t

from tiercel._core.fields.event_access cimport (
    cx_cwd,
    cx_fd_name,
    cx_is_open,
    cx_path,
    cx_under,
    event_param,
    event_path_param,
    event_result,
    param_path,
    param_slice,
)
from tiercel._core.replay.fd_table cimport fd_name
from tiercel._core.replay.thread_table cimport ThreadTable
from tiercel._core.util.slice cimport Slice, slice_is_absolute, slice_none, slice_of, slice_text
from tiercel._core.values.value cimport BINDING_RESOLVED, value_text, value_word
from tiercel._core.wire.events_gen cimport (
    EV_FCHMOD,
    EV_FCHMODAT,
    EV_FCHOWN,
    EV_FCHOWNAT,
    EV_FD_DIRECTORY,
    EV_LINK,
    EV_LINKAT,
    EV_MKDIRAT,
    EV_MOUNT,
    EV_OPENAT,
    EV_OPENAT2,
    EV_QUOTACTL,
    EV_RENAME,
    EV_RENAMEAT,
    EV_RENAMEAT2,
    EV_SYMLINK,
    EV_SYMLINKAT,
    EV_UNLINKAT,
    PT_CHARBUF,
    PT_FSPATH,
    PT_FSRELPATH,
    TBL_TRAIT_FS_NAME,
    ev_mount,
    ev_path,
    ev_symlink,
    ev_symlinkat,
    tbl_param,
)
from tiercel._core.wire.view cimport view_text


cdef bint _succeeded(const EvalCx *cx) noexcept nogil:
    """As in Falco: an open counts as successful unless it failed with EPERM."""
    cdef int64_t result
    if not event_result(cx, &result):
        return 0
    return result != -1 if cx_is_open(cx) else result == 0


cdef bint _param(EvalCx *cx, const char *name, Value *out) noexcept nogil:
    """Read the path param of that name under cx.binding."""
    cdef const tbl_param *param = event_param(cx, slice_of(name))
    cdef Slice path
    return param is not NULL and cx_path(cx, param_path(cx, param), cx.binding, &path) and value_text(out, path)


# --- In captures ------------------------------------------------------------------------------------------------------

cdef Slice _passed(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Read a param unchanged; text that the kernel could not read is ``<NA>``."""
    cdef Slice text
    if param.type == PT_FSPATH or param.type == PT_FSRELPATH:
        if view_text(cx.event.hdr, param_path(cx, param).name, &text):
            return text
    elif param_slice(cx, param, &text):
        return slice_text(text)
    return slice_of(b"<NA>")


cdef bint _recorded(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    """Read a path of an event in a capture, made absolute from the directory that Falco assumes."""
    cdef int type = cx.event.hdr.type
    cdef Slice text = _passed(cx, param), base = slice_none()
    if not slice_is_absolute(text) and text.len:
        if type == EV_OPENAT or type == EV_OPENAT2:
            if cx.event.file is NULL:
                return value_word(out, b"<UNKNOWN>")
            return value_text(out, fd_name((<const ThreadTable *>cx.threads).event_fd))
        if type == EV_RENAMEAT2:
            return cx_path(cx, param_path(cx, param), cx.binding, &text) and value_text(out, text)
        if (
            type == EV_FCHOWNAT or type == EV_FCHMODAT or type == EV_MKDIRAT or type == EV_UNLINKAT
            or type == EV_SYMLINKAT
        ):
            # The current directory has no descriptor, so it counts as unknown, and so does the target of a link.
            if cx.event.file is not NULL and cx.event.file.type == EV_FD_DIRECTORY and param.type != PT_CHARBUF:
                base = fd_name((<const ThreadTable *>cx.threads).event_fd)
        else:
            cx_cwd(cx, &base)
    return cx_under(cx, base, text, &text) and value_text(out, text)


# --- Made absolute ----------------------------------------------------------------------------------------------------

cdef const tbl_param *_only_param(const EvalCx *cx) noexcept nogil:
    """Return the path param of a call with one path; NULL for other calls."""
    if cx.event.hdr.type == EV_QUOTACTL:
        return event_param(cx, slice_of(b"special"))
    return event_path_param(cx) if cx.event.row.traits & TBL_TRAIT_FS_NAME else NULL


cdef bint field_fs_path_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const tbl_param *param
    cdef int type = cx.event.hdr.type
    cdef Slice name, base = slice_none()
    if not _succeeded(cx):
        return 0
    if type == EV_FCHMOD or type == EV_FCHOWN:
        return cx_fd_name(cx, cx.binding, &name) and name.len > 0 and value_text(out, name)
    param = _only_param(cx)
    if param is NULL:
        return 0
    if cx.threads is not NULL:
        return _recorded(cx, param, out)
    if cx_is_open(cx):
        return cx_fd_name(cx, cx.binding, &name) and value_text(out, name)
    if param.type == PT_CHARBUF:
        name = _passed(cx, param)
        cx_cwd(cx, &base)
        return cx_under(cx, base, name, &name) and value_text(out, name)
    return cx_path(cx, param_path(cx, param), cx.binding, &name) and value_text(out, name)


cdef bint _link_target(EvalCx *cx, Value *out) noexcept nogil:
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
    return cx_under(cx, base, text, &text) and value_text(out, text)


cdef bint _mount_source(EvalCx *cx, Value *out) noexcept nogil:
    """Source of a mount: an absolute path, or a word like ``tmpfs`` unchanged."""
    cdef Slice text
    if not view_text(cx.event.hdr, (<const ev_mount *>cx.event.hdr).dev, &text):
        return 0
    if slice_is_absolute(text) and not cx_under(cx, slice_none(), text, &text):
        return 0
    return value_text(out, text)


cdef const char *_source(int type) noexcept nogil:
    """Return the source param; NULL for a call without one."""
    if type == EV_RENAME or type == EV_RENAMEAT or type == EV_RENAMEAT2:
        return b"oldpath"
    if type == EV_LINK or type == EV_LINKAT:
        return b"newpath"
    if type == EV_SYMLINK or type == EV_SYMLINKAT:
        return b"linkpath"
    if type == EV_MOUNT:
        return b"dev"
    return NULL


cdef const char *_target(int type) noexcept nogil:
    """Return the target param; NULL for a call without one."""
    if type == EV_RENAME or type == EV_RENAMEAT or type == EV_RENAMEAT2:
        return b"newpath"
    if type == EV_LINK or type == EV_LINKAT:
        return b"oldpath"
    if type == EV_SYMLINK or type == EV_SYMLINKAT:
        return b"target"
    if type == EV_MOUNT:
        return b"dir"
    return NULL


cdef bint field_fs_path_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const char *name = _source(cx.event.hdr.type)
    if name is NULL or not _succeeded(cx):
        return 0
    if cx.threads is not NULL:
        return _recorded(cx, event_param(cx, slice_of(name)), out)
    return _mount_source(cx, out) if cx.event.hdr.type == EV_MOUNT else _param(cx, name, out)


cdef bint field_fs_path_target(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx.event.hdr.type
    cdef const char *name = _target(type)
    if name is NULL or not _succeeded(cx):
        return 0
    if cx.threads is not NULL:
        return _recorded(cx, event_param(cx, slice_of(name)), out)
    return _link_target(cx, out) if type == EV_SYMLINK or type == EV_SYMLINKAT else _param(cx, name, out)


# --- As the program passed them ---------------------------------------------------------------------------------------

cdef bint _raw(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    """Read a path or text param unchanged; live, text that the kernel could not read is absent."""
    cdef Slice text
    if param is NULL:
        return 0
    if cx.threads is NULL:
        if param.type != PT_FSPATH and param.type != PT_FSRELPATH:
            return param_slice(cx, param, &text) and value_text(out, slice_text(text))
        return view_text(cx.event.hdr, param_path(cx, param).name, &text) and value_text(out, text)
    return value_text(out, _passed(cx, param))


cdef bint field_fs_path_nameraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """For a call on a descriptor, its name; for other calls the path, if `fs.path.name` has one."""
    cdef int type = cx.event.hdr.type
    if type == EV_FCHMOD or type == EV_FCHOWN:
        return field_fs_path_name(cx, arg, out)
    return field_fs_path_name(cx, arg, out) and _raw(cx, _only_param(cx), out)


cdef bint field_fs_path_sourceraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const char *name = _source(cx.event.hdr.type)
    return name is not NULL and _succeeded(cx) and _raw(cx, event_param(cx, slice_of(name)), out)


cdef bint field_fs_path_targetraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const char *name = _target(cx.event.hdr.type)
    return name is not NULL and _succeeded(cx) and _raw(cx, event_param(cx, slice_of(name)), out)
