# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``k8smeta.*`` and its older names: metadata of the process's pod from the Kubernetes API server."""

from libc.stdint cimport uint32_t
from libc.string cimport memcmp

from tiercel._core.state.container cimport container_meta
from tiercel._core.state.container_meta cimport MetaValue, meta_find, meta_value
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice, text_word
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport value_text
from tiercel._core.wire.events_gen cimport (
    META_K8SMETA_DEPLOYMENT_LABELS,
    META_K8SMETA_DEPLOYMENT_NAME,
    META_K8SMETA_DEPLOYMENT_UID,
    META_K8SMETA_NS_LABELS,
    META_K8SMETA_NS_NAME,
    META_K8SMETA_NS_UID,
    META_K8SMETA_POD_IP,
    META_K8SMETA_POD_LABELS,
    META_K8SMETA_POD_NAME,
    META_K8SMETA_POD_UID,
    META_K8SMETA_RC_LABELS,
    META_K8SMETA_RC_NAME,
    META_K8SMETA_RC_UID,
    META_K8SMETA_RS_LABELS,
    META_K8SMETA_RS_NAME,
    META_K8SMETA_RS_UID,
    META_K8SMETA_SVC_LABELS,
    META_K8SMETA_SVC_NAME,
    META_K8SMETA_SVC_UID,
    PART_POD,
)


cdef inline const MetaValue *_known(const EvalCx *cx, uint32_t number) noexcept nogil:
    """Return the metadata of the process's pod; NULL if it is missing, or the process is not in a pod."""
    if cx.event.proc is NULL or cx.event.proc.container is NULL:
        return NULL
    return meta_value(container_meta(cx.event.proc.container, PART_POD), number)


cdef bint _pod_text(const EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef const MetaValue *known = _known(cx, number)
    return known is not NULL and known.count > 0 and value_text(out, known.texts[0])


cdef bint _one_of(const EvalCx *cx, uint32_t number, const FieldArg *arg, Value *out) noexcept nogil:
    """Read the requested element of a list."""
    cdef const MetaValue *known = _known(cx, number)
    if known is NULL or arg.iter < 0 or <uint32_t>arg.iter >= known.count:
        return 0
    return value_text(out, known.texts[arg.iter])


cdef bint _pod_label(const EvalCx *cx, uint32_t number, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const MetaValue *known = _known(cx, number)
    return known is not NULL and value_text(out, meta_find(known, arg.key))


cdef inline bint _has_key(const MetaValue *known, uint32_t row, Slice key) noexcept nogil:
    cdef const Slice *text = &known.texts[2 * row]
    return text.len == key.len and (key.len == 0 or memcmp(text.ptr, key.ptr, key.len) == 0)


cdef bint _one_label_of(const EvalCx *cx, uint32_t number, const FieldArg *arg, Value *out) noexcept nogil:
    """Read a label of one of several objects, counting only objects with that label."""
    cdef const MetaValue *known = _known(cx, number)
    cdef int left = arg.iter
    cdef uint32_t row
    if known is NULL or left < 0:
        return 0
    for row in range(known.count // 2):
        if _has_key(known, row, arg.key):
            if left == 0:
                return value_text(out, known.texts[2 * row + 1])
            left -= 1
    return 0


cdef inline void _put_pair(Text *text, const MetaValue *known, uint32_t row) noexcept nogil:
    text_slice(text, known.texts[2 * row])
    text_char(text, b':')
    text_slice(text, known.texts[2 * row + 1])


cdef bint _one_pair_of(EvalCx *cx, uint32_t number, const FieldArg *arg, Value *out) noexcept nogil:
    """Read the requested label with its name."""
    cdef const MetaValue *known = _known(cx, number)
    cdef Text text
    cdef Slice value
    if known is NULL or arg.iter < 0 or <uint32_t>arg.iter >= known.count // 2:
        return 0
    text_begin(&text, &cx.memo.arena)
    _put_pair(&text, known, <uint32_t>arg.iter)
    return text_end(&text, &value) and value_text(out, value)


# --- The older names: one text for all --------------------------------------------------------------------------------

cdef bint _all_texts(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef const MetaValue *known = _known(cx, number)
    cdef Text text
    cdef Slice value
    cdef uint32_t i
    if known is NULL or known.count == 0:
        return 0
    text_begin(&text, &cx.memo.arena)
    for i in range(known.count):
        if i:
            text_word(&text, b", ")
        text_slice(&text, known.texts[i])
    return text_end(&text, &value) and value_text(out, value)


cdef bint _all_pairs(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef const MetaValue *known = _known(cx, number)
    cdef Text text
    cdef Slice value
    cdef uint32_t row
    if known is NULL or known.count == 0:
        return 0
    text_begin(&text, &cx.memo.arena)
    for row in range(known.count // 2):
        if row:
            text_word(&text, b", ")
        _put_pair(&text, known, row)
    return text_end(&text, &value) and value_text(out, value)


cdef bint _all_labels(EvalCx *cx, uint32_t number, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const MetaValue *known = _known(cx, number)
    cdef Text text
    cdef Slice value
    cdef uint32_t row
    cdef bint is_first = 1
    if known is NULL:
        return 0
    text_begin(&text, &cx.memo.arena)
    for row in range(known.count // 2):
        if _has_key(known, row, arg.key):
            if not is_first:
                text_word(&text, b", ")
            is_first = 0
            text_slice(&text, known.texts[2 * row + 1])
    return not is_first and text_end(&text, &value) and value_text(out, value)


# --- Fields -----------------------------------------------------------------------------------------------------------

cdef bint field_k8smeta_pod_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_POD_NAME, out)


cdef bint field_k8smeta_pod_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_POD_UID, out)


cdef bint field_k8smeta_pod_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_label(cx, META_K8SMETA_POD_LABELS, arg, out)


cdef bint field_k8smeta_pod_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_POD_LABELS, arg, out)


cdef bint field_k8smeta_ns_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_NS_NAME, out)


cdef bint field_k8smeta_ns_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_NS_UID, out)


cdef bint field_k8smeta_ns_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_label(cx, META_K8SMETA_NS_LABELS, arg, out)


cdef bint field_k8smeta_ns_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_NS_LABELS, arg, out)


cdef bint field_k8smeta_deployment_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_DEPLOYMENT_NAME, out)


cdef bint field_k8smeta_deployment_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_DEPLOYMENT_UID, out)


cdef bint field_k8smeta_deployment_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_label(cx, META_K8SMETA_DEPLOYMENT_LABELS, arg, out)


cdef bint field_k8smeta_deployment_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_DEPLOYMENT_LABELS, arg, out)


cdef bint field_k8smeta_svc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_of(cx, META_K8SMETA_SVC_NAME, arg, out)


cdef bint field_k8smeta_svc_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_of(cx, META_K8SMETA_SVC_UID, arg, out)


cdef bint field_k8smeta_svc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_label_of(cx, META_K8SMETA_SVC_LABELS, arg, out)


cdef bint field_k8smeta_svc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_SVC_LABELS, arg, out)


cdef bint field_k8smeta_rs_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_RS_NAME, out)


cdef bint field_k8smeta_rs_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_RS_UID, out)


cdef bint field_k8smeta_rs_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_label(cx, META_K8SMETA_RS_LABELS, arg, out)


cdef bint field_k8smeta_rs_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_RS_LABELS, arg, out)


cdef bint field_k8smeta_rc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_RC_NAME, out)


cdef bint field_k8smeta_rc_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_RC_UID, out)


cdef bint field_k8smeta_rc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_label(cx, META_K8SMETA_RC_LABELS, arg, out)


cdef bint field_k8smeta_rc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _one_pair_of(cx, META_K8SMETA_RC_LABELS, arg, out)


cdef bint field_k8smeta_pod_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _pod_text(cx, META_K8SMETA_POD_IP, out)


cdef bint field_k8s_ns_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_NS_UID, out)


cdef bint field_k8s_ns_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_labels(cx, META_K8SMETA_NS_LABELS, arg, out)


cdef bint field_k8s_ns_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_pairs(cx, META_K8SMETA_NS_LABELS, out)


cdef bint field_k8s_deployment_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_DEPLOYMENT_NAME, out)


cdef bint field_k8s_deployment_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_DEPLOYMENT_UID, out)


cdef bint field_k8s_deployment_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_labels(cx, META_K8SMETA_DEPLOYMENT_LABELS, arg, out)


cdef bint field_k8s_deployment_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_pairs(cx, META_K8SMETA_DEPLOYMENT_LABELS, out)


cdef bint field_k8s_svc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_SVC_NAME, out)


cdef bint field_k8s_svc_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_SVC_UID, out)


cdef bint field_k8s_svc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_labels(cx, META_K8SMETA_SVC_LABELS, arg, out)


cdef bint field_k8s_svc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_pairs(cx, META_K8SMETA_SVC_LABELS, out)


cdef bint field_k8s_rs_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_RS_NAME, out)


cdef bint field_k8s_rs_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_RS_UID, out)


cdef bint field_k8s_rs_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_labels(cx, META_K8SMETA_RS_LABELS, arg, out)


cdef bint field_k8s_rs_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_pairs(cx, META_K8SMETA_RS_LABELS, out)


cdef bint field_k8s_rc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_RC_NAME, out)


cdef bint field_k8s_rc_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_texts(cx, META_K8SMETA_RC_UID, out)


cdef bint field_k8s_rc_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_labels(cx, META_K8SMETA_RC_LABELS, arg, out)


cdef bint field_k8s_rc_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _all_pairs(cx, META_K8SMETA_RC_LABELS, out)
