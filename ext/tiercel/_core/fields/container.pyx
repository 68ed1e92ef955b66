# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``container.*`` and ``k8s.*``: the container of the process.

On the host all values are known: it has a name, no image and no labels. A container's id is always known; its other
values come from the engine.
"""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.state.container cimport CONTAINER_HOST, Container, container_id, container_meta
from tiercel._core.state.container_meta cimport MetaValue, meta_find, meta_value
from tiercel._core.state.process cimport PROC_HEALTHCHECK, PROC_LIVENESS_PROBE, PROC_READINESS_PROBE
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_put, text_slice
from tiercel._core.util.regex cimport regex_match
from tiercel._core.util.slice cimport Slice, slice_of, slice_starts
from tiercel._core.values.value cimport cx_container, value_bool, value_text, value_uint, value_word
from tiercel._core.wire.events_gen cimport (
    META_CAPABILITIES,
    META_CNI_JSON,
    META_ENV,
    META_FULL_ID,
    META_HEALTHCHECK,
    META_HOST_IPC,
    META_HOST_NETWORK,
    META_HOST_PID,
    META_IMAGE,
    META_IMAGE_DIGEST,
    META_IMAGE_ID,
    META_IMAGE_REPOSITORY,
    META_IMAGE_TAG,
    META_IP,
    META_LABELS,
    META_LIVENESS_PROBE,
    META_MOUNTS,
    META_NAME,
    META_POD_CNI_JSON,
    META_POD_IP,
    META_POD_LABELS,
    META_POD_NAME,
    META_POD_NAMESPACE,
    META_POD_SANDBOX_ID,
    META_POD_UID,
    META_PRIVILEGED,
    META_READINESS_PROBE,
    META_TYPE,
    META_USER,
    TBL_METADATA,
)

cdef enum:
    SANDBOX_SHOWN = 12

    # Columns of a mount.
    MOUNT_SOURCE = 0
    MOUNT_DESTINATION = 1
    MOUNT_MODE = 2
    MOUNT_WRITABLE = 3
    MOUNT_PROPAGATION = 4
    MOUNT_COLUMNS = 5


cdef inline bint _is_host(const EvalCx *cx) noexcept nogil:
    cdef const Container *container = cx_container(cx)
    return container is not NULL and container.number == CONTAINER_HOST


cdef inline const MetaValue *_meta_value(const EvalCx *cx, uint32_t number) noexcept nogil:
    """Return the engine's metadata of the event's container; NULL if it is missing, and on the host."""
    return meta_value(container_meta(cx_container(cx), TBL_METADATA[number].part), number)


cdef bint _shown(EvalCx *cx, uint32_t number, const char *of_host, Value *out) noexcept nogil:
    cdef const MetaValue *value
    if _is_host(cx):
        return value_word(out, of_host)
    value = _meta_value(cx, number)
    return value is not NULL and value_text(out, value.texts[0])


cdef bint _flag(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    cdef const MetaValue *value
    if _is_host(cx):
        return value_bool(out, 0)
    value = _meta_value(cx, number)
    return value is not NULL and value_bool(out, value.truth)


cdef bint _item(EvalCx *cx, const FieldArg *arg, uint32_t number, Value *out) noexcept nogil:
    """Return one of several texts."""
    cdef const MetaValue *value = _meta_value(cx, number)
    cdef uint32_t at = <uint32_t>arg.iter if arg.iter > 0 else 0
    return value is not NULL and at < value.count and value_text(out, value.texts[at])


# --- The container ----------------------------------------------------------------------------------------------------

cdef bint field_container_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Container *container = cx_container(cx)
    return container is not NULL and value_text(out, container_id(container))


cdef inline bint _start(EvalCx *cx, uint64_t *unix_ns) noexcept nogil:
    """Start time of the container's first process, if that process is the first of its pid namespace."""
    return not cx.event.lacks_thread and cx.source.proc.container_start(cx, unix_ns)


cdef bint field_container_start_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start
    return _start(cx, &start) and value_uint(out, start)


cdef bint field_container_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint64_t start, now = cx.event.hdr.time_ns + <uint64_t>cx.event.unix_offset_ns
    return _start(cx, &start) and now >= start and value_uint(out, now - start)


cdef bint field_container_full_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_FULL_ID, b"host", out)


cdef bint field_container_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_NAME, b"host", out)


cdef bint field_container_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_TYPE, b"host", out)


cdef bint field_container_image(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IMAGE, b"", out)


cdef bint field_container_image_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IMAGE_ID, b"", out)


cdef bint field_container_image_repository(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IMAGE_REPOSITORY, b"", out)


cdef bint field_container_image_tag(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IMAGE_TAG, b"", out)


cdef bint field_container_image_digest(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IMAGE_DIGEST, b"", out)


cdef bint field_container_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_IP, b"", out)


cdef bint field_container_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_CNI_JSON, b"", out)


cdef bint field_container_user(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_USER, b"", out)


cdef bint field_container_privileged(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, META_PRIVILEGED, out)


cdef bint field_container_host_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, META_HOST_PID, out)


cdef bint field_container_host_network(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, META_HOST_NETWORK, out)


cdef bint field_container_host_ipc(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, META_HOST_IPC, out)


cdef bint field_container_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _item(cx, arg, META_ENV, out)


cdef bint field_container_capabilities(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _item(cx, arg, META_CAPABILITIES, out)


# --- Labels -----------------------------------------------------------------------------------------------------------

cdef bint _label(EvalCx *cx, uint32_t number, Slice key, Value *out) noexcept nogil:
    cdef const MetaValue *value = _meta_value(cx, number)
    return value is not NULL and value_text(out, meta_find(value, key))


cdef bint _labels(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """All labels sorted by name, without internal labels of Kubernetes and containerd."""
    cdef const MetaValue *value
    cdef Text text
    cdef Slice whole
    cdef uint32_t i
    cdef bint is_first = 1
    if _is_host(cx):
        return value_word(out, b"")
    value = _meta_value(cx, number)
    if value is NULL:
        return 0
    text_begin(&text, &cx.memo.arena)
    for i in range(0, value.count, 2):
        if slice_starts(value.texts[i], slice_of(b"annotation.")):
            continue
        if slice_starts(value.texts[i], slice_of(b"io.kubernetes.")):
            continue
        if not is_first:
            text_put(&text, b", ", 2)
        is_first = 0
        text_slice(&text, value.texts[i])
        text_char(&text, b':')
        text_slice(&text, value.texts[i + 1])
    return text_end(&text, &whole) and value_text(out, whole)


cdef bint field_container_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _label(cx, META_LABELS, arg.key, out)


cdef bint field_container_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _labels(cx, META_LABELS, out)


# --- Mounts -----------------------------------------------------------------------------------------------------------

cdef bint field_container_mounts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const MetaValue *value
    cdef Text text
    cdef Slice whole
    cdef uint32_t i
    if _is_host(cx):
        return value_word(out, b"")
    value = _meta_value(cx, META_MOUNTS)
    if value is NULL:
        return 0
    text_begin(&text, &cx.memo.arena)
    for i in range(value.count):
        if i:
            text_char(&text, b':' if i % MOUNT_COLUMNS else b',')
        text_slice(&text, value.texts[i])
    return text_end(&text, &whole) and value_text(out, whole)


cdef const Slice *_mount(EvalCx *cx, const FieldArg *arg, uint32_t column) noexcept nogil:
    """Return the mount with that number, or the first mount whose `column` matches the key, a regular expression."""
    cdef const MetaValue *value = _meta_value(cx, META_MOUNTS)
    cdef const Slice *mount
    cdef uint32_t i
    if value is NULL:
        return NULL
    if arg.key.ptr is NULL:
        return value.texts + arg.index * MOUNT_COLUMNS if arg.index < value.count // <uint32_t>MOUNT_COLUMNS else NULL
    for i in range(value.count // <uint32_t>MOUNT_COLUMNS):
        mount = value.texts + i * MOUNT_COLUMNS
        if regex_match(arg.regex, mount[column].ptr, mount[column].len):
            return mount
    return NULL


cdef bint _mounted(
    EvalCx *cx, const FieldArg *arg, uint32_t searched, uint32_t shown, Value *out
) noexcept nogil:
    cdef const Slice *mount = _mount(cx, arg, searched)
    return mount is not NULL and value_text(out, mount[shown])


cdef bint field_container_mount(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Slice *mount = _mount(cx, arg, MOUNT_SOURCE)
    cdef Text text
    cdef Slice whole
    cdef uint32_t i
    if mount is NULL:
        return 0
    text_begin(&text, &cx.memo.arena)
    for i in range(<uint32_t>MOUNT_COLUMNS):
        if i:
            text_char(&text, b':')
        text_slice(&text, mount[i])
    return text_end(&text, &whole) and value_text(out, whole)


cdef bint field_container_mount_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _mounted(cx, arg, MOUNT_DESTINATION, MOUNT_SOURCE, out)


cdef bint field_container_mount_dest(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _mounted(cx, arg, MOUNT_SOURCE, MOUNT_DESTINATION, out)


cdef bint field_container_mount_mode(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _mounted(cx, arg, MOUNT_SOURCE, MOUNT_MODE, out)


cdef bint field_container_mount_rdwr(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _mounted(cx, arg, MOUNT_SOURCE, MOUNT_WRITABLE, out)


cdef bint field_container_mount_propagation(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _mounted(cx, arg, MOUNT_SOURCE, MOUNT_PROPAGATION, out)


# --- Health checks ----------------------------------------------------------------------------------------------------

cdef bint _command(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """A command with blanks between its words; absent on the host."""
    cdef const MetaValue *value = _meta_value(cx, number)
    cdef Text text
    cdef Slice whole
    cdef uint32_t i
    if value is NULL or value.count == 0:
        return 0
    text_begin(&text, &cx.memo.arena)
    for i in range(value.count):
        if i:
            text_char(&text, b' ')
        text_slice(&text, value.texts[i])
    return text_end(&text, &whole) and value_text(out, whole)


cdef bint _checks(EvalCx *cx, uint32_t flag, Value *out) noexcept nogil:
    """Return if the process belongs to a health check; absent if the container is unknown, and in a capture."""
    cdef uint32_t flags
    if cx.event.proc is NULL or not cx.source.proc.health_checks(cx, &flags):
        return 0
    return value_bool(out, flags & flag != 0)


cdef bint field_container_healthcheck(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _command(cx, META_HEALTHCHECK, out)


cdef bint field_container_liveness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _command(cx, META_LIVENESS_PROBE, out)


cdef bint field_container_readiness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _command(cx, META_READINESS_PROBE, out)


cdef bint field_proc_is_container_healthcheck(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _checks(cx, PROC_HEALTHCHECK, out)


cdef bint field_proc_is_container_liveness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _checks(cx, PROC_LIVENESS_PROBE, out)


cdef bint field_proc_is_container_readiness_probe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _checks(cx, PROC_READINESS_PROBE, out)


# --- Pods -------------------------------------------------------------------------------------------------------------

cdef inline bint _of_label(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """A text of the pod; absent on the host."""
    cdef const MetaValue *value = _meta_value(cx, number)
    return value is not NULL and value_text(out, value.texts[0])


cdef bint field_k8s_ns_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_label(cx, META_POD_NAMESPACE, out)


cdef bint field_k8s_pod_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_label(cx, META_POD_NAME, out)


cdef bint field_k8s_pod_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_label(cx, META_POD_UID, out)


cdef bint field_k8s_pod_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_label(cx, META_POD_UID, out)


cdef bint field_k8s_pod_label(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _label(cx, META_POD_LABELS, arg.key, out)


cdef bint field_k8s_pod_labels(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _labels(cx, META_POD_LABELS, out)


cdef bint field_k8s_pod_full_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _shown(cx, META_POD_SANDBOX_ID, b"", out)


cdef bint field_k8s_pod_sandbox_id(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if not _shown(cx, META_POD_SANDBOX_ID, b"", out):
        return 0
    out.text.len = min(out.text.len, <uint32_t>SANDBOX_SHOWN)
    return 1


cdef bint _of_pod(EvalCx *cx, uint32_t number, Value *out) noexcept nogil:
    """A text of the pod; an empty text means unknown, and is absent."""
    return _shown(cx, number, b"", out) and (out.text.len > 0 or _is_host(cx))


cdef bint field_k8s_pod_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_pod(cx, META_POD_IP, out)


cdef bint field_k8s_pod_cni_json(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_pod(cx, META_POD_CNI_JSON, out)
