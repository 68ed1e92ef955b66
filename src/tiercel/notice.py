# SPDX-License-Identifier: Apache-2.0
"""Notices of a sensor about itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from tiercel.rules import Priority

__all__ = ["Notice"]


class Notice(NamedTuple):
    """Report of a sensor about itself, for example about lost events or a container engine that does not answer.

    A notice is no alert: no rule matched. :attr:`Sensor.notices` contains them.

    Attributes:
        kind: what happened, as two or three words: ``events dropped``.
        priority: urgency, on the scale of rules.
        text: the report as one line, without a full stop.
        fields: the same as values by name.
    """

    kind: str
    priority: Priority
    text: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.priority.label}: {self.text}"
