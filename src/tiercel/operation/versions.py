# SPDX-License-Identifier: Apache-2.0
"""Versions of Falco's parts with the same behaviour, for tools that read them."""

from __future__ import annotations

from typing import Any, Final

from tiercel.rules.versions import ENGINE_VERSION, PLUGINS, format_version

__all__ = ["FALCO_VERSION", "SCHEMA_VERSION", "falco_version", "versions"]

FALCO_VERSION: Final = "0.44.0"
"""Version of Falco with this command line, configuration and alert format."""

SCHEMA_VERSION: Final = "4.5.1"
"""Version of Falco's event table with these events."""

_LIBS: Final = "0.25.0"
_PLUGIN_API: Final = "3.12.0"
_DRIVER_API: Final = "10.1.0"


def falco_version() -> str:
    """Return the version of Falco, with that of tiercel as build metadata: tools compare it as 0.44.0."""
    import tiercel  # its version takes milliseconds to find

    return f"{FALCO_VERSION}+tiercel.{tiercel.__version__}"


def versions() -> dict[str, Any]:
    """Return the versions by the names of Falco's ``--version`` with ``json_output``, and of its ``/versions``."""
    falco = falco_version()
    return {
        "default_driver_version": f"{_DRIVER_API}+{falco.partition('+')[2]}",
        "driver_api_version": _DRIVER_API,
        "driver_schema_version": SCHEMA_VERSION,
        "engine_version": str(ENGINE_VERSION[1]),
        "engine_version_semver": format_version(ENGINE_VERSION),
        "falco_version": falco,
        "libs_version": _LIBS,
        "plugin_api_version": _PLUGIN_API,
        "plugin_versions": {name: format_version(version) for name, version in sorted(PLUGINS.items())},
    }
