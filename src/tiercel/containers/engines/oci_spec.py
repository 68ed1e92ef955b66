# SPDX-License-Identifier: Apache-2.0
"""Conversion of the OCI runtime spec (``config.json``), which containerd and CRI-O store and return."""

from __future__ import annotations

from typing import Any, Final

from tiercel.containers.metadata import Mount
from tiercel.containers.transport.json_access import member, members, text, texts

__all__ = ["capabilities_of", "env_of", "is_privileged", "mounts_of", "shares", "user_of"]

_PROPAGATIONS: Final = frozenset(
    ("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable")
)


def capabilities_of(spec: dict[str, Any]) -> tuple[str, ...]:
    """Return the bounding set: the capabilities that a program in the container can have."""
    return texts(member(spec, "process", "capabilities", "bounding"))


def env_of(spec: dict[str, Any]) -> tuple[str, ...]:
    """Return the environment of the first program."""
    return texts(member(spec, "process", "env"))


def user_of(spec: dict[str, Any]) -> str:
    """Return the numeric user id of the first program."""
    uid = member(spec, "process", "user", "uid")
    return str(uid) if isinstance(uid, int) and not isinstance(uid, bool) and 0 <= uid < 1 << 32 else ""


def shares(spec: dict[str, Any], namespace: str) -> bool | None:
    """Return whether neither the container nor its pod has an own namespace of this kind; None: unknown."""
    namespaces = member(spec, "linux", "namespaces")
    if not isinstance(namespaces, list):
        return None
    return all(one.get("type") != namespace for one in members(namespaces))


def mounts_of(spec: dict[str, Any]) -> tuple[Mount, ...]:
    """Return all mounts, including the default ones of every container."""
    return tuple(_mount(one) for one in members(spec.get("mounts")))


def _mount(one: dict[str, Any]) -> Mount:
    options = texts(one.get("options"))
    return Mount(
        source=text(one.get("source")),
        destination=text(one.get("destination")),
        mode=next((option[5:] for option in options if option.startswith("mode=")), ""),
        writable="ro" not in options,
        propagation=next((option for option in options if option in _PROPAGATIONS), ""),
    )


def is_privileged(spec: dict[str, Any]) -> bool | None:
    """Return whether the spec lacks all restrictions that a privileged container lacks; None: unknown.

    The spec has no flag for privileged containers: an engine leaves out their restrictions instead.
    """
    if not isinstance(spec.get("process"), dict) or not isinstance(spec.get("linux"), dict):
        return None
    confined = (
        texts(member(spec, "linux", "maskedPaths"))
        or texts(member(spec, "linux", "readonlyPaths"))
        or text(member(spec, "process", "selinuxLabel"))
        or text(member(spec, "process", "apparmorProfile")) not in {"", "unconfined"}
        or member(spec, "linux", "seccomp")
        or any(
            text(one.get("type")) in {"sysfs", "cgroup"} and "ro" in texts(one.get("options"))
            for one in members(spec.get("mounts"))
        )
    )
    return not confined
