# SPDX-License-Identifier: Apache-2.0
"""Podman, docker and containerd in a world of their own, each with its service on its usual socket."""

from __future__ import annotations

import json
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from support.engines.images import Image
from support.engines.world import World, terminal
from support.waiting import eventually

_STOP_SECONDS = 60
_GO_PANIC = 2  # the status of a program in Go


class EngineCrashError(AssertionError):
    """An engine's service has ended by a known fault of the engine's own."""


class Engine(ABC):
    """One engine; its service can be stopped and started again while its containers run on.

    Attributes:
        name: as tiercel calls it.
        socket: of its service, inside the world: the engine's own default.
        service: the command of its service, whose id is then in ``pidfile``.
        tool: the command of its client.
    """

    name: ClassVar[str]
    socket: ClassVar[str]
    service: ClassVar[tuple[str, ...]]
    tool: ClassVar[tuple[str, ...]]

    def __init__(self, world: World) -> None:
        self.world = world
        self._process: subprocess.Popen[bytes] | None = None
        self.configure()

    @abstractmethod
    def configure(self) -> None:
        """Write what the service reads."""

    @property
    def outer_socket(self) -> Path:
        """The socket as seen from outside the world."""
        return self.world.path(self.socket)

    def start(self) -> None:
        """Start the service, and wait until it answers."""
        self.outer_socket.parent.mkdir(parents=True, exist_ok=True)
        self._process = self.world.start(*self.service)
        eventually(self._answers, 60, f"{self.name} answers")

    def check(self) -> None:
        """Fail with the whole log unless the service still runs, whatever ended it."""
        assert self._process
        if (ended := self._process.poll()) is not None:
            failure = EngineCrashError if self.crashed() else AssertionError
            raise failure(f"{self.name} has ended: {ended}\n{self.world.log()}")

    def crashed(self) -> bool:
        """Return whether the service has ended by a known fault of the engine's own."""
        return False

    def revive(self) -> None:
        """Start the service again if it has crashed."""
        if self.crashed():
            self.outer_socket.unlink(missing_ok=True)
            self.start()

    def _answers(self) -> bool:
        self.check()
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.outer_socket))
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End the service; what it runs in containers goes on."""
        self.check()
        assert self._process
        self.world.run("sh", "-c", f"kill $(cat {self.pidfile})")
        self._process.wait(_STOP_SECONDS)
        self._process = None
        self.outer_socket.unlink(missing_ok=True)

    pidfile: ClassVar[str]

    def call(self, *argv: str, stdin: str = "", check: bool = True) -> str:
        """Run the engine's client."""
        return self.world.run(*self.tool, *argv, stdin=stdin, check=check).strip()

    def load(self, image: Image) -> None:
        """Make an image known to the engine."""
        copy = self.world.path(f"/run/{image.archive.name}")
        copy.write_bytes(image.archive.read_bytes())
        self._load(f"/run/{image.archive.name}")
        copy.unlink()

    @abstractmethod
    def _load(self, archive: str) -> None: ...

    @abstractmethod
    def run(self, image: Image, *argv: str, name: str, options: Sequence[str] = ()) -> str:
        """Start a container, and return its full id.  Without ``argv`` it does what its image says."""

    @abstractmethod
    def exec(self, container: str, *argv: str) -> str:
        """Run a command in a container to its end; what it printed."""

    @abstractmethod
    def terminal(self, container: str, *argv: str) -> str:
        """The same with a terminal."""

    @abstractmethod
    def remove(self, container: str) -> None:
        """End and remove a container."""

    @abstractmethod
    def running(self, container: str) -> bool:
        """Return whether its first process runs."""

    @abstractmethod
    def address(self, container: str) -> str:
        """Its address in the world's network."""


class _Docklike(Engine):
    """The common part of podman and docker."""

    def _load(self, archive: str) -> None:
        self.call("load", "-i", archive)

    def run(self, image: Image, *argv: str, name: str, options: Sequence[str] = ()) -> str:
        return self.call("run", "-d", "--name", name, *options, image.name, *argv)

    def once(self, image: Image, *argv: str, name: str, options: Sequence[str] = ()) -> str:
        """Run a container to its end, and remove it; what it printed."""
        return self.call("run", "--rm", "--name", name, *options, image.name, *argv)

    def exec(self, container: str, *argv: str) -> str:
        return self.call("exec", container, *argv)

    def terminal(self, container: str, *argv: str) -> str:
        return terminal(self.world, [*self.tool, "exec", "-it", container, *argv])

    def remove(self, container: str) -> None:
        self.call("kill", container, check=False)  # process 1 of a container heeds no other signal
        self.call("rm", "-f", container)

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine says of a container."""
        (found,) = json.loads(self.call("inspect", container))
        assert isinstance(found, dict)
        return found

    def running(self, container: str) -> bool:
        return bool(self.inspect(container)["State"]["Running"])

    def address(self, container: str) -> str:
        settings = self.inspect(container)["NetworkSettings"]
        return str(settings["IPAddress"] or next(iter(settings["Networks"].values()))["IPAddress"])


_PODMAN: Final = (
    *("env", "CONTAINERS_CONF=/run/containers.conf", "PODMAN_IGNORE_CGROUPSV1_WARNING=1"),
    *("podman", "--root", "/run/podman/storage", "--runroot", "/run/podman/run", "--tmpdir", "/run/podman/tmp"),
    # crun refuses the hybrid layout of control groups.
    *("--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"),
)


class Podman(_Docklike):
    """Podman, whose service is but a door: containers start and run without it."""

    name = "podman"
    socket = "/run/podman/podman.sock"
    tool = _PODMAN
    service = (
        *("sh", "-c", 'echo $$ >/run/podman.pid; exec "$@"', "sh"),
        *(*_PODMAN, "system", "service", "-t", "0", f"unix://{socket}"),
    )
    pidfile = "/run/podman.pid"

    def crashed(self) -> bool:
        """Return whether it has read half a line in its file of events, which podman before 5.6 does not survive.

        A line is written at once, but one that crosses the end of a page can be read as far as that for a moment.
        """
        if self._process is None or self._process.poll() != _GO_PANIC:
            return False
        return "events.EventLogFile.Read" in self.world.log(self._process)

    def configure(self) -> None:
        self.world.path("/run/containers.conf").write_text('[network]\nfirewall_driver = "none"\n')


class Docker(_Docklike):
    """Dockerd with a containerd of its own."""

    name = "docker"
    socket = "/run/docker.sock"
    tool = ("docker", "--host", f"unix://{socket}")
    service = (
        *("dockerd", "--host", f"unix://{socket}", "--data-root", "/run/docker-data", "--exec-root", "/run/docker"),
        *("--pidfile", "/run/docker.pid", "--iptables=false", "--ip6tables=false", "--ip-masq=false"),
        *("--ip-forward=false", "--userland-proxy=false", "--live-restore", "--config-file", "/run/docker.json"),
    )
    pidfile = "/run/docker.pid"

    def configure(self) -> None:
        self.world.path("/run/docker.json").write_text("{}")

    def _answers(self) -> bool:
        return super()._answers() and bool(self.call("version", check=False))
