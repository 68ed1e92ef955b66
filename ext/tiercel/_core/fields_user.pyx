# SPDX-License-Identifier: Apache-2.0
"""``user.*`` and ``group.*``: who acts."""

from libc.stdint cimport uint32_t

from tiercel._core.intmap cimport IntMap
from tiercel._core.procs cimport names_get
from tiercel._core.value cimport value_int, value_text, value_uint, value_word
from tiercel._core.view cimport Slice, slice_none, slice_of

cdef enum:
    UNSET = 0xffff_ffff


cdef bint _name(const IntMap *names, uint32_t id, Value *out) noexcept nogil:
    """The name of an id: ``root`` for 0 even where it has none, ``<NA>`` for others."""
    cdef Slice name = names_get(names, id)
    if name.ptr is NULL:
        name = slice_of(b"<NA>" if id else b"root")
    return value_text(out, name)


cdef bint field_user_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, cx.hdr.uid)


cdef bint field_user_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(&cx.state.users, cx.hdr.uid, out)


cdef inline bint _is_inside(const EvalCx *cx) noexcept nogil:
    """The process is in a container, which has users of its own."""
    return cx.proc is not NULL and cx.proc.container is not NULL and cx.proc.container != cx.state.host


cdef bint field_user_homedir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """``/root`` for 0 where it is not known, ``<NA>`` for others."""
    cdef Slice home = slice_none() if _is_inside(cx) else names_get(&cx.state.homes, cx.hdr.uid)
    if home.ptr is NULL:
        home = slice_of(b"<NA>" if cx.hdr.uid else b"/root")
    return value_text(out, home)


cdef bint field_user_shell(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice shell = slice_none() if _is_inside(cx) else names_get(&cx.state.shells, cx.hdr.uid)
    return value_text(out, slice_of(b"<NA>") if shell.ptr is NULL else shell)


cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, -1 if cx.hdr.loginuid == UNSET else cx.hdr.loginuid)


cdef bint field_user_loginname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx.hdr.loginuid == UNSET:
        return value_word(out, b"<NA>")
    return _name(&cx.state.users, cx.hdr.loginuid, out)


cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, cx.hdr.gid)


cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(&cx.state.groups, cx.hdr.gid, out)
