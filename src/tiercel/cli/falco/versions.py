# SPDX-License-Identifier: Apache-2.0
"""Versions of Falco's parts with the same behaviour, for tools that read them."""

from __future__ import annotations

from typing import Any, Final

from tiercel.rules.versions import ENGINE_VERSION, PLUGINS, format_version

__all__ = ["FALCO_VERSION", "SCHEMA_VERSION", "lines", "tiercel_version", "versions"]

FALCO_VERSION: Final = "0.44.0"
"""Version of Falco with this command line, configuration and alert format."""

SCHEMA_VERSION: Final = "4.5.1"
"""Version of Falco's event table with these events."""

_LIBS: Final = "0.25.0"
_PLUGIN_API: Final = "3.12.0"
_DRIVER_API: Final = "10.1.0"


def tiercel_version() -> str:
    """Return the version of this installation."""
    from importlib.metadata import version  # slow to import

    return version("tiercel")


def versions() -> dict[str, Any]:
    """Return the versions by the names of Falco's ``--version`` with ``json_output``, and of its ``/versions``.

    The version of Falco carries that of tiercel as build metadata, so that tools compare it as 0.44.0.
    """
    own = tiercel_version()
    return {
        "default_driver_version": f"{_DRIVER_API}+tiercel.{own}",
        "driver_api_version": _DRIVER_API,
        "driver_schema_version": SCHEMA_VERSION,
        "engine_version": str(ENGINE_VERSION[1]),
        "engine_version_semver": format_version(ENGINE_VERSION),
        "falco_version": f"{FALCO_VERSION}+tiercel.{own}",
        "libs_version": _LIBS,
        "plugin_api_version": _PLUGIN_API,
        "plugin_versions": {name: format_version(version) for name, version in sorted(PLUGINS.items())},
    }


def lines() -> str:
    """Return the versions as text."""
    found = versions()
    return (
        f"Falco version: {found['falco_version']}\n"
        f"Libs version:  {found['libs_version']}\n"
        f"Plugin API:    {found['plugin_api_version']}\n"
        f"Engine:        {found['engine_version_semver']}\n"
        "Driver:\n"
        f"  API version:    {found['driver_api_version']}\n"
        f"  Schema version: {found['driver_schema_version']}\n"
        f"  Default driver: {found['default_driver_version']}\n"
    )
