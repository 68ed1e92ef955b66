# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``user.*`` and ``group.*``.

A container has its own users and groups. If they are unknown, only root's ids have names.
"""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.fields.proc_access cimport cx_is_void
from tiercel._core.replay.thread_table cimport ThreadTable, ContainerUsers, thread_table_users
from tiercel._core.state.container cimport Container, names_get
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice, slice_none
from tiercel._core.values.value cimport value_int, value_text, value_uint, value_word

cdef enum:
    UNSET = 0xffff_ffff


# The name tables of the event's process; NULL if unknown.
cdef struct Names:
    const IntMap *users
    const IntMap *groups
    const IntMap *homes
    const IntMap *shells


cdef inline bint _is_inside(const EvalCx *cx) noexcept nogil:
    """Return whether the process is in a container with its own users; a configured static container has none."""
    if cx.event.proc is NULL or cx.event.proc.container is NULL or cx.event.proc.container == cx.state.host:
        return 0
    return cx.event.proc.container != cx.state.containers.static_container


cdef Names _names(const EvalCx *cx) noexcept nogil:
    cdef Names names
    cdef const ContainerUsers *inside
    cdef const Container *own
    cdef Slice id
    names.users = names.groups = names.homes = names.shells = NULL
    if not _is_inside(cx):
        names.users = &cx.state.users
        names.groups = &cx.state.groups
        names.homes = &cx.state.homes
        names.shells = &cx.state.shells
    elif cx.threads is NULL:
        own = cx.event.proc.container
        names.users = &own.users
        names.groups = &own.groups
        names.homes = &own.homes
        names.shells = &own.shells
    else:
        id.ptr = <const uint8_t *>cx.event.proc.container.id
        id.len = cx.event.proc.container.len
        inside = thread_table_users(<ThreadTable *>cx.threads, id, 0)
        if inside is not NULL:
            names.users = &inside.users
            names.groups = &inside.groups
            names.homes = &inside.homes
            names.shells = &inside.shells
    return names


cdef inline uint32_t _uid(const EvalCx *cx) noexcept nogil:
    return cx.event.proc.uid if cx.threads is not NULL else cx.event.hdr.uid


cdef inline uint32_t _gid(const EvalCx *cx) noexcept nogil:
    return cx.event.proc.gid if cx.threads is not NULL else cx.event.hdr.gid


cdef inline uint32_t _loginuid(const EvalCx *cx) noexcept nogil:
    return cx.event.proc.loginuid if cx.threads is not NULL else cx.event.hdr.loginuid


cdef bint _name(const IntMap *names, uint32_t id, const char *of_root, Value *out) noexcept nogil:
    """Read the name of an id; if it is unknown, `of_root` for 0 and ``<NA>`` for others."""
    cdef Slice name = names_get(names, id) if names is not NULL else slice_none()
    if name.ptr is not NULL:
        return value_text(out, name)
    return value_word(out, of_root) if id == 0 else value_word(out, b"<NA>")


cdef bint field_user_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and value_uint(out, _uid(cx))


cdef bint field_user_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and _name(_names(cx).users, _uid(cx), b"root", out)


cdef bint field_user_homedir(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and _name(_names(cx).homes, _uid(cx), b"/root", out)


cdef bint field_user_shell(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and _name(_names(cx).shells, _uid(cx), b"<NA>", out)


cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx_is_void(cx):
        return 0
    return value_int(out, -1 if _loginuid(cx) == UNSET else _loginuid(cx))


cdef bint field_user_loginname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx_is_void(cx):
        return 0
    if _loginuid(cx) == UNSET:
        return value_word(out, b"<NA>")
    return _name(_names(cx).users, _loginuid(cx), b"root", out)


cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and value_uint(out, _gid(cx))


cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return not cx_is_void(cx) and _name(_names(cx).groups, _gid(cx), b"root", out)
