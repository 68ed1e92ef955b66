# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``user.*`` and ``group.*``.

A container has its own users and groups. If they are unknown, only root's ids have names.
"""

from libc.stdint cimport uint32_t

from tiercel._core.state.container cimport names_get
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice, slice_none
from tiercel._core.values.value cimport AccountNames, value_int, value_text, value_uint, value_word

cdef enum:
    UNSET = 0xffff_ffff


cdef inline bint _is_inside(const EvalCx *cx) noexcept nogil:
    """Return whether the process is in a container with its own users; a configured static container has none."""
    if cx.event.proc is NULL or cx.event.proc.container is NULL or cx.event.proc.container == cx.state.host:
        return 0
    return cx.event.proc.container != cx.state.containers.static_container


cdef AccountNames _names(const EvalCx *cx) noexcept nogil:
    """Return the names that apply to the event's process."""
    cdef AccountNames names
    if _is_inside(cx):
        cx.source.proc.account_names(cx, &names)
    else:
        names.users = &cx.state.users
        names.groups = &cx.state.groups
        names.homes = &cx.state.homes
        names.shells = &cx.state.shells
    return names


cdef bint _name(const IntMap *names, uint32_t id, const char *of_root, Value *out) noexcept nogil:
    """Read the name of an id; if it is unknown, `of_root` for 0 and ``<NA>`` for others."""
    cdef Slice name = names_get(names, id) if names is not NULL else slice_none()
    if name.ptr is not NULL:
        return value_text(out, name)
    return value_word(out, of_root) if id == 0 else value_word(out, b"<NA>")


cdef bint field_user_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and value_uint(out, cx.event.hdr.uid)


cdef bint field_user_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and _name(_names(cx).users, cx.event.hdr.uid, b"root", out)


cdef bint field_user_homedir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and _name(_names(cx).homes, cx.event.hdr.uid, b"/root", out)


cdef bint field_user_shell(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and _name(_names(cx).shells, cx.event.hdr.uid, b"<NA>", out)


cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx.event.lacks_thread:
        return 0
    return value_int(out, -1 if cx.event.hdr.loginuid == UNSET else cx.event.hdr.loginuid)


cdef bint field_user_loginname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx.event.lacks_thread:
        return 0
    if cx.event.hdr.loginuid == UNSET:
        return value_word(out, b"<NA>")
    return _name(_names(cx).users, cx.event.hdr.loginuid, b"root", out)


cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and value_uint(out, cx.event.hdr.gid)


cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx.event.lacks_thread and _name(_names(cx).groups, cx.event.hdr.gid, b"root", out)
