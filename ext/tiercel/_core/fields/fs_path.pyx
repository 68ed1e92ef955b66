# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fs.path.*``: the paths of successful file system calls.

Calls with two paths have a source and a target. As in Falco, the source of link and symlink is the new name, and the
target is the path that it refers to.
"""

from libc.stdint cimport int64_t

from tiercel._core.fields.event_access cimport cx_fd_name, cx_is_open, event_result, param_path, param_slice
from tiercel._core.util.slice cimport Slice, slice_text
from tiercel._core.values.value cimport value_text
from tiercel._core.wire.events_gen cimport PT_FD, PT_FSPATH, PT_FSRELPATH, tbl_param
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

cdef inline const tbl_param *_param(const EvalCx *cx, int at) noexcept nogil:
    """Return the param at a position, NULL for -1."""
    return &cx.event.row.params[at] if at >= 0 else NULL


cdef bint field_fs_path_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const tbl_param *param = _param(cx, cx.event.row.fs_name_param)
    cdef Slice name
    if param is NULL or not _succeeded(cx):
        return 0
    if param.type == PT_FD:
        return cx_fd_name(cx, cx.binding, &name) and name.len > 0 and value_text(out, name)
    return _absolute(cx, param, out)


cdef bint field_fs_path_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _succeeded(cx) and _absolute(cx, _param(cx, cx.event.row.fs_source_param), out)


cdef bint field_fs_path_target(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _succeeded(cx) and _absolute(cx, _param(cx, cx.event.row.fs_target_param), out)


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
    cdef const tbl_param *param = _param(cx, cx.event.row.fs_name_param)
    return field_fs_path_name(cx, arg, out) and (param.type == PT_FD or _raw(cx, param, out))


cdef bint field_fs_path_sourceraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _succeeded(cx) and _raw(cx, _param(cx, cx.event.row.fs_source_param), out)


cdef bint field_fs_path_targetraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _succeeded(cx) and _raw(cx, _param(cx, cx.event.row.fs_target_param), out)
