# SPDX-License-Identifier: Apache-2.0
"""``thread.*``, ``user.*``, ``group.*`` and ``container.*``: who acts, and where."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.intmap cimport IntMap
from tiercel._core.procs cimport names_get
from tiercel._core.value cimport value_int, value_text, value_uint
from tiercel._core.view cimport Slice, slice_of

cdef enum:
    UNSET = 0xffff_ffff


cdef bint field_thread_tid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.hdr.tid)


cdef bint field_thread_vtid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.hdr.vtid)


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


cdef bint field_user_loginuid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, -1 if cx.hdr.loginuid == UNSET else cx.hdr.loginuid)


cdef bint field_group_gid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_uint(out, cx.hdr.gid)


cdef bint field_group_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(&cx.state.groups, cx.hdr.gid, out)


cdef bint field_container_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice id
    if cx.proc is NULL or cx.proc.container is NULL:
        return 0
    id.ptr = <const uint8_t *>cx.proc.container.id
    id.len = cx.proc.container.len
    return value_text(out, id)
