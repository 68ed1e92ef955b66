# SPDX-License-Identifier: Apache-2.0
"""Discovery of the API server of a cluster, and of the node's name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import tiercel
from tiercel.config.config import Config
from tiercel.errors import ConfigError
from tiercel.kubernetes.settings import KubernetesSettings


@pytest.fixture(autouse=True)
def _outside_of_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIERCEL_NODE_NAME", "NODE_NAME", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_the_name_of_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = KubernetesSettings()
    assert settings.node == os.uname().nodename.lower()
    monkeypatch.setenv("NODE_NAME", "node-2")
    assert settings.node == "node-2"
    monkeypatch.setenv("TIERCEL_NODE_NAME", "node-3")
    assert settings.node == "node-3"
    assert KubernetesSettings(node_name="a-${NODE_NAME}${NONE}").node == "a-node-2"
    assert KubernetesSettings(node_name="${NONE}").node == "node-3"


def test_when_the_server_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = str(tmp_path)
    assert not KubernetesSettings(account=account).is_used
    assert KubernetesSettings(account=account, enabled=True).is_used
    assert KubernetesSettings(account=account, kubeconfig="/etc/kubernetes/kubelet.conf").is_used
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert KubernetesSettings(account=account).is_used
    assert not KubernetesSettings(account=account + "/none").is_used
    assert not KubernetesSettings(account=account, enabled=False).is_used


def test_the_configuration_says_so(tmp_path: Path) -> None:
    file = tmp_path / "tiercel.yaml"
    file.write_text("kubernetes:\n  enabled: auto\n  node_name: node-1\n")
    config = Config.load(file, ["kubernetes.kubeconfig=/etc/kubernetes/kubelet.conf"])
    assert config.kubernetes == KubernetesSettings(None, "node-1", "/etc/kubernetes/kubelet.conf")
    assert Config.load(None, ["kubernetes.enabled=false"]).kubernetes.enabled is False
    with pytest.raises(ConfigError, match=r"kubernetes\.enabled"):
        Config.load(None, ["kubernetes.enabled=perhaps"])


def test_it_is_part_of_the_public_interface() -> None:
    assert tiercel.KubernetesSettings is KubernetesSettings
