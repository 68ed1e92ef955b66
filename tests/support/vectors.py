# SPDX-License-Identifier: Apache-2.0
"""Conformance cases of the specification folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(shared_dir: Path, name: str) -> dict[str, Any]:
    """Return one file of cases."""
    return json.loads((shared_dir / "spec" / "vectors" / f"{name}.json").read_text())  # type: ignore[no-any-return]


def filter_text(value: Any) -> str:
    """Return the condition of a case; a long one is written as a repetition."""
    return value if isinstance(value, str) else value["repeat"] * value["count"]


def as_bytes(value: Any) -> bytes:
    """Return a value of a case; bytes that are not text are written in hex."""
    return value.encode() if isinstance(value, str) else bytes.fromhex(value["hex"])
