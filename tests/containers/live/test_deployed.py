# SPDX-License-Identifier: Apache-2.0
"""The sensor in a container that may do what the chart grants, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support import helm
from support.engines.daemons import Docker
from support.engines.images import Image
from support.engines.inside import Output, sensor
from support.waiting import eventually

_WRITTEN = """
- rule: written
  desc: a file was made
  condition: evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name contains /in-world
  output: "%fd.name by %user.name in %container.name of %container.image.repository, of %proc.name < %proc.pname"
  priority: NOTICE
"""


def _granted() -> list[str]:
    """The chart's privileges as options of ``docker run``."""
    spec = helm.rendered()["DaemonSet/tiercel"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    context: dict[str, Any] = container["securityContext"]
    assert spec["hostPID"]
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"]
    capabilities = [f"--cap-drop={name}" for name in context["capabilities"]["drop"]]
    capabilities += [f"--cap-add={name}" for name in context["capabilities"]["add"]]
    return [
        f"--user={context['runAsUser']}:{context['runAsGroup']}",
        *capabilities,
        "--read-only",
        "--security-opt=no-new-privileges",
        "--security-opt=apparmor=unconfined",
    ]


def _alerts(output: Output) -> list[str]:
    """The alerts about this test's files; containers of others may run at the same time."""
    return sorted(line.partition(" Notice ")[2] for line in output.alerts() if "/in-world" in line)


def test_it_sees_containers_that_ran_before_and_new_ones(docker: Docker, image: Image, tmp_path: Path) -> None:
    server = ("sh", "-c", "mkfifo /tmp/names; while read name; do : >$name; done <>/tmp/names")
    before = docker.run(image, *server, name="before")
    # The world is the node here: its first process is not the machine's.
    node = [f"--env=HOST_ROOT=/proc/{docker.world.pid}/root"]
    try:
        with sensor(docker, image, _WRITTEN, folder=tmp_path, options=node, privileges=_granted()) as output:
            docker.exec(before, "sh", "-c", "echo /app/in-world-1 >/tmp/names")
            after = docker.run(image, "touch", "/app/in-world-2", name="after")
            eventually(lambda: len(_alerts(output)) >= 2, 60, "both alerts")
            found = _alerts(output)
    finally:
        docker.remove(before)
    docker.remove(after)
    text = "by root in {} of registry.test/team/app, of {} < containerd-shim"
    assert found == [
        f"/app/in-world-1 {text.format('before', 'sh')}",
        f"/app/in-world-2 {text.format('after', 'touch')}",
    ]
