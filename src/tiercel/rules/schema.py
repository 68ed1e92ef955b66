# SPDX-License-Identifier: Apache-2.0
"""JSON schema of rule files, for editors and other tools."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["rule_file_schema"]


def rule_file_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 07) of rule files."""
    text = resources.files("tiercel.rules").joinpath("rules.schema.json").read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
