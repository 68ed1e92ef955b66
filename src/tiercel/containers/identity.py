# SPDX-License-Identifier: Apache-2.0
"""Identity of a container: its whole id, and the engines that may have it."""

from __future__ import annotations

import re
from typing import Final

from tiercel.containers.engines.interface import EngineId
from tiercel.containers.interfaces import LookupRequest

__all__ = ["is_random", "is_same", "may_have", "whole_id"]

_WHOLE: Final = re.compile(r"[0-9a-f]{64}")


def whole_id(request: LookupRequest) -> str:
    """Return the whole id of a container if its control group has it, else the short id."""
    short, matcher, cgroup = request[:3]
    for found in reversed(_WHOLE.findall(cgroup)):
        if found.startswith(short):
            return str(found)
    last = cgroup.rpartition("/")[2]
    return last if matcher == "containerd" and last.startswith(short) else short


def is_random(container: str) -> bool:
    """Return whether an engine generated an id at random, so that no other container ever has it."""
    return _WHOLE.fullmatch(container) is not None


def is_same(one: str, other: str) -> bool:
    """Return whether two ids, of which one may be the short id, can be of one container."""
    return one.startswith(other) or other.startswith(one)


def may_have(engine: EngineId, request: LookupRequest) -> bool:
    """Return whether an engine may have the container, and is trusted with it.

    Only podman has control groups with podman's names. A rootless engine runs containers below its user's slice.
    """
    _, matcher, cgroup = request[:3]
    if engine.owner is not None and f"/user-{engine.owner}.slice/" not in cgroup:
        return False
    return matcher != "podman" or engine.name == "podman"
