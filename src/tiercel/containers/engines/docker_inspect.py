# SPDX-License-Identifier: Apache-2.0
"""Conversion of docker's and podman's inspect results; podman extends docker's format."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

from tiercel.containers.metadata import ContainerInfo, Mount
from tiercel.containers.transport.json_access import member, members, nanoseconds, text, texts, texts_by_name

__all__ = ["MODES", "SANDBOX_LABEL", "address", "info_of", "is_hosts", "joined"]

MODES: Final = {"host_pid": "PidMode", "host_network": "NetworkMode", "host_ipc": "IpcMode"}
"""Namespace flags of ContainerInfo and the keys of their modes: own namespace, the host's, or another container's."""

SANDBOX_LABEL: Final = "io.kubernetes.sandbox.id"
_JOINS: Final = "container:"
# Docker keeps mounts in a map, and returns them in another order each time.
_DESTINATION: Final = attrgetter("destination")
_SHELL: Final = ("/bin/sh", "-c")


def info_of(found: dict[str, Any], engine: str, longest: int) -> ContainerInfo:
    """Return all but the image's parts; labels with values of more than ``longest`` characters are left out."""
    host = member(found, "HostConfig")
    labels = texts_by_name(member(found, "Config", "Labels"), longest)
    return ContainerInfo(
        id=text(found.get("Id")),
        engine=engine,
        name=text(found.get("Name")).removeprefix("/"),
        ip=address(found),
        privileged=member(host, "Privileged") is True,
        host_pid=is_hosts(found, "PidMode"),
        host_network=is_hosts(found, "NetworkMode"),
        host_ipc=is_hosts(found, "IpcMode"),
        mounts=tuple(sorted((_mount(one) for one in members(found.get("Mounts"))), key=_DESTINATION)),
        labels=labels,
        env=texts(member(found, "Config", "Env")),
        capabilities=_capabilities(found),
        user=text(member(found, "Config", "User")),
        created_ns=nanoseconds(found.get("Created")),
        sandbox_id=labels.get(SANDBOX_LABEL, ""),
        healthcheck=_healthcheck(member(found, "Config")),
    )


def address(found: dict[str, Any]) -> str:
    """Return the first IPv4 address of a container; empty without an own address."""
    first = text(member(found, "NetworkSettings", "IPAddress"))
    networks = member(found, "NetworkSettings", "Networks")
    if first or not isinstance(networks, dict):
        return first
    return next((ip for one in networks.values() if (ip := text(member(one, "IPAddress")))), "")


def is_hosts(found: Any, mode: str) -> bool:
    """Return whether a container uses a namespace of the host, by its configuration."""
    return text(member(found, "HostConfig", mode)) == "host"


def joined(found: dict[str, Any], mode: str) -> str:
    """Return the id of the other container that shares its namespace; empty for an own namespace or the host's."""
    whose = text(member(found, "HostConfig", mode))
    return whose.removeprefix(_JOINS) if whose.startswith(_JOINS) else ""


def _mount(one: dict[str, Any]) -> Mount:
    return Mount(
        text(one.get("Source")),
        text(one.get("Destination")),
        text(one.get("Mode")),
        one.get("RW") is True,
        text(one.get("Propagation")),
    )


def _capabilities(found: dict[str, Any]) -> tuple[str, ...]:
    """Return the effective capabilities if the engine reports them; otherwise the added ones."""
    effective = texts(found.get("EffectiveCaps"))
    given = effective or texts(member(found, "HostConfig", "CapAdd"))
    return tuple(name if name.startswith("CAP_") else f"CAP_{name}" for name in (one.upper() for one in given))


def _healthcheck(config: Any) -> tuple[str, ...]:
    kind, *command = texts(member(config, "Healthcheck", "Test")) or ("NONE",)
    if kind == "CMD":
        return tuple(command)
    if kind == "CMD-SHELL" and command:
        return (*(texts(member(config, "Shell")) or _SHELL), *command[:1])
    return ()
