# SPDX-License-Identifier: Apache-2.0
"""Pages of the web server: health check, versions, metrics."""

from __future__ import annotations

import json
from collections.abc import Callable

import tiercel
from tiercel.config.config import Config
from tiercel.operation.heart import Heart
from tiercel.operation.prometheus import CONTENT_TYPE, exposition
from tiercel.operation.snapshot import Collector
from tiercel.operation.versions import versions
from tiercel.operation.web_server import Page

__all__ = ["pages"]


def pages(
    config: Config, collector: Collector, heart: Heart, is_blind: Callable[[], bool]
) -> dict[str, Callable[[], Page]]:
    """Return the pages of a configuration by their paths."""

    def health() -> Page:
        status = "stuck" if not heart.beats else "blind" if is_blind() else "ok"
        return Page(json.dumps({"status": status}), healthy=status == "ok")

    def metrics() -> Page:
        return Page(exposition(collector.collect(), config.metrics), CONTENT_TYPE)

    found = {config.webserver.health_path: health, "/versions": _versions}
    if config.metrics.enabled and config.webserver.metrics:
        found["/metrics"] = metrics
    return found


def _versions() -> Page:
    """Return the versions of ``tiercel falco --version``, and tiercel's own."""
    return Page(json.dumps(versions() | {"tiercel_version": tiercel.__version__}))
