# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects, decoded from the JSON of the API server, and their relations.

An invalid value is left out and does not stop the decoding of other objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.frozen import frozen

__all__ = ["Owner", "Pod", "Service", "meta_of", "owner_of", "pod_of", "pod_uid", "service_of"]

# Annotations of a mirror pod, the cluster's object for a static pod: both contain the uid that the kubelet uses.
_OWN_UID: Final = ("kubernetes.io/config.hash", "kubernetes.io/config.mirror")
_MAX_LABELS: Final = 1024
_MAX_TEXT: Final = 4096  # characters of one text; Kubernetes allows names of 253, and values of labels of 63

# Names of the control groups of pods: cgroupfs keeps the uid as it is, systemd has `_` for `-`. The uid of a static
# pod is a hash of its file, without dashes.
_POD: Final = re.compile(
    r"pod([0-9a-z]{8}[-_][0-9a-z]{4}[-_][0-9a-z]{4}[-_][0-9a-z]{4}[-_][0-9a-z]{12}|[0-9a-f]{32})(?![0-9a-z])"
)


def pod_uid(cgroup: str) -> str | None:
    """Return the uid of the pod from the path of its control group or a child group; None outside of pods.

    For nested pods it is the uid of the outer pod, which belongs to this node's cluster.
    """
    found = _POD.search(cgroup)
    return found[1].replace("_", "-") if found else None


@frozen
class Meta:
    """Metadata that all objects have.

    Attributes:
        owner: kind, name and uid of the controlling object: ``("ReplicaSet", "web-5d", uid)``.
    """

    name: str
    uid: str
    namespace: str
    labels: Mapping[str, str]
    owner: tuple[str, str, str] | None


@frozen
class Pod:
    """One pod.

    Attributes:
        ip: its first address; empty as long as it has none.
        alias: uid that the node itself uses for a static pod; empty for other pods.
    """

    meta: Meta
    ip: str
    alias: str


@frozen
class Service:
    """One service.

    Attributes:
        selector: labels that a pod must have; a service without a selector selects no pods.
    """

    meta: Meta
    selector: Mapping[str, str]

    def selects(self, pod: Pod) -> bool:
        """Return whether the service selects this pod of its namespace."""
        labels = pod.meta.labels
        return bool(self.selector) and all(labels.get(name) == value for name, value in self.selector.items())


@frozen
class Owner:
    """A replica set, replication controller, deployment or namespace: only its metadata is requested."""

    meta: Meta


def meta_of(given: object) -> Meta | None:
    """Return the metadata of an object; None if it has no name or uid."""
    meta = _mapping(_mapping(given).get("metadata"))
    name, uid, namespace = (_text(meta.get(key)) for key in ("name", "uid", "namespace"))
    if not name or not uid:
        return None
    return Meta(name, uid, namespace, _labels(meta.get("labels")), _controller(meta.get("ownerReferences")))


def pod_of(given: object) -> Pod | None:
    """Return the pod from an object of the API server; None if the object is invalid."""
    meta = meta_of(given)
    if meta is None:
        return None
    status = _mapping(_mapping(given).get("status"))
    notes = _mapping(_mapping(_mapping(given).get("metadata")).get("annotations"))
    own, again = (_text(notes.get(name)) for name in _OWN_UID)
    return Pod(meta, _text(status.get("podIP")), own if own == again else "")


def service_of(given: object) -> Service | None:
    """Return the service from an object of the API server; None if the object is invalid."""
    meta = meta_of(given)
    if meta is None:
        return None
    return Service(meta, _labels(_mapping(_mapping(given).get("spec")).get("selector")))


def owner_of(given: object) -> Owner | None:
    """Return the owner from an object of the API server; None if the object has no name or uid."""
    meta = meta_of(given)
    return None if meta is None else Owner(meta)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def _labels(value: object) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, text in _mapping(value).items():
        if isinstance(text, str) and len(name) <= _MAX_TEXT and len(labels) < _MAX_LABELS:
            labels[name] = text[:_MAX_TEXT]
    return labels


def _controller(references: object) -> tuple[str, str, str] | None:
    """Return the owner that controls the object: there is at most one."""
    for reference in _rows(references):
        if reference.get("controller") is True:
            kind, name, uid = (_text(reference.get(key)) for key in ("kind", "name", "uid"))
            return (kind, name, uid) if kind and name and uid else None
    return None


def _rows(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (row for row in value if isinstance(row, dict))
