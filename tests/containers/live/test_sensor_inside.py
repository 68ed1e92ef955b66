# SPDX-License-Identifier: Apache-2.0
"""A sensor that runs in a container, and distinguishes other containers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.engines.daemons import Docker
from support.engines.images import Image
from support.engines.inside import sensor
from support.waiting import eventually

_WRITTEN = """
- rule: written
  desc: a file of the application was made
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name startswith /app/in-world
    and container.id != host
  output: "%fd.name in %container.id"
  priority: NOTICE
"""


@pytest.mark.parametrize("groups", ["host", "private"])
def test_control_groups_of_its_own_mislead_it_not(docker: Docker, image: Image, groups: str, tmp_path: Path) -> None:
    server = ("sh", "-c", "mkfifo /tmp/names; while read name; do : >$name; done <>/tmp/names")
    before = docker.run(image, *server, name="before")
    try:
        with sensor(docker, image, _WRITTEN, folder=tmp_path, options=[f"--cgroupns={groups}"]) as output:
            docker.exec(before, "sh", "-c", "echo /app/in-world-1 >/tmp/names")
            after = docker.run(image, "touch", "/app/in-world-2", name="after")
            eventually(lambda: len(output.alerts()) >= 2, 60, "both alerts")
            found = sorted(line.split(" Notice ")[1] for line in output.alerts())
    finally:
        docker.remove(before)
    docker.remove(after)
    assert found == [f"/app/in-world-1 in {before[:12]}", f"/app/in-world-2 in {after[:12]}"]
