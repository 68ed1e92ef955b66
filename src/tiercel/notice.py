# SPDX-License-Identifier: Apache-2.0
"""Type of the notices that parts of a sensor send to the user."""

from __future__ import annotations

from typing import Any

from tiercel.rules import Priority

__all__ = ["Notice"]

Notice = tuple[str, Priority, str, dict[str, Any]]
"""Kind, priority, text and fields; the sensor makes an internal alert of it (:mod:`tiercel.engine.internal_alerts`)."""
