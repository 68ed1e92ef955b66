# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``container.*`` and ``k8s.*``."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_container_capabilities(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_full_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_healthcheck(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_host_ipc(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_host_network(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_host_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_image(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_image_digest(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_image_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_image_repository(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_image_tag(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_liveness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount_dest(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount_mode(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount_propagation(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount_rdwr(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mount_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_mounts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_privileged(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_readiness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_start_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_container_user(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_ns_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_full_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_pod_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_container_healthcheck(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_container_liveness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_proc_is_container_readiness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
