# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fs.path.*``: the paths of successful file system calls.

Calls with two paths have a source and a target. As in Falco, the source of link and symlink is the new name, and the
target is the path that it refers to.
"""

from libc.stdint cimport int64_t

from tiercel._core.fields.event_access cimport (
    cx_fd_name,
    cx_is_open,
    event_param,
    event_path_param,
    event_result,
    param_path,
    param_slice,
)
from tiercel._core.util.slice cimport Slice, slice_of, slice_text
from tiercel._core.values.value cimport value_text
from tiercel._core.wire.events_gen cimport (
    EV_FCHMOD,
    EV_FCHOWN,
    EV_LINK,
    EV_LINKAT,
    EV_MOUNT,
    EV_QUOTACTL,
    EV_RENAME,
    EV_RENAMEAT,
    EV_RENAMEAT2,
    EV_SYMLINK,
    EV_SYMLINKAT,
    PT_FSPATH,
    PT_FSRELPATH,
    TBL_TRAIT_FS_NAME,
    tbl_param,
)
from tiercel._core.wire.view cimport view_text


cdef bint _succeeded(const EvalCx *cx) noexcept nogil:
    """As in Falco: an open counts as successful unless it failed with EPERM."""
    cdef int64_t result
    if not event_result(cx, &result):
        return 0
    return result != -1 if cx_is_open(cx) else result == 0


cdef bint _absolute(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    cdef Slice path
    return param is not NULL and cx.source.fd.fs_path(cx, param, &path) and value_text(out, path)


# --- Made absolute ----------------------------------------------------------------------------------------------------

cdef const tbl_param *_only_param(const EvalCx *cx) noexcept nogil:
    """Return the path param of a call with one path; NULL for other calls."""
    if cx.event.hdr.type == EV_QUOTACTL:
        return event_param(cx, slice_of(b"special"))
    return event_path_param(cx) if cx.event.row.traits & TBL_TRAIT_FS_NAME else NULL


cdef bint field_fs_path_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx.event.hdr.type
    cdef Slice name
    if not _succeeded(cx):
        return 0
    if type == EV_FCHMOD or type == EV_FCHOWN:
        return cx_fd_name(cx, cx.binding, &name) and name.len > 0 and value_text(out, name)
    return _absolute(cx, _only_param(cx), out)


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
    return _absolute(cx, event_param(cx, slice_of(name)), out)


cdef bint field_fs_path_target(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const char *name = _target(cx.event.hdr.type)
    if name is NULL or not _succeeded(cx):
        return 0
    return _absolute(cx, event_param(cx, slice_of(name)), out)


# --- As the program passed them ---------------------------------------------------------------------------------------

cdef bint _raw(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    """Read a path or text param unchanged; text that the kernel could not read has the form of the source."""
    cdef Slice text
    if param is NULL:
        return 0
    if param.type == PT_FSPATH or param.type == PT_FSRELPATH:
        if not view_text(cx.event.hdr, param_path(cx, param).name, &text):
            text = cx.source.unreadable_text
    elif param_slice(cx, param, &text):
        text = slice_text(text)
    else:
        text = cx.source.unreadable_text
    return value_text(out, text)


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
