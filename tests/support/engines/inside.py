# SPDX-License-Identifier: Apache-2.0
"""A sensor in a container, with the machine's process ids."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.engines.daemons import Docker
from support.engines.images import Image
from support.live import REPOSITORY
from support.waiting import eventually

_NAME = "sensor"
_PRIVILEGED = ("--privileged",)


def _mounted() -> list[str]:
    """Options that make this Python and what it loads visible in a container."""
    wanted = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", sys.prefix, sys.base_prefix, str(REPOSITORY)}
    return [word for path in sorted(wanted) if Path(path).exists() for word in ("--volume", f"{path}:{path}:ro")]


class Output:
    """The output so far of a sensor in a container."""

    def __init__(self, docker: Docker) -> None:
        self._command = docker.world.command(*docker.tool, "logs", _NAME)

    def _read(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._command, capture_output=True, text=True, check=True, timeout=30)

    def alerts(self) -> list[str]:
        return self._read().stdout.splitlines()

    def said(self) -> str:
        return self._read().stderr


@contextmanager
def sensor(
    docker: Docker,
    image: Image,
    rules: str,
    *arguments: str,
    folder: Path,
    options: Sequence[str] = (),
    privileges: Sequence[str] = _PRIVILEGED,
) -> Iterator[Output]:
    """Run ``tiercel run`` in a container, and wait until it watches.

    Args:
        docker: must run in a world that shares the machine's process ids.
        image: any; the sensor is mounted into it.
        rules: the text of a rule file.
        arguments: more of the command line.
        folder: an empty one, for the rule file.
        options: more for ``docker run``.
        privileges: options that give it what it may do.
    """
    (folder / "rules.yaml").write_text(rules)
    given = (*privileges, "--pid=host", "--env", "HOME=/tmp", "--env", f"PYTHONPATH={REPOSITORY / 'src'}")
    shown = (*_mounted(), "--volume", f"{folder}:{folder}:ro")
    command = (sys.executable, "-m", "tiercel", "run", "-r", str(folder / "rules.yaml"), *arguments)
    container = docker.run(image, *command, name=_NAME, options=[*given, *shown, *options])
    try:
        output = Output(docker)
        eventually(
            lambda: "tiercel: watching" in output.said() or not docker.running(container), 60, "the sensor watches"
        )
        assert docker.running(container), output.said()
        yield output
    finally:
        docker.remove(container)
