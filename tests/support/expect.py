# SPDX-License-Identifier: Apache-2.0
"""Expected params of live events."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class PathValue(NamedTuple):
    """A path param: as passed, the directory that a relative name starts from, and what the kernel found."""

    name: str | None
    base: str | None = None
    real: str | None = None


def opened(path: str | Path, name: str | Path | None = None, base: str | Path | None = None) -> PathValue:
    """A path that the kernel resolved to ``path``; passed as ``name`` (the same if None)."""
    return PathValue(
        os.fspath(path if name is None else name), None if base is None else os.fspath(base), os.fspath(path)
    )


def found(name: str | Path, base: str | Path | None = None) -> PathValue:
    """A path without links that the kernel resolved: it leads where it says."""
    return opened(os.path.normpath(os.path.join(base or "/", name)), name, base)


def named(name: str | Path, base: str | Path | None = None) -> PathValue:
    """A path that leads nowhere, or where the probe cannot follow."""
    return PathValue(os.fspath(name), None if base is None else os.fspath(base))


NO_PATH = PathValue(None)


@dataclass(frozen=True)
class Between:
    """Equal to every number from ``low`` to ``high``."""

    low: int
    high: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and self.low <= other <= self.high

    __hash__ = None  # type: ignore[assignment]


def memory() -> dict[str, Any]:
    """The params with the size of the program's memory, which is small, KiB."""
    return {"vm_size": Between(300, 100_000), "vm_rss": Between(100, 50_000), "vm_swap": 0}


def device(path: str | Path | int) -> int:
    """The device of a file as events number it."""
    number = os.stat(path).st_dev
    major, minor = os.major(number), os.minor(number)
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12


def inode(path: str | Path | int) -> int:
    """The inode number of a file."""
    return os.stat(path).st_ino


def sockaddr(ip: str, port: int) -> str:
    """A SOCKADDR param with an address of the internet families."""
    return f"{ip}:{port}"


def socktuple(source: tuple[str, int], destination: tuple[str, int]) -> str:
    """A SOCKTUPLE param with both ends of an internet connection; of a mapped one, the IPv4 addresses."""
    return "->".join(sockaddr(ip.removeprefix("::ffff:"), port) for ip, port in (source, destination))


def client_of(server: socket.socket) -> tuple[str, int]:
    """The client end of the next connection of a listening socket, as the client itself sees it."""
    connection, client = server.accept()
    connection.close()
    host, port = client[:2]
    return str(host), int(port)


def dyn_bytes(value: bytes) -> bytes:
    """A DYN param that holds bytes; the first one says so."""
    return b"\0" + value


def free_port(kind: int) -> int:
    """A port of 127.0.0.1 that is free, for a test to choose: what the kernel chooses makes no server."""
    with socket.socket(type=kind) as scout:
        scout.bind(("127.0.0.1", 0))
        return int(scout.getsockname()[1])


ADDRESS = "f{4}[0-9a-f]{12}"


@dataclass(frozen=True)
class UnixTuple:
    """Equal to every SOCKTUPLE param of unix sockets with this path of the receiving side, at any kernel addresses."""

    path: str | Path
    receiver: str = ADDRESS

    def __eq__(self, other: object) -> bool:
        form = f"({self.receiver})->({ADDRESS}) (.*)"
        found = re.fullmatch(form, other, re.DOTALL) if isinstance(other, str) else None
        return found is not None and found[1] != found[2] and found[3] == os.fspath(self.path)

    __hash__ = None  # type: ignore[assignment]
