# SPDX-License-Identifier: Apache-2.0
"""Descriptions of the plugins of Falco that are built in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiercel.errors import UsageError
from tiercel.frozen import frozen
from tiercel.rules.versions import PLUGINS, format_version

__all__ = ["BUILT_IN", "configured", "info", "listing"]


@frozen
class Plugin:
    """One built-in plugin.

    Attributes:
        name: name in ``plugins`` and ``load_plugins``.
        doc: purpose.
        init: members of ``init_config`` that have an effect, as properties of a JSON schema.
    """

    name: str
    doc: str
    init: Mapping[str, Mapping[str, str]]


BUILT_IN: Final = {
    plugin.name: plugin
    for plugin in (
        Plugin(
            "container",
            "Metadata of containers: fields container.* and k8s.*",
            {"engines": {"type": "object"}, "label_max_len": {"type": "integer"}},
        ),
        Plugin(
            "k8smeta",
            "Metadata of pods from the API server of the cluster: fields k8smeta.*",
            {"nodeName": {"type": "string"}},
        ),
    )
}
"""Built-in plugins by name."""

_CONTACT: Final = "built into tiercel"
_CAPABILITIES: Final = ("Field Extraction", "Event Parsing", "Async Events")


def configured(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the name and library of each plugin that a configuration loads.

    ``load_plugins`` selects the entries of ``plugins``; a built-in plugin needs no entry.
    """
    entries = tree.get("plugins")
    libraries = {
        str(entry["name"]): str(entry.get("library_path") or "")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and entry.get("name")
    }
    chosen = tree.get("load_plugins")
    names = [str(name) for name in chosen] if isinstance(chosen, list) else list(libraries)
    return [(name, libraries.get(name, "")) for name in names]


def listing(plugins: Sequence[tuple[str, str]]) -> str:
    """Return the descriptions of the built-in plugins among ``plugins``, as ``--list-plugins`` prints them."""
    found = [BUILT_IN[name] for name, _ in plugins if name in BUILT_IN]
    return f"{len(found)} Plugins Loaded:\n\n{''.join(f'{_description(plugin)}{chr(10)}' for plugin in found)}\n"


def info(plugins: Sequence[tuple[str, str]], wanted: str) -> str:
    """Return the details of one plugin, by name or library, as ``--plugin-info`` prints them.

    Raises:
        UsageError: E601, the plugin is not configured, or not built in.
    """
    name = next((name for name, library in plugins if wanted in {name, library}), None)
    if name is None:
        hint = "`--list-plugins` lists the plugins of the configuration"
        raise UsageError("E601", f"can't find plugin and print its info: {wanted}", hint=hint)
    plugin = BUILT_IN.get(name)
    if plugin is None:
        hint = f"built in are {', '.join(BUILT_IN)}; tiercel loads no libraries"
        raise UsageError("E601", f"the plugin {name!r} is not built in", hint=hint)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"init_config of {name}",
        "type": "object",
        "properties": plugin.init,
    }
    return f"{_description(plugin)}\nInit config schema type: JSON\n{json.dumps(schema, sort_keys=True)}\n\n"


def _description(plugin: Plugin) -> str:
    lines = (
        f"Name: {plugin.name}",
        f"Description: {plugin.doc}",
        f"Contact: {_CONTACT}",
        f"Version: {format_version(PLUGINS[plugin.name])}",
        "Capabilities: ",
        *(f"  - {capability}" for capability in _CAPABILITIES),
    )
    return "".join(f"{line}\n" for line in lines)
