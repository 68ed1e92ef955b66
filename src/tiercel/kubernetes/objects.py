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

# What a kubelet writes to the pod that stands in the cluster for one of its own: twice the uid that it has for it.
_OWN_UID: Final = ("kubernetes.io/config.hash", "kubernetes.io/config.mirror")
_MAX_LABELS: Final = 1024
_MAX_TEXT: Final = 4096  # characters of one text; Kubernetes allows names of 253, and values of labels of 63

# As the control groups of pods are called: cgroupfs has the uid as it is, systemd has `_` for `-`. The uid of a static
# pod is a hash of its file, without any.
_POD: Final = re.compile(
    r"pod([0-9a-z]{8}[-_][0-9a-z]{4}[-_][0-9a-z]{4}[-_][0-9a-z]{4}[-_][0-9a-z]{12}|[0-9a-f]{32})(?![0-9a-z])"
)


def pod_uid(cgroup: str) -> str | None:
    """Return the uid of the pod whose control group, or a part of it, this is the path of; None if it is no pod's.

    Of a pod inside of a pod, the outer one's: that is the one which this node's cluster knows.
    """
    found = _POD.search(cgroup)
    return found[1].replace("_", "-") if found else None


@frozen
class Meta:
    """What all objects have.

    Attributes:
        owner: kind and name of the object that controls it, as ``("ReplicaSet", "web-5d")``, and its uid.
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
        alias: the uid by which its node knows it, where that is another: of pods that the node itself started.
    """

    meta: Meta
    ip: str
    alias: str


@frozen
class Service:
    """One service.

    Attributes:
        selector: labels that a pod has to have; a service without any selects none.
    """

    meta: Meta
    selector: Mapping[str, str]

    def selects(self, pod: Pod) -> bool:
        """Whether it is a service of this pod, which is in its namespace."""
        labels = pod.meta.labels
        return bool(self.selector) and all(labels.get(name) == value for name, value in self.selector.items())


@frozen
class Owner:
    """A replica set, replication controller, deployment or namespace: its metadata are all that is asked for."""

    meta: Meta


def meta_of(given: object) -> Meta | None:
    """Return the metadata of an object; None if it has no name or uid."""
    meta = _mapping(_mapping(given).get("metadata"))
    name, uid, namespace = (_text(meta.get(key)) for key in ("name", "uid", "namespace"))
    if not name or not uid:
        return None
    return Meta(name, uid, namespace, _labels(meta.get("labels")), _controller(meta.get("ownerReferences")))


def pod_of(given: object) -> Pod | None:
    """Return the pod that the API server tells of; None if that is none."""
    meta = meta_of(given)
    if meta is None:
        return None
    status = _mapping(_mapping(given).get("status"))
    notes = _mapping(_mapping(_mapping(given).get("metadata")).get("annotations"))
    own, again = (_text(notes.get(name)) for name in _OWN_UID)
    return Pod(meta, _text(status.get("podIP")), own if own == again else "")


def service_of(given: object) -> Service | None:
    """Return the service that the API server tells of; None if that is none."""
    meta = meta_of(given)
    if meta is None:
        return None
    return Service(meta, _labels(_mapping(_mapping(given).get("spec")).get("selector")))


def owner_of(given: object) -> Owner | None:
    """Return what an object's metadata tell; None if it has no name or uid."""
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
