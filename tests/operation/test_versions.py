# SPDX-License-Identifier: Apache-2.0
"""Versions of Falco's parts."""

from __future__ import annotations

from importlib.metadata import version

from tiercel.operation.versions import FALCO_VERSION, falco_version, versions


def test_the_version_of_tiercel_is_build_metadata() -> None:
    own = version("tiercel")
    assert falco_version() == versions()["falco_version"] == f"{FALCO_VERSION}+tiercel.{own}"
    assert versions()["default_driver_version"].endswith(f"+tiercel.{own}")
