# SPDX-License-Identifier: Apache-2.0
"""``container.*`` and ``k8s.*``: where the process runs.

Outside of containers everything is known: the host has a name, no image and no labels. Of a container only the id is.
"""

from libc.stdint cimport uint8_t, uint64_t

from tiercel._core.fields_proc cimport cx_pidns_start
from tiercel._core.value cimport value_bool, value_text, value_uint, value_word
from tiercel._core.view cimport Slice


cdef bint field_container_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice id
    if cx.proc is NULL or cx.proc.container is NULL:
        return 0
    id.ptr = <const uint8_t *>cx.proc.container.id
    id.len = cx.proc.container.len
    return value_text(out, id)


cdef inline bint _is_host(const EvalCx *cx) noexcept nogil:
    return cx.proc is not NULL and cx.proc.container is not NULL and cx.proc.container == cx.state.host


cdef bint _start(EvalCx *cx, uint64_t *unix_ns) noexcept nogil:
    """Start of the container's first process, where that is the first of its pid namespace.

    In a capture, as in Falco, also outside of containers.
    """
    if cx.tasks is NULL and (cx.proc is NULL or cx.proc.container is NULL or _is_host(cx)):
        return 0
    return cx_pidns_start(cx, unix_ns)


cdef bint field_container_start_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start
    return _start(cx, &start) and value_uint(out, start)


cdef bint field_container_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start, now = cx.hdr.time_ns + <uint64_t>cx.unix_offset_ns
    return _start(cx, &start) and now >= start and value_uint(out, now - start)


cdef bint field_container_full_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"host")


cdef bint field_container_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"host")


cdef bint field_container_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"host")


cdef bint field_container_image(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_image_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_image_repository(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_image_tag(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_image_digest(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_mounts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_container_privileged(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_bool(out, 0)


cdef bint field_container_host_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_bool(out, 0)


cdef bint field_container_host_network(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_bool(out, 0)


cdef bint field_container_host_ipc(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_bool(out, 0)


cdef bint field_k8s_pod_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_k8s_pod_full_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_k8s_pod_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_k8s_pod_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")


cdef bint field_k8s_pod_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _is_host(cx) and value_word(out, b"")
