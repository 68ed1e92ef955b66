# SPDX-License-Identifier: Apache-2.0
"""Text of event params, as Falco prints them: raw value and meaning."""

from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx, Value
from tiercel._core.wire.events_gen cimport (
    PT_BYTEBUF,
    PT_CHARBUF,
    PT_CHARBUFARRAY,
    PT_DYN,
    PT_FDLIST,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_IPV4ADDR,
    PT_IPV6ADDR,
    PT_SOCKADDR,
    PT_SOCKTUPLE,
    tbl_param,
)


cdef bint param_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef bint param_value(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil
cdef bint param_shown(EvalCx *cx, const tbl_param *param, int fmt, Value *out) noexcept nogil
cdef bint param_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef bint param_text(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil

cdef inline bint is_reference(const tbl_param *param) noexcept nogil:
    """Return whether the record has a reference to bytes instead of a number."""
    cdef int type = param.type
    return (
        type == PT_CHARBUF or type == PT_BYTEBUF or type == PT_FSPATH or type == PT_FSRELPATH or type == PT_SOCKADDR
        or type == PT_SOCKTUPLE or type == PT_DYN or type == PT_FDLIST or type == PT_CHARBUFARRAY
        or type == PT_IPV4ADDR or type == PT_IPV6ADDR
    )
