# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of container and cluster metadata."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.container_engines import container_engines
from tiercel.config.container_settings import MAX_WAIT_MS
from tiercel.config.key import Key

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "container_metadata.wait_ms",
        "container_wait_ms",
        read.number_between(0, MAX_WAIT_MS),
        "ms that events of a new container wait for what rules need to know of it; 0: they do not",
    ),
    Key(
        "container_metadata.unknown",
        "container_unknown",
        read.one_of("match", "skip"),
        "a match that hangs on what is not known of a container: match (as Falco), and say so, or skip",
    ),
    Key(
        "container_engines",
        "container_engines",
        container_engines,
        "container engines to query: docker, podman, cri, containerd: {enabled, sockets}, static: {enabled, "
        "container_id, container_name, container_image}, lxc, libvirt_lxc, bpm: {enabled}, and label_max_len",
    ),
    Key(
        "kubernetes.enabled",
        "kubernetes_enabled",
        read.automatic,
        "query the API server for fields k8smeta.*; auto: where a pod's service account or a kubeconfig is there",
    ),
    Key(
        "kubernetes.node_name",
        "kubernetes_node_name",
        read.text,
        "this node's name in the cluster, with ${VARIABLES}; empty: $TIERCEL_NODE_NAME, $NODE_NAME, or the machine's",
    ),
    Key(
        "kubernetes.kubeconfig",
        "kubernetes_kubeconfig",
        read.text,
        "file with the address of the server and the credentials; empty: the service account of the pod",
    ),
)
