# SPDX-License-Identifier: Apache-2.0
"""Support information: system, versions, configuration and rules."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from tiercel.cli.falco.settings import Given
from tiercel.operation.versions import versions
from tiercel.rules import Content

__all__ = ["support"]


def support(words: Sequence[str], given: Given, contents: Iterable[Content]) -> dict[str, Any]:
    """Return the object that ``--support`` prints."""
    system = os.uname()
    engine = versions()
    return {
        "cmdline": shlex.join(("tiercel", "falco", *words)),
        "config": given.dump(),
        "engine_info": engine,
        "rules_files": [
            {"name": content.name, "variants": [{"content": content.content.decode("utf-8", "replace")}]}
            for content in contents
        ],
        "system_info": {
            "machine": system.machine,
            "nodename": system.nodename,
            "release": system.release,
            "sysname": system.sysname,
            "version": system.version,
        },
        "version": engine["falco_version"],
    }
