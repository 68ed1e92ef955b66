# SPDX-License-Identifier: Apache-2.0
"""Versions as the text of ``--version``."""

from __future__ import annotations

from tiercel.operation.versions import versions

__all__ = ["lines"]


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
