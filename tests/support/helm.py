# SPDX-License-Identifier: Apache-2.0
"""The chart as Helm itself renders it, and the schemas of Kubernetes.

Helm is the real one, as a library. It brings the run time of another language along, so it works in a process of its
own.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import yaml

from support.live import REPOSITORY

CHART = REPOSITORY / "deploy/helm/tiercel"
RELEASE, NAMESPACE = "tiercel", "tiercel"
# The oldest release that the chart admits, and the newest whose schemas are known.
KUBERNETES = ("1.30", kubernetes_validate.latest_version())

_HELMS_LABELS = ("helm.sh/chart:", "app.kubernetes.io/managed-by:")

_SCRIPT = """
import json, sys
import helm_python

chart, values, name, namespace = json.load(sys.stdin)
report = helm_python.lint(chart, values, strict=True, namespace=namespace)
found = {"lint": report["errors"] + [one["error"] for one in report["messages"] if one["severity"] > 1]}
try:
    with helm_python.Chart.load(chart) as loaded:
        loaded.validate_schema(values)
        found["files"] = loaded.render(values, name=name, namespace=namespace)
except helm_python.HelmError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""


class ChartError(Exception):
    """Helm refuses the values, or finds something to say about what is rendered with them."""


@functools.cache
def _helm(values: str, name: str, namespace: str) -> dict[str, Any]:
    request = f"[{json.dumps(str(CHART))}, {values}, {json.dumps(name)}, {json.dumps(namespace)}]"
    command = [sys.executable, "-c", _SCRIPT]
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def render(values: Mapping[str, Any] | None = None, name: str = RELEASE, namespace: str = NAMESPACE) -> dict[str, str]:
    """Return what each template becomes, by its file name; ``ChartError`` if Helm's linter finds anything."""
    found = _helm(json.dumps(values or {}), name, namespace)
    problems = found["lint"] + ([found["error"]] if "error" in found else [])
    if problems:
        raise ChartError("\n".join(problems))
    return {path.rpartition("/")[2]: text for path, text in found["files"].items()}


def objects(text: str) -> list[dict[str, Any]]:
    """Return the objects of a manifest, each checked against the schemas of Kubernetes, which refuse unknown keys."""
    found = [document for document in yaml.safe_load_all(text) if document]
    for document in found:
        for version in KUBERNETES:
            kubernetes_validate.validate(document, version, strict=True)
    return found


def rendered(values: Mapping[str, Any] | None = None, **where: str) -> dict[str, dict[str, Any]]:
    """Return the objects that the chart makes, as ``{"DaemonSet/tiercel": …}``."""
    texts = (text for name, text in render(values, **where).items() if name.endswith(".yaml"))
    found = [document for text in texts for document in objects(text)]
    named = {f"{document['kind']}/{document['metadata']['name']}": document for document in found}
    assert len(named) == len(found), "two objects have the same name"
    return named


def manifest(values: Mapping[str, Any] | None = None) -> str:
    """Return all objects of the chart as one file that needs no Helm, after their namespace."""
    texts = sorted((name, text.strip()) for name, text in render(values).items() if name.endswith(".yaml"))
    # Clusters may admit no pod that sees the node's processes but where a namespace says so.
    admits = "  labels:\n    pod-security.kubernetes.io/enforce: privileged"
    space = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {NAMESPACE}\n{admits}"
    head = "# SPDX-License-Identifier: Apache-2.0\n# Rendered from deploy/helm/tiercel: change that, not this."
    documents = [space, *(text for _, text in texts if text)]
    lines = (head + "\n---\n" + "\n---\n".join(documents)).splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith(_HELMS_LABELS)) + "\n"
