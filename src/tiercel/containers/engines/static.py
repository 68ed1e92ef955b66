# SPDX-License-Identifier: Apache-2.0
"""Metadata of containers without a lookup: from the settings, and of kinds without an engine API."""

from __future__ import annotations

from typing import Final

from tiercel.containers.metadata import ContainerInfo, Image
from tiercel.containers.settings import EngineSettings

__all__ = ["has_no_engine", "known_by_settings"]

# How a control group is recognised, the setting that allows it, and what the engine is called.
_TYPES: Final = {"lxc": "lxc", "libvirt_lxc": "libvirt-lxc", "bpm": "bpm"}


def known_by_settings(container: str, matcher: str, settings: EngineSettings) -> ContainerInfo | None:
    """Return what the settings say of a container; None if an engine must be asked.

    Of LXC, libvirt and BPM, which nobody can be asked about, at least the kind is known.
    """
    static = settings.static
    if static is not None:
        image = Image.parse(static.image)
        return ContainerInfo(
            id=static.id or container,
            engine="",
            name=static.name,
            image=static.image,
            repository=image.repository,
            tag=image.tag,
            digest=image.digest,
        )
    if matcher in _TYPES and getattr(settings, matcher):
        return ContainerInfo(id=container, engine=_TYPES[matcher], name=container)
    return None


def has_no_engine(matcher: str) -> bool:
    """Whether containers that are recognised in this way have no engine that could be asked about them."""
    return matcher in _TYPES
