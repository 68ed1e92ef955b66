# SPDX-License-Identifier: Apache-2.0
"""Parser of ``plugins`` and ``load_plugins`` of a falco.yaml: two of Falco's plugins are built in."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from typing import Any, Final

from tiercel.config import values as read
from tiercel.config.container_engines import container_engines
from tiercel.config.falco_keys import Ignored
from tiercel.config.tree import parse_value
from tiercel.config.values import ConfigValue
from tiercel.containers.settings import EngineSettings
from tiercel.errors import ConfigError
from tiercel.frozen import frozen, replace

__all__ = ["PluginSettings", "plugins"]

_NO_PLUGIN: Final = "tiercel runs no plugins of Falco but those that are built in: container and k8smeta"
_UNREAD: Final = {
    "with_size": "the size of containers is never requested: it would load the engine",
    "hooks": "containers are recognised by the kernel's facts, without hooks of the engine",
    "log_level": "what goes wrong with an engine is reported once",
    "collectorHostname": "the API server is asked directly; see kubernetes.*",
    "collectorPort": "the API server is asked directly; see kubernetes.*",
    "verbosity": "what goes wrong with the API server is reported once",
    "caPEMBundle": "the certificate of the API server comes with its address; see kubernetes.kubeconfig",
    "hostProc": "pods are recognised by their control groups",
}
_OFF: Final = frozenset({"", "false", "no", "off"})
_ENTRY: Final = ("name", "library_path", "init_config", "open_params")
_CONTAINER: Final = ("engines", "label_max_len", "with_size", "hooks", "log_level")
_K8SMETA: Final = ("nodeName", "collectorHostname", "collectorPort", "verbosity", "caPEMBundle", "hostProc")


@frozen
class PluginSettings:
    """Settings from the plugins of a configuration.

    Attributes:
        values: values by attribute of :class:`Config`.
        ignored: settings without effect here.
    """

    values: Mapping[str, Any]
    ignored: tuple[Ignored, ...]


def plugins(given: ConfigValue, load: ConfigValue | None) -> PluginSettings:
    """Return the settings of the built-in plugins.

    Args:
        given: the value of ``plugins``.
        load: the value of ``load_plugins``, the names of the used plugins; None: all of them.

    Raises:
        ConfigError: E603 or E604, an invalid entry.
    """
    if not isinstance(given.value, list):
        raise given.wrong("a list of entries like `- {name: container, init_config: {label_max_len: 200}}`")
    names = read.texts(replace(load, value=load.value)) if load is not None else None
    values: dict[str, Any] = {}
    known = {*_BUILT_IN, *_names(given.value)}
    ignored = [Ignored(f"load_plugins ({name})", _NO_PLUGIN) for name in names or () if name not in known]
    for number, entry in enumerate(given.value):
        parts = read.members(given, f"[{number}]", entry, _ENTRY)
        if "name" not in parts:
            here = replace(given, name=f"{given.name}[{number}]")
            raise ConfigError("E604", f"`{here.name}` has no name", hint="add `name: container`", span=here.place)
        name = read.text(parts["name"])
        if "library_path" in parts:
            _check_library(parts["library_path"])
        if names is not None and name not in names:
            continue
        if name not in _BUILT_IN:
            ignored.append(Ignored(f"{given.name}[{number}] ({name})", _NO_PLUGIN))
        else:
            allowed, reader = _BUILT_IN[name]
            init = _members(parts["init_config"], allowed) if "init_config" in parts else {}
            values |= reader(init)
            ignored += [
                Ignored(part.name, _UNREAD[key])
                for key, part in init.items()
                if key not in _READ and str(part.value).lower() not in _OFF
            ]
    return PluginSettings(values, tuple(ignored))


def _check_library(given: ConfigValue) -> None:
    """Refuse a relative path that leaves the folder of plugins, as Falco does."""
    path = read.text(given)
    if not path.startswith("/") and os.path.normpath(path).split("/")[0] == "..":
        raise given.wrong("a path within the folder of plugins, or an absolute one")


def _names(entries: list[Any]) -> list[Any]:
    """Return the names of the entries that have one; other entries are reported elsewhere."""
    return [entry["name"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)]


def _members(given: ConfigValue, known: tuple[str, ...]) -> dict[str, ConfigValue]:
    """Return the members of a plugin's configuration: a map, or a text of JSON."""
    value = given.value
    if isinstance(value, str):
        try:
            value = parse_value(value, given.name)
        except ConfigError as error:
            raise given.wrong("a map, or a text of JSON") from error
    return read.members(given, "", value or {}, known)


def _container(init: dict[str, ConfigValue]) -> dict[str, Any]:
    engines = container_engines(init["engines"]) if "engines" in init else EngineSettings()
    if "label_max_len" in init:
        engines = replace(engines, label_max_len=read.number_between(0, 65_536)(init["label_max_len"]))
    return {"container_engines": engines}


def _k8smeta(init: dict[str, ConfigValue]) -> dict[str, Any]:
    return {"kubernetes_node_name": read.text(init["nodeName"])} if "nodeName" in init else {}


_BUILT_IN: Final[Mapping[str, tuple[tuple[str, ...], Callable[[dict[str, ConfigValue]], dict[str, Any]]]]] = {
    "container": (_CONTAINER, _container),
    "k8smeta": (_K8SMETA, _k8smeta),
}
_READ: Final = frozenset({"engines", "label_max_len", "nodeName"})
