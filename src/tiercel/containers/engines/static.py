# SPDX-License-Identifier: Apache-2.0
"""Metadata of containers without a lookup: from the settings, and of kinds without an engine API."""

from __future__ import annotations

from typing import Final

from tiercel.containers.metadata import ContainerInfo, Image
from tiercel.containers.settings import EngineSettings

__all__ = ["has_no_engine", "known_by_settings"]

# Matcher of a control group, the setting that enables it, and the name of the engine.
_TYPES: Final = {"lxc": "lxc", "libvirt_lxc": "libvirt-lxc", "bpm": "bpm"}


def known_by_settings(container: str, matcher: str, settings: EngineSettings) -> ContainerInfo | None:
    """Return the metadata of a container from the settings; None if a lookup is necessary.

    LXC, libvirt and BPM have no engine API: only the kind of their containers is known.
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
    """Return whether containers that this matcher recognises have no engine for lookups."""
    return matcher in _TYPES
