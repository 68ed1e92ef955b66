# SPDX-License-Identifier: Apache-2.0
"""Access to the current event: its params, its paths in both bindings, its descriptor."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport (
    KIND_INT,
    TBL_EVENT_CREATES_FD,
    TBL_EVENT_DESTROYS_FD,
    TBL_EVENT_USES_FD,
    TBL_TRAIT_OPENS_PATH,
    ev_hdr,
    ev_path,
    tbl_event_row,
    tbl_param,
)


cdef Slice event_name(const ev_hdr *hdr, const tbl_event_row *event) noexcept nogil
cdef const tbl_param *event_param(const EvalCx *cx, Slice name) noexcept nogil
cdef bint param_slice(const EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef Slice param_passed(const EvalCx *cx, const tbl_param *param) noexcept nogil

cdef bint cx_path(EvalCx *cx, const ev_path *path, int binding, Slice *out) noexcept nogil
cdef bint cx_has_paths(const EvalCx *cx) noexcept nogil
cdef bint cx_paths_differ(EvalCx *cx) noexcept nogil
cdef bint cx_under(EvalCx *cx, Slice base, Slice name, Slice *out) noexcept nogil


cdef inline const tbl_param *event_path_param(const EvalCx *cx) noexcept nogil:
    """Return the event's first path param, or NULL."""
    return &cx.event.row.params[cx.event.row.path_param] if cx.event.row.path_param >= 0 else NULL


cdef inline const void *param_member(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return the place of a param in the fixed part of the record."""
    return <const uint8_t *>cx.event.hdr + param.offset


cdef inline bint param_absent(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return whether a param of fixed size is marked absent; a reference is absent by its own value."""
    return param.index < 32 and (cx.event.hdr.absent >> param.index) & 1 != 0


cdef inline int64_t param_number(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    """Return the value of a numeric param."""
    cdef const void *member = param_member(cx, param)
    if param.size == 8:
        return (<const int64_t *>member)[0]
    if param.kind == KIND_INT:
        if param.size == 4:
            return (<const int32_t *>member)[0]
        return (<const int16_t *>member)[0] if param.size == 2 else (<const int8_t *>member)[0]
    if param.size == 4:
        return (<const uint32_t *>member)[0]
    return (<const uint16_t *>member)[0] if param.size == 2 else (<const uint8_t *>member)[0]


cdef inline const ev_path *param_path(const EvalCx *cx, const tbl_param *param) noexcept nogil:
    return <const ev_path *>param_member(cx, param)


cdef inline bint event_result(const EvalCx *cx, int64_t *result) noexcept nogil:
    """Read the return value of the call; return 0 if the event has none."""
    if cx.event.row.res_param < 0:
        return 0
    result[0] = param_number(cx, &cx.event.row.params[cx.event.row.res_param])
    if cx.event.row.params[cx.event.row.res_param].size == 4:
        # An id as a signed number: calls that return ids have no other result.
        result[0] = <int32_t>result[0]
    return 1


cdef inline bint cx_cwd(EvalCx *cx, Slice *out) noexcept nogil:
    """Read the current directory, with a slash at its end; return 0 if it is unknown."""
    return cx.source.proc.cwd(cx, out)


cdef inline bint cx_is_open(const EvalCx *cx) noexcept nogil:
    """Return whether the event opens a file by its path."""
    return cx.event.row.traits & TBL_TRAIT_OPENS_PATH != 0


cdef inline bint cx_has_fd(const EvalCx *cx) noexcept nogil:
    """Return whether the event uses a descriptor: only such events have fd fields."""
    if cx.event.lacks_thread:
        return 0
    return cx.event.row.flags & (TBL_EVENT_CREATES_FD | TBL_EVENT_USES_FD | TBL_EVENT_DESTROYS_FD) != 0


cdef inline int cx_fd_type(const EvalCx *cx) noexcept nogil:
    """Return enum ev_fd_type of the event's descriptor; EV_FD_UNKNOWN without one."""
    return cx.source.fd.type(cx)


cdef inline bint cx_fd_name(EvalCx *cx, int binding, Slice *out) noexcept nogil:
    """Read fd.name; return 0 if the event uses no descriptor. The text is empty if the descriptor has no name."""
    return cx_has_fd(cx) and cx.source.fd.name(cx, binding, out)
