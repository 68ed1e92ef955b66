# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``k8smeta.*`` and its older names: metadata of the process's pod from the Kubernetes API server."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_k8smeta_pod_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_pod_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_pod_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_pod_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_ns_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_ns_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_ns_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_ns_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_deployment_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_deployment_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_deployment_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_deployment_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_svc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_svc_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_svc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_svc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rs_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rs_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rs_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rs_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rc_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_rc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8smeta_pod_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_ns_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_ns_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_ns_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_deployment_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_deployment_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_deployment_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_deployment_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_svc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_svc_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_svc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_svc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rs_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rs_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rs_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rs_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rc_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_k8s_rc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
