# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fd.*`` for the ends of IP sockets: addresses, networks, ports."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_fd_cip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_cip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_cnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_cport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_cproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_lip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_lip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_lnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_lport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_lproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_port(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_rip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_rip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_rnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_rport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_rproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_sip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_sip_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_snet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_sport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fd_sproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
