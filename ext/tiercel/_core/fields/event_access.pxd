# SPDX-License-Identifier: Apache-2.0
"""Access to the current event: its params, its paths in both bindings, its descriptor."""

from libc.stdint cimport int64_t

from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr, ev_path, tbl_event_row, tbl_param


cdef Slice event_name(const ev_hdr *hdr, const tbl_event_row *event) noexcept nogil
cdef const tbl_param *event_param(const EvalCx *cx, Slice name) noexcept nogil
cdef const tbl_param *event_path_param(const EvalCx *cx) noexcept nogil
cdef bint param_absent(const EvalCx *cx, const tbl_param *param) noexcept nogil
cdef int64_t param_number(const EvalCx *cx, const tbl_param *param) noexcept nogil
cdef bint param_slice(const EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil
cdef const ev_path *param_path(const EvalCx *cx, const tbl_param *param) noexcept nogil
cdef bint event_result(const EvalCx *cx, int64_t *result) noexcept nogil

cdef bint cx_path(EvalCx *cx, const ev_path *path, int binding, Slice *out) noexcept nogil
cdef bint cx_has_paths(const EvalCx *cx) noexcept nogil
cdef bint cx_paths_differ(EvalCx *cx) noexcept nogil
cdef bint cx_cwd(EvalCx *cx, Slice *out) noexcept nogil
cdef bint cx_under(EvalCx *cx, Slice base, Slice name, Slice *out) noexcept nogil

cdef bint cx_is_open(const EvalCx *cx) noexcept nogil
cdef bint cx_has_fd(const EvalCx *cx) noexcept nogil
cdef int cx_fd_type(const EvalCx *cx) noexcept nogil
cdef bint cx_fd_name(EvalCx *cx, int binding, Slice *out) noexcept nogil
cdef void cx_set_event_fd_to_base(EvalCx *cx, const tbl_param *param) noexcept nogil
