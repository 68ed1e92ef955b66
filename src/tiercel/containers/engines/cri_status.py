# SPDX-License-Identifier: Apache-2.0
"""Conversion of CRI status messages of a container and its pod to :class:`ContainerInfo`.

The status of a container has little about its confinement. A verbose request adds JSON that depends on the engine:
containerd returns the creation request and the OCI runtime spec, CRI-O the spec only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tiercel.containers.engines import oci_spec as oci
from tiercel.containers.metadata import ContainerInfo, Image, Mount
from tiercel.containers.transport.json_access import decoded, member, members, text, texts, texts_by_name
from tiercel.errors import EngineError

__all__ = ["container_info", "details", "image_of", "sandbox_info"]

_HASH: Final = "sha256:"
_HEX: Final = re.compile("[0-9a-f]{64}")
_OF_NODE: Final = 2  # NamespaceMode.NODE
_PROPAGATIONS: Final = ("private", "rslave", "rshared")  # by MountPropagation
_MAX_CNI: Final = 4096  # bytes
_MAX_MOUNTS: Final = 4096
_POD: Final = "io.kubernetes.pod."
_SANDBOX: Final = "io.kubernetes.sandbox.id"
_IMAGE_NAMES: Final = ("io.kubernetes.cri.image-name", "io.kubernetes.cri-o.Image", "io.kubernetes.cri-o.ImageName")
_CNI: Final = "io.kubernetes.cri-o.CNIResult"
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def details(info: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON that an engine adds to a status, in its own format; an empty map if it is invalid."""
    try:
        return decoded(info.get("info", "{}"), "")
    except EngineError:
        return {}


def container_info(engine: str, answer: Any, sandbox: Any, sandbox_id: str, longest: int) -> ContainerInfo:
    """Return the metadata of a container.

    Args:
        engine: for ``container.type``.
        answer: response to ContainerStatus.
        sandbox: response to PodSandboxStatus, or None.
        sandbox_id: whole id of the container's pod, or an empty text.
        longest: maximum number of characters of a label's value; longer ones are left out.
    """
    status = answer.status
    more = details(answer.info)
    spec = member(more, "runtimeSpec") or {}
    spec = spec if isinstance(spec, dict) else {}
    name, image = image_of(status, spec)
    pod = _Pod(sandbox, sandbox_id, longest)
    labels = {**texts_by_name(dict(status.labels), longest), **pod.of_container()}
    liveness, readiness = pod.probes(status.metadata.name)
    return ContainerInfo(
        id=text(status.id),
        engine=engine,
        name=text(status.metadata.name),
        image=name,
        image_id=_image_id(status, more),
        repository=image.repository,
        tag=image.tag,
        digest=image.digest,
        ip=pod.ip,
        privileged=_is_privileged(more, spec),
        host_pid=pod.shares("pid", spec),
        host_network=pod.shares("network", spec),
        host_ipc=pod.shares("ipc", spec),
        mounts=tuple(_mount(one) for one in status.mounts[:_MAX_MOUNTS]),
        labels=labels,
        env=oci.env_of(spec) or _configured_env(more),
        capabilities=oci.capabilities_of(spec),
        user=_user(status, more, spec),
        created_ns=max(0, status.created_at),
        sandbox_id=sandbox_id,
        pod_labels=pod.labels,
        pod_ip=pod.ip,
        cni_json=pod.cni or _cut(text(member(spec, "annotations", _CNI))),
        liveness_probe=liveness,
        readiness_probe=readiness,
    )


def sandbox_info(engine: str, sandbox: Any, longest: int) -> ContainerInfo:
    """Return the metadata of a pod's sandbox, whose only process keeps the namespaces."""
    status = sandbox.status
    more = details(sandbox.info)
    spec = member(more, "runtimeSpec") or {}
    spec = spec if isinstance(spec, dict) else {}
    pod = _Pod(sandbox, status.id, longest)
    name = text(more.get("image")) or text(member(spec, "annotations", _IMAGE_NAMES[0]))
    image = Image("") if _is_id(name) else Image.parse(name)
    return ContainerInfo(
        id=text(status.id),
        engine=engine,
        name=text(status.metadata.name),
        image=name,
        repository=image.repository,
        tag=image.tag,
        digest=image.digest,
        ip=pod.ip,
        privileged=_is_privileged(more, spec),
        host_pid=pod.shares("pid", spec),
        host_network=pod.shares("network", spec),
        host_ipc=pod.shares("ipc", spec),
        labels={**pod.labels, **pod.of_container()},
        env=oci.env_of(spec),
        capabilities=oci.capabilities_of(spec),
        user=oci.user_of(spec),
        created_ns=max(0, status.created_at),
        sandbox_id=text(status.id),
        pod_labels=pod.labels,
        pod_ip=pod.ip,
        cni_json=pod.cni,
    )


def image_of(status: Any, spec: dict[str, Any]) -> tuple[str, Image]:
    """Return name and parts of an image: of the pulled image if the engine reports it."""
    reported = text(status.image.image)
    pulled = text(status.image_ref)
    digest = pulled[pulled.index(_HASH) :] if _HASH in pulled else ""
    before, mark, _ = pulled.partition("@" + _HASH)
    said = "" if _is_id(reported) else Image.parse(reported).tag
    name = reported
    if mark and before:
        name = f"{before}:{said}" if said and not Image.parse(before).tag else before
    if not name or _is_id(name):
        annotations = [dict(status.annotations), dict(status.image.annotations), member(spec, "annotations")]
        candidates = [member(tree, key) for tree in annotations for key in _IMAGE_NAMES]
        candidates.append(status.image.user_specified_image)
        name = next((found for one in candidates if (found := text(one)) and not _is_id(found)), name)
    image = Image("") if _is_id(name) else Image.parse(name)
    return name, Image(image.repository, image.tag or said, digest or image.digest)


def _is_id(name: str) -> bool:
    """Return whether the name of an image is its id, as kubelet sends it; CRI-O leaves out the hash algorithm."""
    return name.startswith(_HASH) or _HEX.fullmatch(name) is not None


def _image_id(status: Any, more: dict[str, Any]) -> str:
    """Return the id from kubelet's request, or from the engine's response."""
    requested = text(member(more, "config", "image", "image"))
    return (requested if _is_id(requested) else text(status.image_id)).removeprefix(_HASH)


def _is_privileged(more: dict[str, Any], spec: dict[str, Any]) -> bool | None:
    """Return the flag from the creation request; without one, derive it from the OCI runtime spec."""
    said = [
        member(spec, "linux", "security_context", "privileged"),
        member(more, "config", "linux", "security_context", "privileged"),
        more.get("privileged"),
    ]
    if True in said:
        return True
    if False in said or isinstance(more.get("config"), dict):  # containerd omits false values
        return False
    return oci.is_privileged(spec)


def _user(status: Any, more: dict[str, Any], spec: dict[str, Any]) -> str:
    if status.HasField("user") and status.user.HasField("linux"):
        return str(status.user.linux.uid)
    return oci.user_of(spec) or oci.user_of(
        {"process": {"user": {"uid": member(more, "config", "linux", "security_context", "run_as_user", "value")}}}
    )


def _configured_env(more: dict[str, Any]) -> tuple[str, ...]:
    pairs = members(member(more, "config", "envs"))
    return tuple(f"{text(pair.get('key'))}={text(pair.get('value'))}" for pair in pairs)


def _mount(one: Any) -> Mount:
    known = 0 <= one.propagation < len(_PROPAGATIONS)
    return Mount(
        source=text(one.host_path),
        destination=text(one.container_path),
        writable=not one.readonly,
        propagation=_PROPAGATIONS[one.propagation] if known else "unknown",
    )


def _cut(cni: str) -> str:
    return cni.encode()[:_MAX_CNI].decode(errors="ignore")


class _Pod:
    """Metadata from the status of a sandbox; of a removed sandbox only its id is known."""

    def __init__(self, sandbox: Any, sandbox_id: str, longest: int) -> None:
        self._status = None if sandbox is None else sandbox.status
        self._id = sandbox_id
        self.labels: dict[str, str] = {}
        self.ip = ""
        self.cni = ""
        if self._status is not None:
            self.labels = texts_by_name(dict(self._status.labels), longest)
            self.ip = text(self._status.network.ip)
            self.cni = _cni(dict(self._status.annotations), details(sandbox.info))

    def of_container(self) -> dict[str, str]:
        """Return the labels that identify a container's pod, independently of the labels that the engine keeps."""
        labels = {_SANDBOX: self._id} if self._id else {}
        if self._status is not None:
            metadata = self._status.metadata
            pod = {"uid": metadata.uid, "name": metadata.name, "namespace": metadata.namespace}
            labels.update({_POD + key: text(value) for key, value in pod.items() if value})
        return labels

    def shares(self, namespace: str, spec: dict[str, Any]) -> bool | None:
        """Return whether the pod, or the container if the pod is missing, uses the host's namespace of a kind."""
        if self._status is not None and self._status.linux.namespaces.HasField("options"):
            return bool(getattr(self._status.linux.namespaces.options, namespace) == _OF_NODE)
        return oci.shares(spec, namespace)

    def probes(self, container: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return kubelet's probe commands of a container, for pods that ``kubectl apply`` created.

        CRI has no probes, but kubelet passes the pod's annotations on.
        """
        applied = self._status.annotations.get(_APPLIED, "") if self._status is not None else ""
        if not applied:
            return (), ()
        try:
            pod = decoded(applied, "")
        except EngineError:
            return (), ()
        for one in members(member(pod, "spec", "containers")):
            if one.get("name") == container:
                return tuple(  # type: ignore[return-value]
                    texts(member(one, probe, "exec", "command")) for probe in ("livenessProbe", "readinessProbe")
                )
        return (), ()


def _cni(annotations: dict[str, str], more: dict[str, Any]) -> str:
    """Return the result of the network set-up (CNI): CRI-O keeps the text, containerd the parts."""
    result = more.get("cniResult")
    if isinstance(result, dict) and result:
        try:
            return _cut(json.dumps(result, separators=(",", ":")))
        except RecursionError:  # nested deeper than any valid result
            return ""
    return _cut(text(annotations.get(_CNI)))
