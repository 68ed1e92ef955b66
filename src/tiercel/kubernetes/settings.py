# SPDX-License-Identifier: Apache-2.0
"""Settings of the Kubernetes API server."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from tiercel.frozen import frozen

__all__ = ["KubernetesSettings"]

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"


@frozen
class KubernetesSettings:
    """Location of the cluster's API server, and name of this node.

    Attributes:
        enabled: request metadata; None requests it if a pod's service account exists or :attr:`kubeconfig` is set.
        node_name: this node's name in the cluster; ``${NAME}`` stands for a variable of the environment. Empty: the
            variable ``TIERCEL_NODE_NAME`` or ``NODE_NAME``, or else the machine's name.
        kubeconfig: file with the server's address and the credentials; empty for a pod's service account.
        account: folder of that service account.
    """

    enabled: bool | None = None
    node_name: str = ""
    kubeconfig: str = ""
    account: str = ACCOUNT

    @property
    def is_used(self) -> bool:
        """Return whether the sensor sends requests to the server."""
        if self.enabled is None:
            return bool(self.kubeconfig) or ("KUBERNETES_SERVICE_HOST" in os.environ and Path(self.account).is_dir())
        return self.enabled

    @property
    def node(self) -> str:
        """Name of the node, as in ``spec.nodeName`` of pods."""
        given = _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), self.node_name)
        known = (os.environ.get(name) for name in ("TIERCEL_NODE_NAME", "NODE_NAME"))
        return given or next(filter(None, known), "") or os.uname().nodename.lower()
