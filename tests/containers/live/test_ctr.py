# SPDX-License-Identifier: Apache-2.0
"""Containers made without Kubernetes and without Docker: alerts contain the metadata of containerd itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.engines.daemons import Engine
from support.engines.images import Image
from support.engines.kubernetes import Containerd
from support.engines.watching import WAIT_MS, watching

from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.settings import EngineSettings

_RULES = """
- rule: program of the image
  desc: a program was started in a container of a certain image
  condition: evt.type = execve and container.image.repository = registry.test/team/app and proc.name = true
  output: "%container.id %container.name %container.type %container.image.tag %container.privileged"
  priority: NOTICE
"""


@pytest.fixture
def containerd(begin: Callable[[str], Engine], image: Image) -> Containerd:
    engine = begin("cri")
    assert isinstance(engine, Containerd)
    archive = engine.world.path("/run/of-ctr.tar")
    archive.write_bytes(image.archive.read_bytes())
    engine.world.run("ctr", "--address", engine.socket, "images", "import", "/run/of-ctr.tar")
    archive.unlink()
    return engine


@pytest.mark.parametrize("options", [(), ("--privileged",)])
def test_a_container_of_ctr_that_ends_at_once(containerd: Containerd, image: Image, options: tuple[str, ...]) -> None:
    where = (str(containerd.outer_socket),)
    settings = ContainerSettings(engines=EngineSettings(sockets={"cri": where, "containerd": where}), wait_ms=WAIT_MS)
    with watching(containerd.world, _RULES, containers=settings) as alerts:
        for name in ("short", "a-longer-name"):
            containerd.world.run(
                "ctr", "--address", containerd.socket, "run", "--rm", *options, image.name, name, "true"
            )
    shown = [
        [alert.fields[f"container.{name}"] for name in ("id", "name", "type", "image.tag", "privileged")]
        for alert in alerts
        if alert.rule == "program of the image"
    ]
    assert shown == [
        ["short", "short", "containerd", image.tag, bool(options)],
        ["a-longer-nam", "a-longer-nam", "containerd", image.tag, bool(options)],
    ]
