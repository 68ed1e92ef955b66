# SPDX-License-Identifier: Apache-2.0
"""Parser of the key ``container_engines``."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.values import ConfigValue
from tiercel.containers.settings import DEFAULT_SOCKETS, MAX_ID, EngineSettings, StaticContainer
from tiercel.errors import UsageError
from tiercel.frozen import replace

__all__ = ["container_engines"]

_KINDS: Final = ("lxc", "libvirt_lxc", "bpm")  # without a socket
_ALL: Final = (*sorted(DEFAULT_SOCKETS), *_KINDS, "static", "label_max_len")
_SOCKETS: Final = ("enabled", "sockets", "disable_async")
_STATIC: Final = ("enabled", "container_id", "container_name", "container_image")


def container_engines(given: ConfigValue) -> EngineSettings:
    """Return the engines to request. Engines without an entry are used at their default sockets."""
    settings = EngineSettings()
    sockets = dict(settings.sockets)
    for name, one in read.members(given, "", given.value, _ALL).items():
        if name == "label_max_len":
            settings = replace(settings, label_max_len=read.number_between(0, 65_536)(one))
        elif name == "static":
            settings = replace(settings, static=_static(one))
        elif name in _KINDS:
            settings = replace(settings, **{name: _enabled(read.members(one, "", one.value, ("enabled",)))})
        else:
            parts = read.members(one, "", one.value, _SOCKETS)
            named = read.texts(parts["sockets"]) if "sockets" in parts else sockets[name]
            sockets[name] = named if _enabled(parts) else ()
    return replace(settings, sockets=sockets)


def _enabled(parts: dict[str, ConfigValue]) -> bool:
    return read.boolean(parts["enabled"]) if "enabled" in parts else True


def _static(given: ConfigValue) -> StaticContainer | None:
    parts = read.members(given, "", given.value, _STATIC)
    if not ("enabled" in parts and read.boolean(parts["enabled"])):
        return None
    texts = {name.removeprefix("container_"): read.text(parts[name]) for name in _STATIC[1:] if name in parts}
    try:
        return StaticContainer(**texts)
    except UsageError as error:
        raise parts["container_id"].wrong(f"a text of at most {MAX_ID} bytes") from error
