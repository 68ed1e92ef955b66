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
    """How the API server of a cluster is found, and which node this is.

    Attributes:
        enabled: ask it; None asks it where a pod's service account is there, or :attr:`kubeconfig` names one.
        node_name: this node's name in the cluster; ``${NAME}`` stands for a variable of the environment. Empty: the
            variable ``TIERCEL_NODE_NAME`` or ``NODE_NAME``, or else the machine's name.
        kubeconfig: file that says where the server is and who asks; empty for a pod's service account.
        account: folder of that service account.
    """

    enabled: bool | None = None
    node_name: str = ""
    kubeconfig: str = ""
    account: str = ACCOUNT

    @property
    def is_used(self) -> bool:
        """Whether the server is to be asked."""
        if self.enabled is None:
            return bool(self.kubeconfig) or ("KUBERNETES_SERVICE_HOST" in os.environ and Path(self.account).is_dir())
        return self.enabled

    @property
    def node(self) -> str:
        """The node's name, as pods have it."""
        given = _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), self.node_name)
        known = (os.environ.get(name) for name in ("TIERCEL_NODE_NAME", "NODE_NAME"))
        return given or next(filter(None, known), "") or os.uname().nodename.lower()
